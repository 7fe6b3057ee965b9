import { S3Error } from './s3-error.ts'

export type Xml = string | number | boolean | undefined | Xml[] | { [name: string]: Xml }

/** `{ A: { B: ['x', 'y'] } }` is `<A><B>x</B><B>y</B></A>`; what is undefined is left out. */
export function toXml(root: string, content: Xml): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n${element(root, content, ' xmlns="http://s3.amazonaws.com/doc/2006-03-01/"')}`
}
export function errorXml(content: Xml): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n${element('Error', content)}`
}

function element(name: string, content: Xml, attributes = ''): string {
  if (content === undefined) return ''
  if (Array.isArray(content)) return content.map((each) => element(name, each)).join('')
  const inner =
    typeof content === 'object'
      ? Object.entries(content)
          .map(([child, value]) => element(child, value))
          .join('')
      : escapeText(String(content))
  return `<${name}${attributes}>${inner}</${name}>`
}

function escapeText(text: string): string {
  // Control characters can stand in keys. Such an answer is no XML 1.0, as with S3: `encoding-type=url` avoids it.
  return text.replace(/[&<>"'\p{Cc}]/gu, (char) => ESCAPES[char] ?? `&#${char.codePointAt(0)};`)
}
const ESCAPES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&apos;' }

export interface Node {
  name: string
  text: string
  children: Node[]
}

const MAX_DEPTH = 8

/** The little that requests are made of: elements and text. Anything that could refer to something else is refused. */
export function parseXml(text: string): Node {
  const top: Node = { name: '', text: '', children: [] }
  const open = [top]
  const token = /<\?[^>]*\?>|<(\/?)([A-Za-z_][\w:.-]*)((?:\s[^<>]*?)?)(\/?)>|([^<]+)/y
  for (const source = text.replace(/^\ufeff/, ''); token.lastIndex < source.length; ) {
    const found = token.exec(source)
    const current = open.at(-1)
    if (!found || !current) throw new S3Error('MalformedXML')
    const [, slash, name, , isEmpty, plain] = found
    if (plain !== undefined) current.text += readText(plain)
    else if (name === undefined) continue
    else if (slash) {
      if (open.pop()?.name !== localName(name)) throw new S3Error('MalformedXML')
    } else {
      const node: Node = { name: localName(name), text: '', children: [] }
      current.children.push(node)
      if (!isEmpty) open.push(node)
      if (open.length > MAX_DEPTH) throw new S3Error('MalformedXML')
    }
  }
  const [root] = top.children
  if (open.length !== 1 || !root || top.children.length !== 1) throw new S3Error('MalformedXML')
  return root
}

export function childText(node: Node, name: string): string | undefined {
  return node.children.find((child) => child.name === name)?.text
}

const localName = (name: string) => name.slice(name.indexOf(':') + 1)

const NAMED: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }
function readText(text: string): string {
  return text.replace(/&([^;]{0,10};)?/g, (_, body: string | undefined) => {
    const name = body?.slice(0, -1) ?? ''
    const code = /^#x[0-9a-f]{1,6}$/i.test(name)
      ? Number.parseInt(name.slice(2), 16)
      : /^#\d{1,7}$/.test(name)
        ? Number(name.slice(1))
        : undefined
    const char = code === undefined ? NAMED[name] : code <= 0x10ffff ? String.fromCodePoint(code) : undefined
    if (char === undefined) throw new S3Error('MalformedXML')
    return char
  })
}
