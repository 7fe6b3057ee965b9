import { LandfallError } from '../lib/error.ts'
import { show } from '../lib/show.ts'

export function countOf(text: string, flag: string, max: number): number {
  const count = Number(text)
  if (/^\d+$/.test(text) && count >= 1 && count <= max) return count
  throw wrong(`${flag} wants a whole number from 1 to ${max}, not ${show(text)}`)
}

const UNITS: Record<string, number> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** Milliseconds since the epoch of `10m` ago, or of a date. */
export function timeOf(text: string, now = Date.now()): number {
  const ago = /^(\d{1,6})([smhd])$/.exec(text)
  if (ago) return now - Number(ago[1]) * (UNITS[ago[2] ?? ''] ?? 0)
  const at = /^\d{4}-\d{2}-\d{2}/.test(text) ? Date.parse(text) : Number.NaN
  if (!Number.isNaN(at)) return at
  throw wrong(`--since wants 30s, 10m, 2h, 1d or a date such as 2026-11-21T10:00, not ${show(text)}`)
}

function wrong(message: string): LandfallError {
  return new LandfallError({ code: 'E_USAGE', message })
}
