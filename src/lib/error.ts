import type { ErrorShape } from '../model/event.ts'

/** The one error that is thrown on purpose: one thing that stops the work. Many small problems are findings instead. */
export class LandfallError extends Error {
  readonly code: string
  readonly at?: string
  readonly detail?: string
  readonly hint?: string
  constructor(is: ErrorShape & { cause?: unknown }) {
    super(is.message, is.cause === undefined ? undefined : { cause: is.cause })
    this.name = 'LandfallError'
    this.code = is.code
    this.at = is.at
    this.detail = is.detail
    this.hint = is.hint
  }
}

/** What travels over a socket or into the journal; an unforeseen error keeps its text under `E_INTERNAL`. */
export function shapeOf(error: unknown): ErrorShape {
  if (error instanceof LandfallError) {
    const { code, message, at, detail, hint } = error
    return { code, message, ...(at && { at }), ...(detail && { detail }), ...(hint && { hint }) }
  }
  const message = error instanceof Error ? error.message : String(error)
  const detail = error instanceof Error ? error.stack?.split('\n').slice(1, 6).join('\n') : undefined
  return { code: 'E_INTERNAL', message, ...(detail && { detail }) }
}

/** The `code` of a Node system error (`ENOENT`), a LandfallError or anything else that has one. */
export function codeOf(error: unknown): string | undefined {
  return typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}
