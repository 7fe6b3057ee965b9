import { createHash } from 'node:crypto'

/** JSON with sorted keys and without `undefined`, so that equal values have equal text. */
export function canonical(value: unknown): string {
  return JSON.stringify(sorted(value)) ?? 'null'
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((v) => (v === undefined ? null : sorted(v)))
  if (typeof value !== 'object' || value === null) return value
  // Without a prototype: a key such as `__proto__` is a key like any other.
  const copy: Record<string, unknown> = Object.create(null)
  for (const key of Object.keys(value).sort()) copy[key] = sorted((value as Record<string, unknown>)[key])
  return copy
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
