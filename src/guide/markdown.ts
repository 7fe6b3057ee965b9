import type { Block, Cite, Inline, Page, Span } from './blocks.ts'

/** A page as Markdown that Git hosts show well. `up` leads from the page's folder to the manifest's: `../`. */
export function toMarkdown(page: Page, up: string): string {
  const blocks = page.blocks.map((block) => blockText(block, up))
  return `${[`# ${escapeMarkdown(page.title)}`, ...blocks].join('\n\n')}\n`
}

function blockText(block: Block, up: string): string {
  switch (block.type) {
    case 'heading': {
      const cite = block.cite ? `\n\n<sub>${citeLink(block.cite, up)}</sub>` : ''
      // Behind the # nothing else begins.
      return `${'#'.repeat(block.level)} ${escapeMarkdown(block.text).replace(/^\\(?=[+\-\d])/, '')}${cite}`
    }
    case 'text':
      return inlineText(block.text, up)
    case 'list':
      return block.items
        .map((item, i) => {
          const mark = block.isOrdered ? `${i + 1}.` : block.isChecklist ? '- [ ]' : '-'
          return `${mark} ${inlineText(item, up)}`
        })
        .join('\n')
    case 'table': {
      const line = (cells: string[]) => `| ${cells.join(' | ')} |`
      const rows = block.rows.map((row) => line(row.map((cell) => inlineText(cell, up, true) || ' ')))
      return [line(block.head.map(escapeMarkdown)), line(block.head.map(() => '---')), ...rows].join('\n')
    }
    case 'code':
      return fenced(block.language, block.text)
    case 'drawing':
      return `![${escapeMarkdown(block.about)}](${block.name}.svg)\n\n<details><summary>The same as Mermaid</summary>\n\n${fenced('mermaid', block.mermaid)}\n\n</details>`
  }
}

function fenced(language: string, text: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map((m) => m[0].length))
  const fence = '`'.repeat(longest + 1)
  return `${fence}${language}\n${text}\n${fence}`
}

function inlineText(inline: Inline, up: string, isCell = false): string {
  return inline.map((part) => (typeof part === 'string' ? escapeMarkdown(part) : spanText(part, up, isCell))).join('')
}

function spanText(span: Span, up: string, isCell: boolean): string {
  switch (span.type) {
    case 'code': {
      const text = isCell ? span.text.replace(/\|/g, '\\|') : span.text
      const longest = Math.max(0, ...[...text.matchAll(/`+/g)].map((m) => m[0].length))
      const ticks = '`'.repeat(longest + 1)
      const pad = longest > 0 ? ' ' : ''
      return `${ticks}${pad}${text.replace(/\s*\n\s*/g, ' ')}${pad}${ticks}`
    }
    case 'strong':
      return `**${escapeMarkdown(span.text)}**`
    case 'link':
      return `[${escapeMarkdown(span.text)}](${/^[a-z]+:/.test(span.to) ? span.to : pageFile(span.to)})`
    case 'cite':
      return citeLink(span.cite, up)
  }
}

function pageFile(to: string): string {
  const [page, heading] = to.split('#')
  return `${page === 'overview' ? 'README' : page}.md${heading ? `#${heading}` : ''}`
}

function citeLink(cite: Cite, up: string): string {
  return `[${escapeMarkdown(cite.file)}:${cite.line}](${up}${cite.file}#L${cite.line})`
}

/** Text of people and manifests stays text: nothing in it becomes a link, a tag or an emphasis. */
function escapeMarkdown(text: string): string {
  return text
    .replace(/[\\`*_[\]<>|]/g, (c) => (c === '<' ? '&lt;' : c === '>' ? '&gt;' : `\\${c}`))
    .replace(/\s*\n\s*/g, ' ')
    .replace(/^(#|\+|-|\d+\.)(?=\s)/, '\\$1')
}
