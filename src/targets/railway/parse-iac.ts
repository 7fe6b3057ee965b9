// Reads .railway/railway.ts as syntax: nothing of it is ever run. Literals, names and calls are understood; the rest is kept as
// text, for a verdict that says so.

export type Literal = string | number | boolean | null | Literal[] | { [key: string]: Literal }
/** How what is no literal stands among the data: one key that no object of Railway has. */
export const CALL = '(call)'
export const NAME = '(name)'
const CODE = '(code)'

export interface Program {
  /** `const db = postgres("db")`, by name. */
  bindings: Record<string, Literal>
  /** What is given to `project()`. */
  project?: Literal
  /** Offsets in the text, by path as JSON. */
  places: Map<string, number>
}

interface Token {
  type: 'text' | 'number' | 'name' | 'sign' | 'template' | 'end'
  text: string
  at: number
}
type Path = (string | number)[]
const DEEPEST = 60
const STATEMENT = /^(const|let|var|return|export|import|function|async|if|for|while|type|interface)$/

/** Undefined where it is no text that JavaScript could be made of: a quote or a comment that does not end. */
export function parseIac(source: string): Program | undefined {
  const tokens = tokensOf(source)
  if (!tokens) return undefined
  const program: Program = { bindings: {}, places: new Map() }
  for (let i = 0; i < tokens.length; i++) {
    const [token, name, sign] = [tokens[i], tokens[i + 1], tokens[i + 2]]
    if (token?.type !== 'name') continue
    if (token.text === 'const' && name?.type === 'name' && sign?.text === '=' && !Object.hasOwn(program.bindings, name.text)) {
      if (['__proto__', 'constructor', 'project'].includes(name.text)) continue
      program.places.set(JSON.stringify(['bindings', name.text]), name.at)
      const reader = new Reader(source, tokens, i + 3, program.places)
      program.bindings[name.text] = reader.expression(['bindings', name.text], 0)
      i = reader.next - 1
    } else if (token.text === 'project' && name?.text === '(' && program.project === undefined && tokens[i - 1]?.text !== '.') {
      program.places.set(JSON.stringify(['project']), token.at)
      const reader = new Reader(source, tokens, i, program.places)
      program.project = reader.expression(['project'], 0)
      i = reader.next - 1
    }
  }
  return program
}

class Reader {
  next: number
  private readonly source: string
  private readonly tokens: Token[]
  private readonly places: Map<string, number>

  constructor(source: string, tokens: Token[], next: number, places: Map<string, number>) {
    this.source = source
    this.tokens = tokens
    this.next = next
    this.places = places
  }

