import { CR, LF, text, VALUE } from './bytes.ts'
import { BAD, LAST, line, MORE, readHeaderLine, withoutLines } from './header-line.ts'

export class ResponseHead {
  status = 0
  reason = ''
  /** Header lines that go on as they are. */
  lines = ''
  /** -1 where it is not told. */
  length = -1
  isChunked = false
  isKeptAlive = true
  /** What the instance says about how long it keeps an idle connection; 0 where it says nothing. */
  keepMs = 0
  hasDate = false
  upgrade = ''
  isEventStream = false
  end = 0
}

const lengths = new Uint32Array(256)
const names = ['connection', 'content-length', 'content-type', 'date', 'keep-alive', 'proxy-connection', 'te']
names.push('transfer-encoding', 'upgrade', 'x-request-id')
for (const name of names) lengths[name.charCodeAt(0)]! |= 1 << name.length

/** Undefined while it is not whole; a text says what is wrong with it. */
export function readResponseHead(bytes: Buffer, start: number, end: number, maxBytes: number): ResponseHead | string | undefined {
  if (end - start < 14) return startsLikeHttp(bytes, start, end) ? undefined : 'it does not speak HTTP'
  if (!startsLikeHttp(bytes, start, end)) return 'it does not speak HTTP'
  const minor = bytes[start + 7]! - 48
  const status = digits(bytes, start + 9)
  if ((minor !== 0 && minor !== 1) || bytes[start + 8] !== 32 || status < 100 || status > 599)
    return 'its status line is malformed'
  let i = start + 12
  while (i < end && VALUE[bytes[i]!] === 1) i += 1
  if (i + 1 >= end) return i < end && bytes[i] !== CR ? 'its status line is malformed' : tooLarge(start, end, maxBytes)
  if (bytes[i] !== CR || bytes[i + 1] !== LF) return 'its status line is malformed'
  const head = new ResponseHead()
  head.status = status
  head.reason = text(bytes, start + 12, i)
  i += 2

  let keptFrom = i
  let nominated: string[] | undefined
  let saysKeep = false
  for (;;) {
    const kind = readHeaderLine(bytes, i, end)
    if (kind === LAST) break
    if (kind === BAD) return 'one of its header lines is malformed'
    if (kind === MORE) return tooLarge(start, end, maxBytes)
    const nameLength = line.nameEnd - i
    let isKept = true
    if (nameLength < 32 && (lengths[bytes[i]! | 0x20]! & (1 << nameLength)) !== 0) {
      const name = text(bytes, i, line.nameEnd).toLowerCase()
      const value = text(bytes, line.valueStart, line.valueEnd)
      switch (name) {
        case 'content-length':
          isKept = false
          if (!/^\d{1,15}$/.test(value) || (head.length !== -1 && head.length !== Number(value))) {
            return 'its Content-Length is malformed'
          }
          head.length = Number(value)
          break
        case 'transfer-encoding':
          isKept = false
          if (head.isChunked || value.toLowerCase() !== 'chunked') return 'its Transfer-Encoding is not `chunked`'
          head.isChunked = true
          break
        case 'connection':
          isKept = false
          for (const token of value.toLowerCase().split(',')) {
            const option = token.trim()
            if (option === 'close') head.isKeptAlive = false
            else if (option === 'keep-alive') saysKeep = true
            else if (option !== '' && option !== 'upgrade') nominated = [...(nominated ?? []), option]
          }
          break
        case 'keep-alive': {
          isKept = false
          const timeout = /(?:^|[,\s])timeout=(\d{1,6})/i.exec(value)
          if (timeout) head.keepMs = Number(timeout[1]) * 1000
          break
        }
        case 'upgrade':
          isKept = false
          head.upgrade = value.toLowerCase()
          break
        case 'date':
          head.hasDate = true
          break
        case 'content-type':
          head.isEventStream = value.startsWith('text/event-stream')
          break
        case 'te':
        case 'proxy-connection':
        case 'x-request-id':
          isKept = false
          break
      }
    }
    if (!isKept) {
      if (keptFrom < i) head.lines += text(bytes, keptFrom, i)
      keptFrom = line.next
    }
    i = line.next
  }
  if (keptFrom < i) head.lines += text(bytes, keptFrom, i)
  head.end = line.next
  if (head.end - start > maxBytes) return 'its headers are too large'
  if (nominated) head.lines = withoutLines(head.lines, nominated)
  if (minor === 0 && !saysKeep) head.isKeptAlive = false
  if (head.isChunked && head.length !== -1) {
    // Chunks win by the standard, but nothing that comes behind such an answer is believed.
    head.length = -1
    head.isKeptAlive = false
  }
  return head
}

function tooLarge(start: number, end: number, maxBytes: number): string | undefined {
  return end - start > maxBytes ? 'its headers are too large' : undefined
}

const HTTP = Buffer.from('HTTP/1.')
function startsLikeHttp(bytes: Buffer, start: number, end: number): boolean {
  const length = Math.min(HTTP.length, end - start)
  for (let i = 0; i < length; i++) if (bytes[start + i] !== HTTP[i]) return false
  return true
}

function digits(bytes: Buffer, at: number): number {
  let value = 0
  for (let i = at; i < at + 3; i++) {
    const digit = bytes[i]! - 48
    if (digit < 0 || digit > 9) return -1
    value = value * 10 + digit
  }
  return value
}
