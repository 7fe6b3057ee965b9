/** A page of the guide, before anybody decides how it looks: Markdown and HTML are made from the same. */
export interface Page {
  /** File name without its ending; also the anchor in the one-page form. */
  name: string
  title: string
  blocks: Block[]
}
export type Block =
  /** Level 2 or 3; the page's title is level 1. `cite` is the place in the manifest that it was made from. */
  | { type: 'heading'; level: 2 | 3; text: string; cite?: Cite }
  | { type: 'text'; text: Inline }
  | { type: 'list'; items: Inline[]; isOrdered: boolean; isChecklist?: boolean }
  | { type: 'table'; head: string[]; rows: Inline[][] }
  | { type: 'code'; language: string; text: string }
  /** A drawing: `name`.svg beside the page, `about` for those who do not see it, and the same as Mermaid text. */
  | { type: 'drawing'; name: string; about: string; mermaid: string }
export type Inline = (string | Span)[]
export type Span =
  | { type: 'code'; text: string }
  | { type: 'strong'; text: string }
  /** `to` is an address, or `page` / `page#heading` of the guide. */
  | { type: 'link'; text: string; to: string }
  | { type: 'cite'; cite: Cite }
/** `landfall.yaml:12:3`, as the loader of manifests says it. */
export interface Cite {
  file: string
  line: number
}

export const code = (text: string): Span => ({ type: 'code', text })
export const strong = (text: string): Span => ({ type: 'strong', text })
export const link = (text: string, to: string): Span => ({ type: 'link', text, to })
export const heading = (text: string, cite?: Cite, level: 2 | 3 = 2): Block => ({
  type: 'heading',
  level,
  text,
  ...(cite && { cite }),
})
export const say = (...text: Inline): Block => ({ type: 'text', text })
export const table = (head: string[], rows: Inline[][]): Block => ({ type: 'table', head, rows })
export const list = (items: Inline[]): Block => ({ type: 'list', items, isOrdered: false })
export const steps = (items: Inline[]): Block => ({ type: 'list', items, isOrdered: true })
export const checklist = (items: Inline[]): Block => ({ type: 'list', items, isOrdered: false, isChecklist: true })
export const shell = (...lines: string[]): Block => ({ type: 'code', language: 'sh', text: lines.join('\n') })

/** Pieces with `between` among them. */
export function joined(pieces: Inline[], between: string): Inline {
  return pieces.flatMap((piece, i) => (i === 0 ? piece : [between, ...piece]))
}

/** The text alone, for search and anchors. */
export function plain(inline: Inline): string {
  return inline
    .map((part) => (typeof part === 'string' ? part : part.type === 'cite' ? `${part.cite.file}:${part.cite.line}` : part.text))
    .join('')
}

/** The anchor of a heading, as Git hosts make it. */
export function anchor(text: string): string {
  return text
    .toLowerCase()
    .replace(/[^\p{Letter}\p{Number}\s_-]/gu, '')
    .trim()
    .replace(/\s/g, '-')
}
