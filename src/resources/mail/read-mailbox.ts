import { closeSync, constants, fstatSync, lstatSync, openSync, readSync } from 'node:fs'
import type { Address } from 'postal-mime'
import { codeOf, LandfallError } from '../../lib/error.ts'
import { findLinks } from './find-links.ts'
import { BOUNDS, type Envelope, indexFile, messageFile, messagesFolder, readLine } from './mailbox-format.ts'

// Reads what the server of a captured mailbox keeps, straight from its volume. All text in it comes from outside: whoever
// prints it must escape it. The folder belongs to another user, so nothing is read through a link.

export interface MessageLine extends Envelope {
  subject: string
}
export interface Message extends MessageLine {
  headers: { name: string; value: string }[]
  /** Of the headers, as `Name <address>`; the envelope may say something else. */
  sender: string
  text: string
  html: string
  /** Addresses that a reader could follow, in order. */
  links: string[]
  attachments: { name: string; type: string; sizeBytes: number }[]
}
export interface MessageQuery {
  /** Newest first; 50 where absent. */
  limit?: number
  /** Only for this recipient, whatever the case of its letters. */
  to?: string
  /** Only messages behind this one. */
  after?: number
}

const HEADER_BYTES = 64 * 1024

/** What is in the mailbox; an empty list where there is none yet. */
export async function listMessages(folder: string, query: MessageQuery = {}): Promise<MessageLine[]> {
  const { limit = 50, to, after = 0 } = query
  const wanted = readEnvelopes(folder).filter((e) => e.id > after && (!to || isFor(e, to)))
  const lines: MessageLine[] = []
  for (const envelope of wanted.reverse()) {
    if (lines.length >= limit) break
    const start = readMessage(folder, envelope.id, HEADER_BYTES)
    if (start) lines.push({ ...envelope, subject: (await parse(headOf(start))).subject ?? '' })
  }
  return lines
}

/** One message with all that a person would see of it. */
export async function showMessage(folder: string, id: number): Promise<Message> {
  const envelope = readEnvelopes(folder).find((e) => e.id === id)
  const bytes = envelope && readMessage(folder, id, BOUNDS.messageBytes)
  if (!bytes) {
    throw new LandfallError({ code: 'E_UNKNOWN_MESSAGE', message: `there is no message ${id}`, hint: 'landfall mail list' })
  }
  const mail = await parse(bytes)
  const { subject = '', text = '', html = '' } = mail
  return {
    ...envelope,
    subject,
    headers: mail.headers.map(({ originalKey, value }) => ({ name: originalKey, value })),
    sender: addressText(mail.from),
    text,
    html,
    links: findLinks(text, html),
    attachments: mail.attachments.map(({ filename, mimeType, content }) => ({
      name: filename ?? '',
      type: mimeType,
      sizeBytes: typeof content === 'string' ? content.length : content.byteLength,
    })),
  }
}

function isFor(envelope: Envelope, address: string): boolean {
  return envelope.to.some((each) => each.toLowerCase() === address.toLowerCase())
}

function readEnvelopes(folder: string): Envelope[] {
  const bytes = readPlainFile(indexFile(folder), BOUNDS.messages * 64 * 1024)
  if (!bytes) return []
  return bytes
    .toString('utf8')
    .split('\n')
    .flatMap((line) => readLine(line) ?? [])
}

function readMessage(folder: string, id: number, most: number): Buffer | undefined {
  const isPlain = lstatSync(messagesFolder(folder), { throwIfNoEntry: false })?.isDirectory()
  return isPlain ? readPlainFile(messageFile(folder, id), most) : undefined
}

/** The first `most` bytes of a file that is one; undefined where there is none, or something else. */
function readPlainFile(path: string, most: number): Buffer | undefined {
  let file: number
  try {
    file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  } catch (error) {
    if (['ENOENT', 'ELOOP', 'ENXIO', 'ENOTDIR'].includes(codeOf(error) ?? '')) return undefined
    throw error
  }
  try {
    const found = fstatSync(file)
    if (!found.isFile() || found.nlink > 1) return undefined
    const bytes = Buffer.alloc(Math.min(found.size, most))
    let read = 0
    while (read < bytes.length) {
      const more = readSync(file, bytes, read, bytes.length - read, read)
      if (more === 0) break
      read += more
    }
    return bytes.subarray(0, read)
  } finally {
    closeSync(file)
  }
}

/** Its headers alone: the rest need not be taken apart for a list. */
function headOf(bytes: Buffer): Buffer {
  const ends = [bytes.indexOf('\r\n\r\n'), bytes.indexOf('\n\n')].filter((at) => at >= 0)
  return ends.length > 0 ? bytes.subarray(0, Math.min(...ends) + 2) : bytes
}

async function parse(bytes: Buffer) {
  const { default: PostalMime } = await import('postal-mime')
  try {
    return await PostalMime.parse(bytes)
  } catch {
    // Parts in parts in parts: shown as nobody's program would show it, rather than not at all.
    return { headers: [], attachments: [], text: bytes.toString('utf8'), subject: '', html: '', from: undefined }
  }
}

function addressText(address: Address | undefined): string {
  if (!address) return ''
  if (address.group) return address.name
  return address.name ? `${address.name} <${address.address}>` : address.address
}
