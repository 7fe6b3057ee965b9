import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Finding, Level } from '../../model/finding.ts'
import { cleanLine } from './clean.ts'
import { renderHint } from './error.ts'
import type { Look } from './look.ts'
import { hang } from './width.ts'

/** Files of whose lines none is ever shown. */
const HOLDS_SECRETS = /(^|\/)(\.env(\.[^/]*)?|env\.[^/]*|secrets?(\.[^/]*)?|stdin)$|\.env$/i

/** Findings by file and line, each with the line it means where that can be read. */
export function renderFindings(findings: Finding[], folder: string, look: Look, are: { secret?: boolean } = {}): string {
  const read = sourceReader(folder)
  const placed = findings.map((finding) => ({ finding, place: placeOf(finding.at) })).sort((a, b) => compare(a.place, b.place))
  const blocks: string[] = []
  let file: string | undefined
  for (const { finding, place } of placed) {
    const lines = [headOf(finding, look)]
    const isShown = place && !are.secret && !HOLDS_SECRETS.test(place.file)
    const source = isShown ? read(place.file)?.[place.line - 1] : undefined
    if (place && source !== undefined) lines.push(...excerpt(source, place, look))
    if (finding.hint) lines.push(renderHint(finding.hint, look))
    if (blocks.length > 0 && place?.file !== file) blocks.push('')
    blocks.push(lines.join('\n'))
    file = place?.file
  }
  return [...blocks, ...(findings.length > 1 ? ['', countsOf(findings, look)] : [])].join('\n')
}

function headOf({ at, level, code, message }: Finding, { paint, columns }: Look): string {
  // `.` is the folder itself, which is clear without saying it.
  const place = at === '.' ? '' : `${paint.bold(cleanLine(at))} `
  return hang(`${place}${colourOf(level, paint)(level)} ${paint.dim(code)} ${cleanLine(message)}`, columns, 2)
}

function colourOf(level: Level, paint: Look['paint']): (text: string) => string {
  if (level === 'error') return (text) => paint.bold(paint.red(text))
  return level === 'lost' ? paint.magenta : paint.yellow
}

interface Place {
  file: string
  line: number
  column: number
}

function placeOf(at: string): Place | undefined {
  const match = /^(.+?):(\d+)(?::(\d+))?$/.exec(at)
  return match ? { file: match[1] ?? '', line: Number(match[2]), column: Number(match[3] ?? 1) } : undefined
}

/** Those in a file first, in its order; the others stay in the order they came. */
function compare(a: Place | undefined, b: Place | undefined): number {
  if (!a || !b) return a ? -1 : b ? 1 : 0
  return a.file === b.file ? a.line - b.line || a.column - b.column : a.file < b.file ? -1 : 1
}

function excerpt(source: string, { line, column }: Place, { paint, signs, columns }: Look): string[] {
  const number = String(line)
  const text = cleanLine(source, Math.max(20, (columns ?? 120) - number.length - 6))
  // Tabs became two columns each; the rest of what was taken away takes no column.
  const before = cleanLine(source.slice(0, column - 1)).length
  const word = /^[^\s:,\]}]+/.exec(source.slice(column - 1))?.[0].length ?? 1
  const gutter = paint.dim(signs.bar)
  const lines = [`  ${paint.dim(number)} ${gutter} ${text}`]
  if (before < text.length) {
    const mark = '^'.repeat(Math.max(1, Math.min(word, text.length - before)))
    lines.push(`  ${' '.repeat(number.length)} ${gutter} ${' '.repeat(before)}${paint.red(mark)}`)
  }
  return lines
}

const MAX_SOURCE = 1024 * 1024

function sourceReader(folder: string): (file: string) => string[] | undefined {
  const known = new Map<string, string[] | undefined>()
  return (file) => {
    if (!known.has(file)) known.set(file, readLines(join(folder, file)))
    return known.get(file)
  }
}

function readLines(path: string): string[] | undefined {
  try {
    const { size } = statSync(path)
    return size > MAX_SOURCE ? undefined : readFileSync(path, 'utf8').split(/\r?\n/)
  } catch {
    return undefined // Not readable here: the finding says enough.
  }
}

function countsOf(findings: Finding[], { paint }: Look): string {
  const count = (level: Level, one: string, many: string) => {
    const n = findings.filter((f) => f.level === level).length
    return n === 0 ? [] : [`${n} ${n === 1 ? one : many}`]
  }
  const parts = [
    ...count('error', 'error', 'errors'),
    ...count('warning', 'warning', 'warnings'),
    ...count('changed', 'change', 'changes'),
    ...count('lost', 'loss', 'losses'),
  ]
  return paint.dim(parts.join(', '))
}
