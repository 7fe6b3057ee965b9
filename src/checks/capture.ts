import type { Capture } from '../model/app.ts'
import type { Walk } from './walk.ts'

/** What values can be taken from; each kind of step knows some. */
export interface Source {
  body: string
  headers?: Record<string, string>
  link?: string
  subject?: string
}

/** Takes the values that steps behind need; says which one is not there. */
export function capture(walk: Walk, wanted: Capture[], source: Source): string | undefined {
  for (const one of wanted) {
    const value = take(walk, one, source)
    if (value === undefined) return `nothing to capture as \${${one.name}}: ${describe(one)} is not there`
    walk.values.set(one.name, value)
    walk.captured.add(one.name)
  }
  return undefined
}

function take(walk: Walk, { from, of }: Capture, source: Source): string | undefined {
  switch (from) {
    case 'json':
      return inJson(source.body, of)
    case 'header':
      return source.headers?.[of.toLowerCase()]
    case 'cookie':
      return walk.cookies.value(of)
    case 'link':
      return source.link
    case 'subject':
      return source.subject
    case 'text': {
      const found = new RegExp(of, 'u').exec(source.body)
      return found ? (found[1] ?? found[0]) : undefined
    }
  }
}

/** `user.tokens[0]` of a JSON text; only what is a text, a number or a truth. */
function inJson(body: string, path: string): string | undefined {
  let value: unknown
  try {
    value = JSON.parse(body)
  } catch {
    return undefined
  }
  for (const part of path
    .replace(/\[(\d+)\]/g, '.$1')
    .split('.')
    .filter(Boolean)) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return undefined
    value = (value as Record<string, unknown>)[part]
  }
  return ['string', 'number', 'boolean'].includes(typeof value) ? String(value) : undefined
}

function describe({ from, of }: Capture): string {
  if (from === 'text') return `/${of}/`
  return of === '' ? from : `${from}.${of}`
}
