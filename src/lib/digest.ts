import { createHash } from 'node:crypto'

/** JSON with sorted keys and without `undefined`, so that equal values have equal text. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((v) => canonical(v === undefined ? null : v)).join(',')}]`
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).filter(([, v]) => v !== undefined)
    entries.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    return `{${entries.map(([k, v]) => `${JSON.stringify(k)}:${canonical(v)}`).join(',')}}`
  }
  return JSON.stringify(value) ?? 'null'
}

/** First 16 hex digits of the SHA-256 of the canonical text: enough to tell apart, short enough to read. */
export function digestOf(value: unknown): string {
  return createHash('sha256').update(canonical(value)).digest('hex').slice(0, 16)
}

/** `parts` joined by `-`; cut to `max` characters with a digest, so that long names stay apart. */
export function joinName(parts: string[], max = 63): string {
  const name = parts.join('-')
  return name.length <= max ? name : `${name.slice(0, max - 9)}-${digestOf(name).slice(0, 8)}`
}