  /** One expression; what is more than a literal, a name or a call comes back as the text that it is. */
  expression(path: Path, depth: number): Literal {
    const start = this.next
    const value = depth > DEEPEST ? undefined : this.simple(path, depth)
    const after = this.peek()
    const ends = after.type === 'end' || /^[,)\]};]$/.test(after.text) || this.isNewLine(start)
    if (value !== undefined && ends) return value
    return this.code(start)
  }

  /** A statement ends with its line, where the next one begins with a word. */
  private isNewLine(start: number): boolean {
    const [before, after] = [this.tokens[this.next - 1], this.peek()]
    if (!before || this.next === start || after.type !== 'name') return false
    return this.source.slice(before.at + before.text.length, after.at).includes('\n')
  }

  private code(start: number): Literal {
    this.next = start
    let open = 0
    for (; this.peek().type !== 'end'; this.next++) {
      const { text, type } = this.peek()
      if (type === 'sign' && /^[([{]$/.test(text)) open++
      else if (type === 'sign' && /^[)\]}]$/.test(text) && --open < 0) break
      else if (open === 0 && type === 'sign' && /^[,;]$/.test(text)) break
      else if (open === 0 && this.isNewLine(start) && STATEMENT.test(text)) break
    }
    const from = this.tokens[start]?.at ?? 0
    return { [CODE]: this.source.slice(from, this.peek().at).trim().slice(0, 200) }
  }

  private simple(path: Path, depth: number): Literal | undefined {
    const token = this.peek()
    this.places.set(JSON.stringify(path), this.places.get(JSON.stringify(path)) ?? token.at)
    if (token.type === 'text' || token.type === 'template') {
      this.next++
      return token.type === 'text' ? token.text : /\$\{/.test(token.text) ? undefined : token.text
    }
    if (token.type === 'number') {
      this.next++
      const number = Number(token.text.replaceAll('_', ''))
      return Number.isFinite(number) ? number : undefined
    }
    if (token.text === '-' && this.tokens[this.next + 1]?.type === 'number') {
      this.next += 2
      return -Number(this.tokens[this.next - 1]?.text.replaceAll('_', ''))
    }
    if (token.text === '[') return this.list(path, depth, ']')
    if (token.text === '{') return this.mapping(path, depth)
    return token.type === 'name' ? this.named(path, depth) : undefined
  }

  private named(path: Path, depth: number): Literal | undefined {
    const words: string[] = [this.peek().text]
    this.next++
    while (this.peek().text === '.' && this.tokens[this.next + 1]?.type === 'name') {
      words.push(this.tokens[this.next + 1]?.text ?? '')
      this.next += 2
    }
    const name = words.join('.')
    if (this.peek().text === '(') {
      const args = this.list([...path, 'args'], depth, ')')
      return args === undefined ? undefined : { [CALL]: name, args }
    }
    const word = { true: true, false: false, null: null }[name]
    return word === undefined ? { [NAME]: name } : word
  }

  private list(path: Path, depth: number, end: string): Literal[] | undefined {
    this.next++
    const items: Literal[] = []
    while (this.peek().text !== end) {
      if (this.peek().type === 'end' || (this.peek().type !== 'text' && /^[)\]};,]$/.test(this.peek().text))) return undefined
      items.push(this.spread() ? this.code(this.next) : this.expression([...path, items.length], depth + 1))
      if (this.peek().text === ',') this.next++
      else if (this.peek().text !== end) return undefined
    }
    this.next++
    return items
  }

  private mapping(path: Path, depth: number): Literal | undefined {
    this.next++
    const found: Record<string, Literal> = {}
    while (this.peek().text !== '}' || this.peek().type !== 'sign') {
      const key = this.peek()
      const odd = this.spread() ? '...' : key.text === '[' ? '[…]' : undefined
      if (odd !== undefined) {
        // A spread or a computed name: what it comes to is not known, and the rest of the object is.
        if (odd === '[…]' && (this.list([...path, odd], depth, ']') === undefined || this.peek().text !== ':')) return undefined
        if (odd === '[…]') this.next++
        found[`${odd}${Object.keys(found).length}`] = this.code(this.next)
        if (this.peek().text === ',') this.next++
        continue
      }
      if (key.type !== 'name' && key.type !== 'text' && key.type !== 'number') return undefined
      if (key.text === '__proto__') return undefined
      this.next++
      this.places.set(JSON.stringify([...path, key.text]), key.at)
      if (this.peek().text === ':') {
        this.next++
        found[key.text] = this.expression([...path, key.text], depth + 1)
      } else if (key.type === 'name' && /^[,}]$/.test(this.peek().text)) found[key.text] = { [NAME]: key.text }
      else return undefined
      if (this.peek().text === ',') this.next++
      else if (this.peek().text !== '}') return undefined
    }
    this.next++
    return found
  }

  private spread(): boolean {
    const isSpread = [0, 1, 2].every((i) => this.tokens[this.next + i]?.text === '.')
    if (isSpread) this.next += 3
    return isSpread
  }

  private peek(): Token {
    return this.tokens[this.next] ?? { type: 'end', text: '', at: this.source.length }
  }
}

const ESCAPES: Record<string, string> = { n: '\n', t: '\t', r: '\r', b: '\b', f: '\f', v: '\v', 0: '\0' }

function tokensOf(source: string): Token[] | undefined {
  const tokens: Token[] = []
  const pattern = /\s+|\/\/[^\n]*|\/\*[\s\S]*?\*\/|[A-Za-z_$][\w$]*|\d[\w.]*|=>|[\s\S]/gy
  for (let match = pattern.exec(source); match; match = pattern.exec(source)) {
    const [text] = match
    const at = match.index
    if (/^\s|^\/\/|^\/\*/.test(text)) continue
    if (text === '/' && source[at + 1] === '*') return undefined
    if (text === '"' || text === "'" || text === '`') {
      const end = endOf(source, at)
      if (end === undefined) return undefined
      tokens.push({ type: text === '`' ? 'template' : 'text', text: unescaped(source.slice(at + 1, end)), at })
      pattern.lastIndex = end + 1
    } else tokens.push({ type: /^[A-Za-z_$]/.test(text) ? 'name' : /^\d/.test(text) ? 'number' : 'sign', text, at })
  }
  return tokens
}

function endOf(source: string, from: number): number | undefined {
  const quote = source[from]
  for (let i = from + 1; i < source.length; i++) {
    if (source[i] === '\\') i++
    else if (source[i] === quote) return i
    else if (source[i] === '\n' && quote !== '`') return undefined
  }
  return undefined
}

const unescaped = (text: string) =>
  text.replace(
    /\\(u\{([0-9a-fA-F]{1,6})\}|u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|[\s\S])/g,
    (_, one: string, ...codes: (string | undefined)[]) => {
      const code = codes.slice(0, 3).find((c) => typeof c === 'string')
      if (code === undefined) return one === '\n' ? '' : (ESCAPES[one] ?? one)
      const point = Number.parseInt(code, 16)
      return point <= 0x10ffff ? String.fromCodePoint(point) : ''
    },
  )
