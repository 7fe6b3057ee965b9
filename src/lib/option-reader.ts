import type { Finding, Level } from '../model/finding.ts'
import { nearest } from './nearest.ts'
import { show } from './show.ts'

/** How the reader of a resource's options says what is wrong with them; `at` is relative to the resource. */
export type Say = (level: Level, code: string, at: string, message: string, hint?: string) => void

/** Everything that `read` has to say. */
export function findingsOf(read: (say: Say) => void): Finding[] {
  const findings: Finding[] = []
  read((level, code, at, message, hint) => findings.push({ level, code, at, message, ...(hint && { hint }) }))
  return findings
}

export const saysNothing: Say = () => {}

export function sayUnknownKeys(
  type: string,
  given: Record<string, unknown>,
  known: readonly string[],
  say: Say,
  inside = '',
): void {
  for (const key of Object.keys(given)) {
    if (known.includes(key)) continue
    const near = nearest(key, known)
    const hint = near ? `did you mean \`${near}\`?` : `known keys: ${known.join(', ')}`
    say('error', 'E_UNKNOWN_KEY', inside ? `${inside}.${key}` : key, `${type} has no option ${show(key)}`, hint)
  }
}

/** The name in `{ env: NAME }`, which stands for a stored value. */
export function envNameOf(value: unknown): string | undefined {
  if (!isMapping(value) || Object.keys(value).length !== 1) return undefined
  return typeof value.env === 'string' && /^[A-Za-z_][A-Za-z0-9_]*$/.test(value.env) ? value.env : undefined
}

export function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function isWhole(value: unknown, least: number, most: number): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most
}

/** `256Mi` and `2Gi` as MiB; `undefined` for everything else. */
export function sizeMiBOf(value: unknown): number | undefined {
  const match = typeof value === 'string' ? /^(\d{1,6})(Mi|MB|Gi|GB)$/.exec(value) : null
  return match ? Number(match[1]) * (match[2]!.startsWith('G') ? 1024 : 1) : undefined
}
