import { show } from '../lib/show.ts'

export type Part = { type: 'text'; text: string } | { type: 'reference'; name: string }
export type Template = { parts: Part[] } | { problem: string; hint: string }

const REFERENCE = /^[A-Za-z_][A-Za-z0-9_-]*(\.[A-Za-z][A-Za-z0-9]*)?$/

/** `http://${server.address}/` in its parts; `$$` is a `$`, and a `$` before anything but `{` is itself. */
export function parseTemplate(text: string): Template {
  const parts: Part[] = []
  let plain = ''
  for (let i = 0; i < text.length; i++) {
    const two = text.slice(i, i + 2)
    if (two === '$$') {
      plain += '$'
      i += 1
    } else if (two === '${') {
      const end = text.indexOf('}', i)
      const name = end < 0 ? '' : text.slice(i + 2, end)
      if (!REFERENCE.test(name)) return { problem: problem(text, i, end), hint: 'write `$$` for a `$` that stands for itself' }
      if (plain) parts.push({ type: 'text', text: plain })
      plain = ''
      parts.push({ type: 'reference', name })
      i = end
    } else plain += text[i]
  }
  if (plain || parts.length === 0) parts.push({ type: 'text', text: plain })
  return { parts }
}

function problem(text: string, from: number, end: number): string {
  if (end < 0) return `${show(text.slice(from))} has no closing }`
  const name = text.slice(from, end + 1)
  if (/:?[-?+=]/.test(name)) return `${show(name)} is shell; a default stands where the variable is declared: { default: … }`
  return `${show(name)} is not a reference such as \${PORT} or \${db.url}`
}
