import { type Node, type ParseError, parseTree, printParseErrorCode } from 'jsonc-parser'
import { show } from '../lib/show.ts'
import { POISON } from '../manifest/limits.ts'
import { type Path, pathKey, pathText } from '../manifest/places.ts'
import type { Finding } from '../model/finding.ts'
import { FOREIGN } from './limits.ts'
import { type Parsed, positions, refused } from './parsed.ts'

/** JSON, comments and trailing commas allowed, into data that remembers where each value stood. Never throws. */
export function parseJson(name: string, text: string): Parsed {
  const refusal = refused(name, text) ?? tooDeep(name, text)
  if (refusal) return { data: undefined, at: () => `${name}:1:1`, findings: [refusal] }
  const place = positions(name, text)
  const findings: Finding[] = []
  const errors: ParseError[] = []
  const tree = parseTree(text, errors, { allowTrailingComma: true, disallowComments: false })
  for (const { error, offset } of errors.slice(0, 20)) {
    const message = printParseErrorCode(error)
      .replace(/([A-Z])/g, (_, c: string) => ` ${c.toLowerCase()}`)
      .trim()
    findings.push({ level: 'error', code: 'E_SYNTAX', at: place(offset), message })
  }
  if (errors.length > 0 || !tree) return { data: undefined, at: () => `${name}:1:1`, findings }
  const offsets = new Map<string, number>()
  const read = (node: Node, path: Path, from: number): unknown => {
    offsets.set(pathKey(path), from)
    if (node.type === 'array') return (node.children ?? []).map((item, i) => read(item, [...path, i], item.offset))
    if (node.type !== 'object') return node.value
    const into: Record<string, unknown> = {}
    const seen = new Map<string, number>()
    for (const { children: [key, value] = [] } of node.children ?? []) {
      if (!key || !value) continue
      const name = String(key.value)
      const first = seen.get(name)
      const below = [...path, name]
      if (first !== undefined) {
        const message = `${pathText(below)}: ${show(name)} stands here twice, first at ${place(first)}`
        findings.push({ level: 'error', code: 'E_DUPLICATE_KEY', at: place(key.offset), message, hint: 'keep one' })
      } else if (POISON.has(name)) {
        findings.push({
          level: 'error',
          code: 'E_UNKNOWN_KEY',
          at: place(key.offset),
          message: `${pathText(below)}: ${show(name)} cannot be a key`,
        })
      } else into[name] = read(value, below, key.offset)
      seen.set(name, first ?? key.offset)
    }
    return into
  }
  const data = read(tree, [], tree.offset)
  return { data, at: (path) => place(nearest(offsets, path)), findings }
}

export function nearest(offsets: Map<string, number>, path: Path): number {
  for (let length = path.length; length >= 0; length--) {
    const offset = offsets.get(pathKey(path.slice(0, length)))
    if (offset !== undefined) return offset
  }
  return 0
}

/** Measured before anything recurses. Brackets in texts do not count. */
function tooDeep(name: string, text: string): Finding | undefined {
  let depth = 0
  let values = 0
  for (let i = 0; i < text.length; i++) {
    const char = text.charCodeAt(i)
    if (char === 0x22) {
      for (i += 1; i < text.length && text.charCodeAt(i) !== 0x22; i++) if (text.charCodeAt(i) === 0x5c) i += 1
    } else if (char === 0x5b || char === 0x7b) {
      depth += 1
      if (depth > FOREIGN.depth)
        return {
          level: 'error',
          code: 'E_DEPTH',
          at: positions(name, text)(i),
          message: `nested deeper than ${FOREIGN.depth} levels`,
        }
    } else if (char === 0x5d || char === 0x7d) depth -= 1
    else if (char === 0x2c) values += 1
    if (values > FOREIGN.nodes)
      return {
        level: 'error',
        code: 'E_TOO_COMPLEX',
        at: `${name}:1:1`,
        message: `${name} has more than ${FOREIGN.nodes} values`,
      }
  }
  return undefined
}
