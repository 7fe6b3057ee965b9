export interface ExampleLine {
  name: string
  value: string
  /** The comment above, or behind the value. */
  about?: string
}

const LINE = /^\s*(#\s*)?(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=(.*)$/

/** A `.env.example`: names, values and the comments that explain them. Lines that are no assignment are comments or nothing. */
export function readEnvExample(text: string): ExampleLine[] {
  const lines: ExampleLine[] = []
  let comment: string[] = []
  for (const line of text.replace(/^\ufeff/, '').split(/\r?\n/)) {
    const [, isComment, name, rest = ''] = LINE.exec(line) ?? []
    if (name && isComment === undefined) {
      const { value, note } = valueIn(rest.trim())
      const about = note ?? (comment.join(' ').trim() || undefined)
      if (!lines.some((l) => l.name === name)) lines.push({ name, value, ...(about && { about: about.slice(0, 200) }) })
      comment = []
    } else if (/^\s*#/.test(line)) {
      const said = line.replace(/^\s*#+\s?/, '').trim()
      comment = /^[-=#*\s]*$/.test(said) || LINE.test(said) ? [] : [...comment, said]
    } else comment = []
  }
  return lines
}

function valueIn(text: string): { value: string; note?: string } {
  const [, quote, quoted, note] = /^(["'`])(.*?)\1\s*(?:#\s*(.*))?$/.exec(text) ?? []
  if (quote !== undefined) return { value: quoted ?? '', ...(note && { note }) }
  const [, bare = '', behind] = /^(.*?)(?:(?:^|\s+)#\s*(.*))?$/.exec(text) ?? []
  return { value: bare.trim(), ...(behind && { note: behind }) }
}

/** Only the names: the values are somebody's own. */
export function namesInEnv(text: string): string[] {
  const names = text.split(/\r?\n/).map((line) => /^\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=/.exec(line)?.[1])
  return [...new Set(names.filter((n) => n !== undefined))]
}
