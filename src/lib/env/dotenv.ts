import { show } from '../show.ts'

export interface EnvLine {
  name: string
  value: string
  /** From 1; where the name stands. */
  line: number
}
export interface EnvProblem {
  line: number
  code: string
  message: string
}
export interface EnvText {
  values: EnvLine[]
  problems: EnvProblem[]
  /** Read, and perhaps not as it was meant. */
  remarks: EnvProblem[]
}

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/
const ESCAPES: Record<string, string> = { n: '\n', r: '\r', t: '\t', '"': '"', '\\': '\\', $: '$', '`': '`' }

/**
 * `.env` as most programs read it: `export` and blanks around `=` may stand there, `'…'` and `` `…` `` are taken as they are, `"…"`
 * knows `\n \r \t \" \\ \$`, all three may go over several lines, and ` #` begins a remark. No value is put in the place of `${…}`.
 */
export function readDotenv(text: string): EnvText {
  const source = (text.startsWith('\uFEFF') ? text.slice(1) : text).replaceAll('\r\n', '\n')
  const found: EnvText = { values: [], problems: [], remarks: [] }
  const lines = new Map<string, number>()
  let line = 1
  let at = 0
  const problem = (message: string, code = 'E_ENV_LINE') => void found.problems.push({ line, code, message })
  while (at < source.length) {
    const end = endOf(source, at)
    const whole = source.slice(at, end)
    const [, name, sign] = /^\s*(?:export\s+)?([^=\s#'"]*)\s*(=?)/.exec(whole) ?? []
    let next = end
    if (/^\s*(#.*)?$/.test(whole)) {
      // Nothing stands here.
    } else if (sign !== '=') problem(`${shown(whole)} has no =`)
    else if (name === '') problem('has no name before its =')
    else if (!NAME.test(name ?? '')) problem(`${shownName(name)} is not a name of a variable`, 'E_ENV_KEY')
    else {
      const read = readValue(source, at + whole.indexOf('=') + 1)
      next = read.end
      if (read.problem) problem(read.problem)
      else if (name !== undefined) {
        const before = lines.get(name)
        if (before !== undefined) problem(`${name} stands in line ${before} too`, 'E_DUPLICATE')
        else if (read.value.includes('\0')) problem(`${name} holds a NUL character`, 'E_ENV_VALUE')
        else found.values.push({ name, value: read.value, line })
        lines.set(name, before ?? line)
        if (read.mayRefer && /\$\{?[A-Za-z_]/.test(read.value)) {
          const message = `${name} has a \`$\` in it, which is taken as it is written: nothing is put in its place`
          found.remarks.push({ line, code: 'W_ENV_LITERAL', message })
        }
      }
    }
    line += source.slice(at, next).split('\n').length
    at = next + 1
  }
  return found
}

interface ReadValue {
  value: string
  /** Position of the newline behind it. */
  end: number
  /** Other programs would put values in the place of `${…}` here. */
  mayRefer: boolean
  problem?: string
}

function readValue(source: string, from: number): ReadValue {
  let at = from
  while (source[at] === ' ' || source[at] === '\t') at += 1
  const quote = source[at]
  if (quote !== '"' && quote !== "'" && quote !== '`') {
    const end = endOf(source, at)
    const plain = source.slice(at, end).replace(/(^|\s)#.*$/s, '')
    return { value: plain.trim(), end, mayRefer: true }
  }
  const close = closing(source, at + 1, quote)
  if (close < 0) return { value: '', end: endOf(source, at), mayRefer: false, problem: `its quote (${quote}) is never closed` }
  const end = endOf(source, close)
  const inner = source.slice(at + 1, close)
  if (!/^\s*(#.*)?$/.test(source.slice(close + 1, end))) {
    return { value: '', end, mayRefer: false, problem: `something stands behind its closing quote (${quote})` }
  }
  if (quote !== '"') return { value: inner, end, mayRefer: false }
  const value = inner.replace(/\\([nrt"\\$`])/g, (_, letter: string) => ESCAPES[letter] ?? letter)
  return { value, end, mayRefer: !inner.includes('\\$') }
}

function closing(source: string, from: number, quote: string): number {
  for (let i = from; i < source.length; i++) {
    if (quote === '"' && source[i] === '\\') i += 1
    else if (source[i] === quote) return i
  }
  return -1
}

function endOf(source: string, from: number): number {
  const end = source.indexOf('\n', from)
  return end < 0 ? source.length : end
}

/** A line without an `=` may be the rest of a secret. */
function shown(line: string): string {
  const [word = ''] = line.trim().split(/\s/)
  return NAME.test(word) && word.length <= 40 ? show(word) : 'the line'
}

/** So may what stands before an `=`: the last line of a key ends with some. */
function shownName(text = ''): string {
  return text.length <= 40 && /^[\w.-]+$/.test(text) ? show(text) : 'what stands before its ='
}

/** A value as a line of `.env` that reads back as it was. */
export function writeDotenv(name: string, value: string): string {
  if (/^[A-Za-z0-9_./:@%+,-]*$/.test(value)) return `${name}=${value}`
  if (!value.includes("'") && !value.includes('\r')) return `${name}='${value}'`
  const escaped = value
    .replace(/[\\"$`]/g, (c) => `\\${c}`)
    .replaceAll('\n', '\\n')
    .replaceAll('\r', '\\r')
  return `${name}="${escaped}"`
}
