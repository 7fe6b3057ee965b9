import { type AST, getStaticTOMLValue, ParseError, parseTOML } from 'toml-eslint-parser'
import { showLine } from '../lib/show.ts'
import { POISON } from '../manifest/limits.ts'
import { type Path, pathKey } from '../manifest/places.ts'
import type { Finding } from '../model/finding.ts'
import { FOREIGN } from './limits.ts'
import { nearest } from './parse-json.ts'
import { type Parsed, positions, refused } from './parsed.ts'

/** TOML into data that remembers where each value stood. Dates become texts. Never throws. */
export function parseToml(name: string, text: string): Parsed {
  const nothing = (finding: Finding): Parsed => ({ data: undefined, at: () => finding.at, findings: [finding] })
  const refusal = refused(name, text) ?? tooDeep(name, text)
  if (refusal) return nothing(refusal)
  const place = positions(name, text)
  let tree: AST.TOMLProgram
  try {
    tree = parseTOML(text)
  } catch (error) {
    if (!(error instanceof ParseError)) throw error
    // Its errors have no code, and a key that stands twice is one that people want to be told apart.
    const code = error.message.includes('multiple times') ? 'E_DUPLICATE_KEY' : 'E_SYNTAX'
    return nothing({ level: 'error', code, at: place(error.index), message: showLine(error.message) })
  }
  const offsets = new Map<string, number>()
  const findings: Finding[] = []
  const note = (path: Path, offset: number) => {
    if (path.some((part) => typeof part === 'string' && POISON.has(part)))
      findings.push({
        level: 'error',
        code: 'E_UNKNOWN_KEY',
        at: place(offset),
        message: `${String(path.at(-1))} cannot be a key`,
      })
    for (let length = path.length; length > 0; length--) {
      const key = pathKey(path.slice(0, length))
      if (offsets.has(key)) break
      offsets.set(key, offset)
    }
  }
  const value = (node: AST.TOMLContentNode, path: Path) => {
    if (node.type === 'TOMLArray')
      for (const [i, item] of node.elements.entries()) {
        note([...path, i], item.range[0])
        value(item, [...path, i])
      }
    if (node.type === 'TOMLInlineTable') for (const pair of node.body) keyValue(pair, path)
  }
  const keyValue = (node: AST.TOMLKeyValue, under: Path) => {
    const path = [...under, ...node.key.keys.map((k) => (k.type === 'TOMLBare' ? k.name : k.value))]
    note(path, node.range[0])
    value(node.value, path)
  }
  for (const node of tree.body[0].body) {
    if (node.type === 'TOMLKeyValue') keyValue(node, [])
    else {
      note(node.resolvedKey, node.range[0])
      for (const pair of node.body) keyValue(pair, node.resolvedKey)
    }
  }
  if (findings.length > 0) return { ...nothing(findings[0]!), findings }
  // Only now: what the library makes of a key such as __proto__ would reach every object.
  const data = plain(getStaticTOMLValue(tree))
  return { data, at: (path) => place(nearest(offsets, path)), findings: [] }
}

function plain(value: unknown): unknown {
  if (value instanceof Date) return value.toISOString()
  if (typeof value === 'bigint') return value.toString()
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, plain(v)]))
}

/** The parser recurses; brackets outside of texts and comments say how deep. A key of a thousand dots is as deep. */
function tooDeep(name: string, text: string): Finding | undefined {
  const refuse = (offset: number): Finding => ({
    level: 'error',
    code: 'E_DEPTH',
    at: positions(name, text)(offset),
    message: `nested deeper than ${FOREIGN.depth} levels`,
  })
  let depth = 0
  const skip = /"""[\s\S]*?"""|'''[\s\S]*?'''|"(?:\\.|[^"\\\n])*"|'[^'\n]*'|#[^\n]*|[[\]{}]|(?:[\w-]+[ \t]*\.[ \t]*){64}/g
  for (const match of text.matchAll(skip)) {
    const [token] = match
    if (token === '[' || token === '{') depth += 1
    else if (token === ']' || token === '}') depth -= 1
    else if (/^[\w-]/.test(token)) return refuse(match.index)
    if (depth > FOREIGN.depth) return refuse(match.index)
  }
  return undefined
}
