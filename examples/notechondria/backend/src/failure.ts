import type { ContentfulStatusCode } from 'hono/utils/http-status'

/** An answer other than the wanted one. `code` is for programs, `message` for people. */
export class Failure extends Error {
  readonly status: ContentfulStatusCode
  readonly code: string
  constructor(status: ContentfulStatusCode, code: string, message: string) {
    super(message)
    this.status = status
    this.code = code
  }
}

export const nothingHere = () => new Failure(404, 'not_found', 'There is nothing here.')
/** For what must be there, and be theirs who ask. */
export function found<T>(row: T | undefined): T {
  if (row === undefined) throw nothingHere()
  return row
}

/** What an error means to the one who asked; `undefined` where it is a fault of ours. */
export function failureOf(error: unknown): Failure | undefined {
  if (error instanceof Failure) return error
  const code = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : ''
  if (code === '42P01' || code === '42703')
    return new Failure(503, 'database_outdated', 'The database has not been migrated yet.')
  // Class 08: connection; 57P: the server is going down or coming up; 53: it has no room.
  const isLost = /^(08|57P|53)/.test(code) || /^E(CONN|PIPE|HOST|NET|TIMEDOUT|AI_)/.test(code)
  // Those that `pg` throws without a code: nothing else tells them apart.
  const isLostByText =
    error instanceof Error &&
    /^(Connection terminated|timeout exceeded when trying to connect|Query read timeout)/.test(error.message)
  if (isLost || isLostByText) return new Failure(503, 'database_unavailable', 'The database does not answer right now.')
  return undefined
}
