/** A part of a compose value: text, or a variable with what stands behind its name. */
export type Part =
  | { type: 'text'; text: string }
  | { type: 'variable'; name: string; operator: '' | ':-' | '-' | ':?' | '?' | ':+' | '+'; argument: string }

/** `${V:-x}`, `$V` and `$$`, told apart and never expanded. What is no variable stays text. */
export function parseInterpolation(text: string): Part[] {
  const parts: Part[] = []
  let plain = ''
  const push = (part: Part) => {
    if (plain) parts.push({ type: 'text', text: plain })
    plain = ''
    parts.push(part)
  }
  for (let i = 0; i < text.length; i++) {
    if (text[i] !== '$') {
      plain += text[i]
      continue
    }
    if (text[i + 1] === '$') {
      plain += '$'
      i += 1
      continue
    }
    const short = /^[A-Za-z_]\w*/.exec(text.slice(i + 1, i + 201))?.[0]
    if (short) {
      push({ type: 'variable', name: short, operator: '', argument: '' })
      i += short.length
      continue
    }
    const end = text[i + 1] === '{' ? closing(text, i + 1) : -1
    const inner = /^([A-Za-z_]\w*)(?:(:[-?+]|[-?+])(.*))?$/s.exec(end < 0 ? '' : text.slice(i + 2, end))
    if (!inner) {
      plain += '$'
      continue
    }
    const [, name = '', operator = '', argument = ''] = inner
    push({ type: 'variable', name, operator: operator as '', argument }) // One of those that the pattern has.
    i = end
  }
  if (plain || parts.length === 0) parts.push({ type: 'text', text: plain })
  return parts
}

/** `${A:-${B}}` nests. */
function closing(text: string, open: number): number {
  let depth = 0
  for (let i = open; i < text.length; i++) {
    if (text[i] === '{') depth += 1
    else if (text[i] === '}') {
      depth -= 1
      if (depth === 0) return i
    }
  }
  return -1
}

/** With defaults in place of variables, and nothing where there is none: for what must be known now, such as a port. */
export function withDefaults(text: string): { text: string; isPlain: boolean; unknown: string[] } {
  const parts = parseInterpolation(text)
  const unknown: string[] = []
  const plain = parts.map((p) => {
    if (p.type === 'text') return p.text
    if (p.operator === ':-' || p.operator === '-') return withDefaults(p.argument).text
    unknown.push(p.name)
    return ''
  })
  return { text: plain.join(''), isPlain: parts.every((p) => p.type === 'text'), unknown }
}
