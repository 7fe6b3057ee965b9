import { html } from 'hono/html'
import { SECTIONS } from '../rule.ts'
import type { Rule } from '../rules.ts'
import type { Markup } from './layout.ts'

/** What people type: paragraphs between blank lines, lists of lines that start with a dash. Nothing else means anything. */
export function prose(text: string): Markup {
  const blocks: Markup[] = []
  let lines: string[] = []
  let items: string[] = []
  const end = (): void => {
    if (lines.length > 0) blocks.push(html`<p>${lines.map((line, at) => (at === 0 ? line : html`<br>${line}`))}</p>`)
    if (items.length > 0) blocks.push(html`<ul>${items.map((item) => html`<li>${item}</li>`)}</ul>`)
    lines = []
    items = []
  }
  for (const line of text.split('\n')) {
    const item = /^\s*[-*•]\s+(.+)$/.exec(line)?.[1]
    if (line.trim() === '' || (item === undefined) === items.length > 0) end()
    if (item !== undefined) items.push(item)
    else if (line.trim() !== '') lines.push(line)
  }
  end()
  return html`${blocks}`
}

/** The rule as a file to keep elsewhere. */
export function markdown(rule: Rule): string {
  const sections = SECTIONS.filter(({ key }) => rule.sections[key] !== '').map(
    ({ key, title }) => `## ${title}\n\n${rule.sections[key]}\n`,
  )
  return [`# ${rule.title}\n`, ...(rule.summary ? [`${rule.summary}\n`] : []), ...sections].join('\n')
}
