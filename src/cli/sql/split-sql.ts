/**
 * Statements of a text, each without its `;`, and what is left behind the last one. Knows quotes, dollar quotes and comments, so that
 * a `;` inside them ends nothing.
 */
export function splitSql(text: string): { statements: string[]; rest: string } {
  const statements: string[] = []
  let start = 0
  // A rare sign each: quoted text, quoted name, comments of both kinds, dollar quotes, the end.
  const signs = /'|"|--|\/\*|\$([A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$|;/g
  for (let found = signs.exec(text); found; found = signs.exec(text)) {
    const sign = found[0]
    if (sign === ';') {
      const statement = text.slice(start, found.index).trim()
      if (!isEmpty(statement)) statements.push(statement)
      start = signs.lastIndex
      continue
    }
    const end = endOf(text, sign, found.index)
    if (end === undefined) break // Its end is not there yet.
    signs.lastIndex = end
  }
  return { statements, rest: text.slice(start) }
}

/** Nothing but blanks and comments. */
export function isEmpty(sql: string): boolean {
  return sql.replace(/--[^\n]*|\/\*[\s\S]*?\*\//g, '').trim() === ''
}

function endOf(text: string, sign: string, at: number): number | undefined {
  if (sign === "'") return endOfQuote(text, at, /[eE]/.test(text[at - 1] ?? '') && !/\w/.test(text[at - 2] ?? ''))
  if (sign === '/*') return endOfComment(text, at + 2)
  const close = sign === '--' ? '\n' : sign
  const found = text.indexOf(close, at + sign.length)
  return found < 0 ? undefined : found + close.length
}

/** `''` is two quotes inside; in `E'…'` a backslash takes the next sign with it. */
function endOfQuote(text: string, at: number, hasEscapes: boolean): number | undefined {
  for (let i = at + 1; i < text.length; i++) {
    if (hasEscapes && text[i] === '\\') i += 1
    else if (text[i] === "'") {
      if (text[i + 1] !== "'") return i + 1
      i += 1
    }
  }
  return undefined
}

/** Comments of this kind may lie in each other. */
function endOfComment(text: string, from: number): number | undefined {
  let depth = 1
  for (let i = from; i < text.length; i++) {
    const two = text.slice(i, i + 2)
    if (two === '/*') depth += 1
    else if (two === '*/') depth -= 1
    else continue
    i += 1
    if (depth === 0) return i + 1
  }
  return undefined
}
