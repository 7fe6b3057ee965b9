import { LandfallError } from '../../../lib/error.ts'

/** What a plain SQL file is made of. Lines count from 1. */
export type SqlItem =
  | { type: 'statement'; text: string; line: number }
  /** `data` must be read to its end before the next item is asked for. */
  | { type: 'copy'; text: string; line: number; data: AsyncGenerator<Uint8Array> }
  /** A command of psql, which stands at a backslash. */
  | { type: 'meta'; text: string; line: number }

/** More than a statement of definitions or one row needs. */
const STATEMENT_LIMIT = 64 * 1024 * 1024
const LF = 0x0a
const END_OF_DATA = Buffer.from('\\.')

/**
 * Statements, rows and psql commands in their order, as psql itself would tell them apart; gigabytes go through in pieces.
 * E_BACKUP_TRUNCATED where the file ends within one of them. Without `countsRows` lines of rows are no lines: gigabytes are not looked
 * through for their ends where nobody wrote the file by hand.
 */
export async function* readSql(source: AsyncIterable<Uint8Array>, countsRows = true): AsyncGenerator<SqlItem> {
  const reader = new Reader(source, countsRows)
  for (;;) {
    const scanner = new Scanner()
    let start = reader.line
    let end = -1
    let at = 0
    while (end < 0) {
      end = scanner.scan(reader.bytes, at)
      if (end >= 0) break
      at = reader.bytes.length
      if (at > STATEMENT_LIMIT) throw truncated(start, 'a statement goes on for more than 64 MiB')
      if (!(await reader.more())) break
    }
    start += scanner.linesBefore
    if (end < 0) {
      if (scanner.isBlank) return
      else throw truncated(start, 'it ends in the middle of a statement')
    }
    const text = reader.take(end).toString('utf8')
    if (scanner.isMeta) {
      yield { type: 'meta', text: text.slice(text.indexOf('\\')).trim(), line: start }
      continue
    }
    const words = plain(text)
    if (/^copy\b[\s\S]*\bfrom\s+stdin\b/i.test(words)) yield { type: 'copy', text, line: start, data: reader.rows(start) }
    else yield { type: 'statement', text, line: start }
  }
}

/** A statement without comments in front, and with its texts and quoted names emptied: what is left are its own words. */
export function plain(text: string): string {
  return text
    .replace(/^(\s|--[^\n]*(\n|$)|\/\*[\s\S]*?\*\/)+/, '')
    .replace(/\be'(?:[^'\\]|\\.|'')*'/gi, "''")
    .replace(/'(?:[^']|'')*'/g, "''")
    .replace(/"(?:[^"]|"")*"/g, '""')
    .replace(/--[^\n]*/g, '')
    .trim()
}

function truncated(line: number, why: string): LandfallError {
  return new LandfallError({ code: 'E_BACKUP_TRUNCATED', at: `line ${line}`, message: `the file was cut off: ${why}` })
}

class Reader {
  bytes: Buffer = Buffer.alloc(0)
  line = 1
  private readonly chunks: AsyncIterator<Uint8Array>
  private readonly countsRows: boolean
  constructor(source: AsyncIterable<Uint8Array>, countsRows: boolean) {
    this.chunks = source[Symbol.asyncIterator]()
    this.countsRows = countsRows
  }

  async more(): Promise<boolean> {
    const { value, done } = await this.chunks.next()
    if (done) return false
    this.bytes =
      this.bytes.length === 0 ? Buffer.from(value.buffer, value.byteOffset, value.length) : Buffer.concat([this.bytes, value])
    return true
  }

  take(length: number): Buffer {
    const taken = this.bytes.subarray(0, length)
    this.bytes = this.bytes.subarray(length)
    this.count(taken)
    return taken
  }

  private count(bytes: Buffer): void {
    for (let at = bytes.indexOf(LF); at >= 0; at = bytes.indexOf(LF, at + 1)) this.line += 1
  }

  /** Up to the line `\.`, which is not among them. */
  async *rows(start: number): AsyncGenerator<Uint8Array> {
    // The line of the statement itself ends first.
    while (!this.bytes.includes(LF)) if (!(await this.more())) throw truncated(start, 'it ends where rows should begin')
    this.take(this.bytes.indexOf(LF) + 1)
    let isAtLineStart = true
    for (;;) {
      const end = this.endOfRows(isAtLineStart)
      if (end) {
        const rows = this.bytes.subarray(0, end.at)
        if (this.countsRows) this.count(this.bytes.subarray(0, end.next))
        this.bytes = this.bytes.subarray(end.next)
        if (rows.length > 0) yield rows
        return
      }
      // The last three bytes may be the beginning of the end.
      const sure = this.bytes.length - 4
      if (sure > 0) {
        const rows = this.bytes.subarray(0, sure)
        isAtLineStart = rows[sure - 1] === LF
        this.bytes = this.bytes.subarray(sure)
        if (this.countsRows) this.count(rows)
        yield rows
      }
      if (!(await this.more())) throw truncated(start, 'it ends in the middle of the rows of a table')
    }
  }

