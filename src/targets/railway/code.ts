/** An expression that stands as it is: a name, or a call. */
export class Code {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

/** Data as a literal of JavaScript, for files that people read. */
export function codeText(value: unknown, depth: number): string {
  const pad = '  '.repeat(depth)
  if (value instanceof Code) return value.text
  if (Array.isArray(value)) return `[${value.map((v) => codeText(v, depth)).join(', ')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const entries = Object.entries(value).map(
    ([k, v]) => `${/^[A-Za-z_]\w*$/.test(k) ? k : JSON.stringify(k)}: ${codeText(v, depth + 1)}`,
  )
  const line = `{ ${entries.join(', ')} }`
  if (entries.length === 0) return '{}'
  if (line.length < 90 && !line.includes('\n')) return line
  return `{\n${entries.map((e) => `${pad}${e},`).join('\n')}\n${'  '.repeat(depth - 1)}}`
}
