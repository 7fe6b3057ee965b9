import { show } from '../lib/show.ts'

export type Split = { words: string[] } | { problem: string; hint: string }

const SIGNS = ['&&', '||', '|', ';', '>', '<', '&', '\n']

/**
 * A command as words: split at blanks, with quotes as in a shell, and never run by one. What only a shell could carry out is
 * a problem, since silently passing it on as an argument would be worse.
 */
export function splitCommand(source: string): Split {
  const text = source.trim()
  const words: string[] = []
  let word: string | undefined
  let quote = ''
  for (let i = 0; i < text.length; i++) {
    const char = text[i] ?? ''
    const rest = text.slice(i, i + 2)
    if (quote !== "'" && (char === '`' || rest === '$(')) return shellOnly(text, char === '`' ? '`' : '$(')
    if (quote !== "'" && char === '$' && /[A-Za-z_]/.test(text[i + 1] ?? '')) {
      const name = /^\w+/.exec(text.slice(i + 1))?.[0] ?? ''
      return { problem: `${show(`$${name}`)} would need a shell`, hint: `write \${${name}} where Landfall is to put the value` }
    }
    if (rest === '${' || rest === '$$') {
      const end = rest === '$$' ? i + 1 : text.indexOf('}', i)
      const piece = end < 0 ? text.slice(i) : text.slice(i, end + 1)
      word = (word ?? '') + piece
      i += piece.length - 1
    } else if (quote === "'") {
      if (char === "'") quote = ''
      else word += char
    } else if (char === '\\' && i + 1 < text.length && (quote === '' || '"\\$`'.includes(text[i + 1] ?? ''))) {
      word = (word ?? '') + (text[i + 1] === '$' ? '$$' : text[i + 1])
      i += 1
    } else if (quote === '"') {
      if (char === '"') quote = ''
      else word += char
    } else if (char === '"' || char === "'") {
      quote = char
      word ??= ''
    } else {
      const sign = SIGNS.find((s) => text.startsWith(s, i))
      if (sign) return shellOnly(text, sign)
      if (/\s/.test(char)) {
        if (word !== undefined) words.push(word)
        word = undefined
      } else word = (word ?? '') + char
    }
  }
  if (quote) return { problem: `the quote ${quote} is not closed`, hint: 'close it, or write the command as a list of arguments' }
  if (word !== undefined) words.push(word)
  if (words.length === 0 || words[0] === '') return { problem: 'the command is empty', hint: 'name a program' }
  if (/^[A-Za-z_]\w*=/.test(words[0] ?? '')) {
    return { problem: `${show(words[0])} sets a variable as only a shell does`, hint: 'put the variable under `env`' }
  }
  return { words }
}

function shellOnly(text: string, sign: string): Split {
  const named = sign === '\n' ? 'a line break' : `\`${sign}\``
  return {
    problem: `${show(text)} has ${named}, which only a shell understands, and commands are not run by one`,
    hint: `write each command on its own, as a list of arguments: ${arrayForm(text, sign)}; where it must be a shell: [sh, -c, ${show(text)}]`,
  }
}

/** The first command of the text, as the list that it could be. */
function arrayForm(text: string, sign: string): string {
  const words = (text.split(sign)[0] ?? '').split(/\s+/).filter(Boolean)
  return `[${words
    .slice(0, 8)
    .map((w) => (/^[\w./@:=-]+$/.test(w) ? w.slice(0, 60) : show(w)))
    .join(', ')}]`
}
