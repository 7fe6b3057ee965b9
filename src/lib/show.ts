/**
 * Someone's text inside a message of ours: quoted, cut at 60 characters, and with everything escaped that a terminal or a
 * reader could take for something else (control characters, marks that turn the direction of writing, zero-width ones).
 */
export function show(value: unknown): string {
  if (typeof value !== 'string') return cut(escaped(describe(value)))
  return `"${cut(escaped(value))}"`
}

/** The same without quotes, for names that stand in a path such as `components.web`. */
export function showBare(text: string): string {
  return cut(escaped(text))
}

/** A line of somebody else's, such as a parser's message: escaped, and cut where it is long. */
export function showLine(text: string, most = 160): string {
  const line = escaped(text.slice(0, most)).replaceAll('\\"', '"')
  return text.length <= most ? line : `${line}…`
}

function describe(value: unknown): string {
  if (Array.isArray(value)) return `a list of ${value.length}`
  if (value === null || value === undefined) return 'nothing'
  if (typeof value === 'object') return 'a mapping'
  return String(value)
}

function escaped(text: string): string {
  // Never longer than what can be shown, however long the input is.
  return text.slice(0, 200).replace(/[\p{C}\p{Zl}\p{Zp}"\\]/gu, (char) => {
    if (char === '\n') return '\\n'
    if (char === '\r') return '\\r'
    if (char === '\t') return '\\t'
    if (char === '"' || char === '\\') return `\\${char}`
    return `\\u{${char.codePointAt(0)?.toString(16)}}`
  })
}

function cut(text: string): string {
  return text.length <= 60 ? text : `${text.slice(0, 59)}…`
}