  private endOfRows(isAtLineStart: boolean): { at: number; next: number } | undefined {
    const { bytes } = this
    for (let at = isAtLineStart ? 0 : -1; ; ) {
      if (at >= 0 && bytes.subarray(at, at + 2).equals(END_OF_DATA)) {
        if (bytes[at + 2] === LF) return { at, next: at + 3 }
        if (bytes[at + 2] === 0x0d && bytes[at + 3] === LF) return { at, next: at + 4 }
      }
      const next = bytes.indexOf('\n\\.', Math.max(at, 0), 'latin1')
      if (next < 0) return undefined
      at = next + 1
    }
  }
}

const code = (text: string) => text.charCodeAt(0)
const isWord = (c: number) => (c >= 48 && c <= 57) || (c >= 65 && c <= 90) || (c >= 97 && c <= 122) || c === 95 || c >= 128

/** Finds where a statement ends, over as many pieces as it takes; the rules are those of psql. */
class Scanner {
  /** Lines before the first word. */
  linesBefore = 0
  isBlank = true
  isMeta = false
  private state: 'normal' | 'single' | 'escaped' | 'double' | 'dollar' | 'line' | 'block' = 'normal'
  private depth = 0
  private parens = 0
  private begins = 0
  private words: string[] = []
  private word = ''
  private tag = ''

  /** Index behind the end, or -1 where it has not come yet. `from` is where the last scan of the same bytes stopped. */
  scan(bytes: Buffer, from: number): number {
    // What needs a look at the byte after it waits for that one; the byte before may be the last of the piece before.
    let at = Math.max(0, from - 1)
    if (from > 0) at = this.resume
    for (; at < bytes.length; at++) {
      const c = bytes[at]!
      const next = bytes[at + 1]
      if (next === undefined && (c === code('-') || c === code('/') || c === code('*') || c === code('$'))) {
        this.resume = at
        return -1
      }
      if (this.isMeta) {
        if (c === LF) return at + 1
        continue
      }
      switch (this.state) {
        case 'line':
          if (c === LF) this.state = 'normal'
          if (this.isBlank && c === LF) this.linesBefore += 1
          continue
        case 'block':
          if (this.isBlank && c === LF) this.linesBefore += 1
          if (c === code('*') && next === code('/')) {
            at += 1
            this.depth -= 1
            if (this.depth === 0) this.state = 'normal'
          } else if (c === code('/') && next === code('*')) {
            at += 1
            this.depth += 1
          }
          continue
        case 'single':
          if (c === code("'")) this.state = 'normal'
          continue
        case 'escaped':
          if (c === code('\\')) {
            if (next === undefined) {
              this.resume = at
              return -1
            }
            at += 1
          } else if (c === code("'")) this.state = 'normal'
          continue
        case 'double':
          if (c === code('"')) this.state = 'normal'
          continue
        case 'dollar': {
          if (c !== code('$')) continue
          if (bytes.length - at < this.tag.length) {
            this.resume = at
            return -1
          }
          if (bytes.toString('latin1', at, at + this.tag.length) === this.tag) {
            at += this.tag.length - 1
            this.state = 'normal'
          }
          continue
        }
      }
      if (isWord(c)) {
        this.isBlank = false
        this.word += String.fromCharCode(c)
        continue
      }
      const before = this.word
      this.endWord()
      if (c === LF || c === 32 || c === 9 || c === 13) {
        if (this.isBlank && c === LF) this.linesBefore += 1
        continue
      }
      if (c === code('-') && next === code('-')) {
        this.state = 'line'
        continue
      }
      if (c === code('/') && next === code('*')) {
        this.state = 'block'
        this.depth = 1
        at += 1
        continue
      }
      if (c === code('\\')) {
        this.isMeta = true
        this.isBlank = false
        continue
      }
      this.isBlank = false
      if (c === code("'")) this.state = /^e$/i.test(before) ? 'escaped' : 'single'
      else if (c === code('"')) this.state = 'double'
      else if (c === code('$')) {
        const rest = bytes.toString('latin1', at, Math.min(at + 130, bytes.length))
        const tag = /^\$([A-Za-z_\x80-\xff][A-Za-z0-9_\x80-\xff]*)?\$/.exec(rest)?.[0]
        if (tag) {
          this.tag = tag
          this.state = 'dollar'
          at += tag.length - 1
        } else if (/^\$[A-Za-z0-9_\x80-\xff]*$/.test(rest) && rest.length < 130) {
          // The tag has not come as a whole.
          this.resume = at
          return -1
        }
      } else if (c === code('(')) this.parens += 1
      else if (c === code(')')) this.parens -= 1
      else if (c === code(';') && this.parens <= 0 && this.begins === 0) return at + 1
    }
    this.resume = at
    return -1
  }
  private resume = 0

  /** Functions may have bodies of statements: `begin atomic … end`. */
  private endWord(): void {
    if (this.word === '') return
    const word = this.word.toLowerCase()
    this.word = ''
    if (this.words.length < 4) this.words.push(word)
    const [first, second, , fourth] = this.words
    const isRoutine = first === 'create' && [second, fourth].some((w) => w === 'function' || w === 'procedure')
    if (!isRoutine || this.parens > 0) return
    if (word === 'begin') this.begins += 1
    else if (word === 'case' && this.begins > 0) this.begins += 1
    else if (word === 'end' && this.begins > 0) this.begins -= 1
  }
}
