const MOST = 256 * 1024

/** What a person would read of a mail that has only HTML: no markup, no styles, no scripts. Linear in the length of its text. */
export function plainOf(html: string): string {
  let text = ''
  let hidden = ''
  for (const piece of html.slice(0, MOST).split('<')) {
    const [, closing = '', name = ''] = /^(\/?)([a-z][a-z0-9]*)/i.exec(piece) ?? []
    const tag = name.toLowerCase()
    const isMarkup = name !== '' || piece.startsWith('!') || piece.startsWith('?')
    const end = isMarkup ? piece.indexOf('>') : -1
    const rest = isMarkup ? (end < 0 ? '' : piece.slice(end + 1)) : text === '' ? piece : `<${piece}`
    if (hidden !== '') {
      if (closing && tag === hidden) hidden = ''
      else continue
    } else if (!closing && HIDDEN.has(tag)) {
      hidden = tag
      continue
    }
    if (LINES.has(tag)) text += '\n'
    text += rest
  }
  return withoutEntities(text)
    .replace(/[ \t\r\u00a0]+/g, ' ')
    .replace(/ ?\n ?/g, '\n')
    .replace(/\n{3,}/g, '\n\n')
    .trim()
}

const HIDDEN = new Set(['style', 'script', 'head', 'title'])
const LINES = new Set(['br', 'p', 'div', 'tr', 'li', 'ul', 'ol', 'table', 'h1', 'h2', 'h3', 'h4', 'h5', 'h6', 'hr', 'blockquote'])
const NAMED: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: ' ' }

function withoutEntities(text: string): string {
  return text.replace(/&(?:#x([0-9a-f]{1,6})|#(\d{1,7})|(amp|lt|gt|quot|apos|nbsp));/gi, (whole, hex, decimal, name) => {
    if (name) return NAMED[String(name).toLowerCase()] ?? whole
    const code = hex ? Number.parseInt(hex, 16) : Number(decimal)
    return code <= 0x10ffff ? String.fromCodePoint(code) : whole
  })
}
