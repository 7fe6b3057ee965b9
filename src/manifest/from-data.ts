import { show } from '../lib/show.ts'
import type { Finding } from '../model/finding.ts'
import { LIMITS, POISON } from './limits.ts'
import { type Path, pathText } from './places.ts'
import type { Parsed } from './yaml.ts'

/** What a config file gave, under the same limits as text. Only what JSON can hold travels. */
export function fromData(name: string, data: unknown): Parsed {
  const findings: Finding[] = []
  const order = new Map<string, number>()
  let count = 0
  const fail = (code: string, path: Path, message: string, hint?: string) => {
    const at = pathText(path) || name
    if (findings.length < 20) findings.push({ level: 'error', code, at, message: `${at}: ${message}`, ...(hint && { hint }) })
  }
  const copy = (value: unknown, path: Path): unknown => {
    count += 1
    if (count === LIMITS.nodes) fail('E_TOO_COMPLEX', path, `more than ${LIMITS.nodes} values`)
    if (path.length === LIMITS.depth) fail('E_DEPTH', path, `nested deeper than ${LIMITS.depth} levels`)
    if (count >= LIMITS.nodes || path.length >= LIMITS.depth) return undefined
    order.set(pathText(path), count)
    if (value === null || typeof value === 'boolean' || typeof value === 'string') return value
    if (typeof value === 'number') return value
    if (Array.isArray(value)) return value.map((item, i) => copy(item, [...path, i]))
    if (typeof value === 'object' && isPlain(value)) {
      const into: Record<string, unknown> = {}
      for (const [key, inner] of Object.entries(value)) {
        if (inner === undefined) continue
        if (POISON.has(key)) fail('E_UNKNOWN_KEY', [...path, key], `${show(key)} cannot be a key`)
        else into[key] = copy(inner, [...path, key])
      }
      return into
    }
    fail('E_TYPE', path, `a ${typeof value} is not data`, 'give texts, numbers, true, false, lists and plain objects')
    return undefined
  }
  const copied = copy(data, [])
  return {
    data: copied,
    findings,
    places: { at: (path) => pathText(path) || name, order: (path) => order.get(pathText(path)) ?? 0, isExact: () => true },
  }
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null || Object.getPrototypeOf(prototype) === null
}
