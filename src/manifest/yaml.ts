import { Composer, type CST, type Document, LineCounter } from 'yaml'
import { showLine } from '../lib/show.ts'
import type { Finding } from '../model/finding.ts'
import { type Path, type Places, pathKey } from './places.ts'
import { Reader, type Spot } from './yaml-reader.ts'
import { type Fail, MANIFEST_RULES, type Rules, tokenize } from './yaml-tokens.ts'

/** `start` is where the document begins: at its `---`, where it has one. */
export type Parsed = { data: unknown; places: Places; findings: Finding[]; start?: string }

/**
 * YAML text into plain data that remembers where each value stood. Never throws and never takes long, whatever the text:
 * tokens are counted while they come, depth is measured before anything recurses, aliases are counted as what they unfold to.
 */
export function parseYaml(name: string, text: string): Parsed {
  const all = parseYamlAll(name, text, MANIFEST_RULES)
  const [first, second] = all
  if (second) {
    const at = second.start ?? name
    const message = 'a second document begins here, and a manifest is one'
    const finding: Finding = { level: 'error', code: 'E_SYNTAX', at, message, hint: 'leave out the line `---`' }
    return { ...second, data: undefined, findings: [finding] }
  }
  return first!
}

/** The same for a text with several documents, under other rules; there is always one at least. */
export function parseYamlAll(name: string, text: string, rules: Rules): Parsed[] {
  const lines = new LineCounter()
  const findings: Finding[] = []
  const atOffset = (offset: number) => {
    const { line, col } = lines.linePos(Math.max(0, Math.min(offset, text.length)))
    return `${name}:${line || 1}:${col || 1}`
  }
  const fail = (code: string, offset: number, message: string, hint?: string) => {
    if (findings.length < 20) findings.push({ level: 'error', code, at: atOffset(offset), message, ...(hint && { hint }) })
  }
  const nothing = (): Parsed[] => [{ data: undefined, places: placesOf(new Map(), atOffset), findings }]

  if (Buffer.byteLength(text) > rules.bytes) {
    fail('E_TOO_LARGE', 0, `${rules.noun} has more than ${rules.bytes / 1024} KiB`, 'large data belongs into files of the app')
    return nothing()
  }
  const odd = oddCharacter(text)
  if (odd) {
    countLines(lines, text)
    fail(
      'E_ENCODING',
      odd.offset,
      `the character ${odd.name} may not stand in ${rules.noun.replace(/^the /, 'a ')}`,
      'save the file as plain UTF-8 text',
    )
    return nothing()
  }
  const tokens = tokenize(text, lines, fail, rules)
  if (!tokens) return nothing()
  const documents = compose(tokens, fail)
  if (documents.length === 0) return nothing()
  return documents.map((document) => {
    const reader = new Reader(document, atOffset, fail, rules)
    const data = reader.read()
    const [start] = document.range
    return { data, places: placesOf(reader.spots, atOffset, start), findings, start: atOffset(start) }
  })
}

function countLines(lines: LineCounter, text: string) {
  lines.addNewLine(0)
  for (let i = text.indexOf('\n'); i >= 0; i = text.indexOf('\n', i + 1)) lines.addNewLine(i + 1)
}

/** Characters that YAML itself does not allow; found first, since no message about them should print them. */
function oddCharacter(text: string): { offset: number; name: string } | undefined {
  const match = /[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]|(?!^)\ufeff/u.exec(text)
  if (!match) return undefined
  return { offset: match.index, name: `U+${match[0].codePointAt(0)?.toString(16).toUpperCase().padStart(4, '0')}` }
}

function compose(tokens: CST.Token[], fail: Fail): Document.Parsed[] {
  const composer = new Composer({ uniqueKeys: false, strict: true, version: '1.2', schema: 'core', logLevel: 'silent' })
  const documents = [...composer.compose(tokens, true)]
  for (const error of documents.flatMap((d) => d.errors)) {
    fail('E_SYNTAX', error.pos[0], firstLine(error.message), error.code === 'TAB_AS_INDENT' ? 'indent with blanks' : undefined)
  }
  // Emptiness asked for by `compose(…, true)` has type Document; all of them were parsed.
  return documents.some((d) => d.errors.length > 0) ? [] : (documents as Document.Parsed[])
}

function firstLine(text: string): string {
  const line = (text.split('\n')[0] ?? '').replace(/ at line \d+.*$/, '')
  return showLine(line.charAt(0).toLowerCase() + line.slice(1))
}

function placesOf(spots: Map<string, Spot>, atOffset: (offset: number) => string, start = 0): Places {
  const find = (path: Path): { spot: Spot | undefined; isItself: boolean } => {
    for (let length = path.length; length >= 0; length--) {
      const spot = spots.get(pathKey(path.slice(0, length)))
      if (spot) return { spot, isItself: length === path.length }
    }
    return { spot: undefined, isItself: false }
  }
  const offset = (path: Path, of: 'key' | 'value') => {
    const { spot, isItself } = find(path)
    // What is missing is reported at the key of the mapping that lacks it.
    return !spot ? start : of === 'key' || !isItself ? spot.key : spot.value
  }
  return {
    at: (path, of = 'value') => atOffset(offset(path, of)),
    order: (path, of = 'value') => offset(path, of),
    isExact: (path) => spots.get(pathKey(path))?.isExact ?? true,
  }
}
