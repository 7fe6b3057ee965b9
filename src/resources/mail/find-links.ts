const MOST = 200
const MAX_CHARS = 2 * 1024 * 1024
const MAX_LINK = 2048
const MAX_TAG = 16 * 1024

/**
 * Web addresses that a reader could follow: of the links in the HTML, and of the plain text. Each once, in order. The time it
 * takes grows with the length of the message and with nothing else that somebody could put into it.
 */
export function findLinks(text: string, html: string): string[] {
  const inHtml = html.slice(0, MAX_CHARS).split('<').flatMap(linkOfTag)
  const inText = [...text.slice(0, MAX_CHARS).matchAll(/\bhttps?:\/\/[^\s<>"'\p{Cc}]+/giu)].map(([link]) => withoutEnd(link))
  return [...new Set([...inHtml, ...inText].filter(isWeb))].slice(0, MOST)
}

/** Of the text between two `<`: the tag ends at the first `>` outside of quotes. */
function linkOfTag(text: string): string[] {
  const tag = /^a\s(?:[^"'>]+|"[^"]*"|'[^']*')*/i.exec(text.slice(0, MAX_TAG))?.[0]
  const found = tag && /\shref\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))/i.exec(tag)
  if (!found) return []
  const link = found[1] ?? found[2] ?? found[3]
  return link === undefined || link.length > MAX_LINK ? [] : [unescapeHtml(link.trim())]
}

/** What ends a sentence does not belong to the address; a closing bracket does where it has an opening one. */
function withoutEnd(link: string): string {
  let end = link.slice(0, MAX_LINK)
  for (;;) {
    const last = end.at(-1) ?? ''
    const isBracket = (last === ')' && !end.includes('(')) || (last === ']' && !end.includes('['))
    if (!isBracket && !'.,;:!?*_…'.includes(last || ' ')) return end
    end = end.slice(0, -1)
  }
}

function isWeb(link: string): boolean {
  return URL.canParse(link) && /^https?:$/.test(new URL(link).protocol)
}

const NAMED: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }
function unescapeHtml(text: string): string {
  return text.replace(/&(?:#x([0-9a-f]{1,6})|#(\d{1,7})|(amp|lt|gt|quot|apos));/gi, (whole, hex, decimal, name) => {
    if (name) return NAMED[String(name).toLowerCase()] ?? whole
    const code = hex ? Number.parseInt(hex, 16) : Number(decimal)
    return code <= 0x10ffff ? String.fromCodePoint(code) : whole
  })
}
