import { escapeText as escapeHtml } from '../lib/escape-text.ts'
import { anchor, type Block, type Cite, type Inline, type Page, plain, type Span } from './blocks.ts'
import { SCRIPT, STYLE } from './html-look.ts'

/** All pages as one file that needs nothing else: readable offline, searchable, printable. `drawings` are SVG texts by name. */
export function toHtml(app: string, pages: Page[], drawings: Record<string, string>, up: string): string {
  const nav = pages.map((p) => `<li><a href="#${p.name}">${escapeHtml(p.title)}</a></li>`).join('')
  const body = pages.map((p) => section(p, drawings, up)).join('\n')
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(app)}: deployment guide</title>
<style>${STYLE}</style>
</head>
<body>
<a class="skip" href="#content">To the text</a>
<nav aria-label="Pages">
<p class="app">${escapeHtml(app)}</p>
<label for="search">Search</label>
<input id="search" type="search" autocomplete="off" placeholder="variable, command, failure…" aria-describedby="found">
<p id="found" role="status"></p>
<ul>${nav}</ul>
</nav>
<main id="content">
${body}
</main>
<script>${SCRIPT}</script>
</body>
</html>
`
}

function section(page: Page, drawings: Record<string, string>, up: string): string {
  const blocks = page.blocks.map((b) => blockText(b, page, drawings, up)).join('\n')
  return `<section id="${page.name}" aria-labelledby="${page.name}-title">\n<h1 id="${page.name}-title">${escapeHtml(page.title)}</h1>\n${blocks}\n</section>`
}

function blockText(block: Block, page: Page, drawings: Record<string, string>, up: string): string {
  const text = (inline: Inline) => inlineText(inline, up)
  switch (block.type) {
    case 'heading': {
      const cite = block.cite ? ` <small>${citeLink(block.cite, up)}</small>` : ''
      return `<h${block.level} id="${page.name}--${anchor(block.text)}">${escapeHtml(block.text)}${cite}</h${block.level}>`
    }
    case 'text':
      return `<p>${text(block.text)}</p>`
    case 'list': {
      const tag = block.isOrdered ? 'ol' : 'ul'
      const item = (inline: Inline) =>
        block.isChecklist
          ? `<li><label><input type="checkbox"> <span>${text(inline)}</span></label></li>`
          : `<li>${text(inline)}</li>`
      return `<${tag}${block.isChecklist ? ' class="checklist"' : ''}>${block.items.map(item).join('')}</${tag}>`
    }
    case 'table': {
      const head = block.head.map((h) => `<th scope="col">${escapeHtml(h)}</th>`).join('')
      const rows = block.rows.map((row) => `<tr>${row.map((cell) => `<td>${text(cell)}</td>`).join('')}</tr>`).join('')
      // A wide table scrolls inside its frame, also by keyboard.
      return `<div class="wide" tabindex="0" role="region" aria-label="Table: ${escapeHtml(block.head.join(', '))}"><table><thead><tr>${head}</tr></thead><tbody>${rows}</tbody></table></div>`
    }
    case 'code':
      return `<pre tabindex="0"><code>${escapeHtml(block.text)}</code></pre>`
    case 'drawing':
      return `<figure role="img" aria-label="${escapeHtml(block.about)}">${drawings[block.name] ?? ''}</figure>`
  }
}

function inlineText(inline: Inline, up: string): string {
  return inline.map((part) => (typeof part === 'string' ? escapeHtml(part) : spanText(part, up))).join('')
}

function spanText(span: Span, up: string): string {
  switch (span.type) {
    case 'code':
      return `<code>${escapeHtml(span.text)}</code>`
    case 'strong':
      return `<strong>${escapeHtml(span.text)}</strong>`
    case 'link': {
      const to = /^https?:/.test(span.to) ? span.to : `#${span.to.replace('#', '--')}`
      return `<a href="${escapeHtml(to)}">${escapeHtml(span.text)}</a>`
    }
    case 'cite':
      return citeLink(span.cite, up)
  }
}

function citeLink(cite: Cite, up: string): string {
  return `<a class="cite" href="${escapeHtml(`${up}${cite.file}`)}">${escapeHtml(plain([{ type: 'cite', cite }]))}</a>`
}
