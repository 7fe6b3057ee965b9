import { CR, LF, SPACE, TARGET, TOKEN, text, UNDERSCORE } from './bytes.ts'
import { BAD, LAST, line, MORE, readHeaderLine, withoutLines } from './header-line.ts'
import type { Limits } from './limits.ts'

/** A request's head, as far as it concerns us; `lines` are the header lines that go on as they are. */
export class RequestHead {
  method = ''
  /** Path and query. */
  target = ''
  isHttp10 = false
  /** Of the Host header, or of an absolute target; empty where an HTTP/1.0 client sent none. */
  host = ''
  /** Whether `lines` holds the Host header. */
  hasHostLine = false
  /** Length of the body; -1 where it is chunked. */
  length = 0
  isKeptAlive = true
  isWebSocket = false
  expectsContinue = false
  /** The client's own, where its word counts. */
  requestId = ''
  lines = ''
  /** Index behind the empty line. */
  end = 0
}
export class Refusal {
  readonly status: number
  readonly why: string
  constructor(status: number, why: string) {
    this.status = status
    this.why = why
  }
}
const bad = (why: string) => new Refusal(400, why)
const BAD_LINE = bad('the request line is malformed')
const BAD_HEADER = bad('a header line is malformed')
const BAD_HOST = bad('there must be exactly one Host header, and it must be a name or an address')
const BAD_LENGTH = bad('the length of the body is not clear')
const BAD_TARGET = bad('the request target is malformed')
const BAD_VERSION = new Refusal(505, 'only HTTP/1.1 and HTTP/1.0 are spoken here')
const BAD_EXPECT = new Refusal(417, 'only `100-continue` can be expected')
const LONG_URL = new Refusal(414, 'the URL is too long')
const LARGE_HEAD = new Refusal(431, 'the headers are too large')
const BIG_BODY = new Refusal(413, 'the body is too large')
const NO_METHOD = new Refusal(405, 'this method is not served here')

// First letter (lower case) -> bit set of the lengths of the names below: most headers are none of them, and one look says so.
const lengths = new Uint32Array(256)
const names = ['connection', 'content-length', 'expect', 'forwarded', 'host', 'http2-settings', 'keep-alive', 'proxy']
names.push(
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'x-real-ip',
  'x-request-id',
)
names.push('x-original-url', 'x-rewrite-url')
for (const name of names) lengths[name.charCodeAt(0)]! |= 1 << name.length
for (let length = 12; length < 32; length++) lengths[0x78]! |= 1 << length // x-forwarded-*

const HOST = /^(?:[a-z0-9._-]{1,253}|\[[0-9a-f:.]{2,45}\])(?::\d{1,5})?$/i
const ABSOLUTE = /^https?:\/\/([^/?]+)(.*)$/i

/**
 * Undefined while the empty line is not there yet. `isTrusted`: the client is a component of ours, so what it says about whom it
 * speaks for goes on; a stranger's word on that is dropped.
 */
export function readRequestHead(
  bytes: Buffer,
  start: number,
  end: number,
  limits: Limits,
  isTrusted: boolean,
): RequestHead | Refusal | undefined {
  let i = start
  while (i < end && TOKEN[bytes[i]!] !== 0) i += 1
  if (i - start > 24) return BAD_LINE
  if (i === end) return undefined
  if (bytes[i] !== SPACE || i === start) return BAD_LINE
  const head = new RequestHead()
  head.method = text(bytes, start, i)

  const targetAt = i + 1
  i = targetAt
  while (i < end && TARGET[bytes[i]!] === 1) i += 1
  if (i - targetAt > limits.urlBytes) return LONG_URL
  if (i === end) return undefined
  if (bytes[i] !== SPACE || i === targetAt) return BAD_LINE
  head.target = text(bytes, targetAt, i)
  const version = readVersion(bytes, i + 1, end)
  if (version === undefined || version instanceof Refusal) return version
  head.isHttp10 = version === 0
  i += 11

  return readHeaders(head, bytes, start, i, end, limits, isTrusted)
}

function readVersion(bytes: Buffer, at: number, end: number): 0 | 1 | Refusal | undefined {
  if (end - at < 10) {
    for (let i = at; i < end; i++) if (bytes[i] === LF && bytes[i - 1] !== CR) return BAD_LINE
    return undefined
  }
  if (bytes[at + 8] !== CR || bytes[at + 9] !== LF) return BAD_LINE
  const version = text(bytes, at, at + 8)
  if (version === 'HTTP/1.1') return 1
  if (version === 'HTTP/1.0') return 0
  return /^HTTP\/\d\.\d$/.test(version) ? BAD_VERSION : BAD_LINE
}

function readHeaders(
  head: RequestHead,
  bytes: Buffer,
  start: number,
  from: number,
  end: number,
  limits: Limits,
  isTrusted: boolean,
): RequestHead | Refusal | undefined {
  let i = from
  let keptFrom = from
  let count = 0
  let hosts = 0
  let length = -1
  let isChunked = false
  let nominated: string[] | undefined
  let saysClose = false
  let saysKeep = false
  let saysUpgrade = false
  let upgrade = ''
  for (;;) {
    const kind = readHeaderLine(bytes, i, end)
    if (kind === LAST) break
    if (kind === BAD) return BAD_HEADER
    if (kind === MORE) return end - start > limits.headBytes ? LARGE_HEAD : undefined
    if (++count > limits.headers || line.next - start > limits.headBytes) return LARGE_HEAD
    const nameLength = line.nameEnd - i
    // `X_Forwarded_For` and `X-Forwarded-For` are one variable to many an app: only the second can be told to be honest.
    let isKept = (line.flags & UNDERSCORE) === 0
    if (nameLength < 32 && (lengths[bytes[i]! | 0x20]! & (1 << nameLength)) !== 0) {
      const name = text(bytes, i, line.nameEnd).toLowerCase()
      switch (name) {
        case 'host':
          hosts += 1
          head.host = text(bytes, line.valueStart, line.valueEnd)
          break
        case 'connection': {
          isKept = false
          const value = text(bytes, line.valueStart, line.valueEnd).toLowerCase()
          for (const token of value.split(',')) {
            const option = token.trim()
            if (option === 'close') saysClose = true
            else if (option === 'keep-alive') saysKeep = true
            else if (option === 'upgrade') saysUpgrade = true
            else if (option !== '' && option !== 'host') nominated = [...(nominated ?? []), option]
          }
          break
        }
        case 'content-length': {
          isKept = false
          const value = text(bytes, line.valueStart, line.valueEnd)
          if (length !== -1 || !/^\d{1,15}$/.test(value)) return BAD_LENGTH
          length = Number(value)
          break
        }
        case 'transfer-encoding': {
          isKept = false
          if (isChunked || text(bytes, line.valueStart, line.valueEnd).toLowerCase() !== 'chunked') return BAD_LENGTH
          isChunked = true
          break
        }
        case 'expect':
          isKept = false
          if (text(bytes, line.valueStart, line.valueEnd).toLowerCase() !== '100-continue') return BAD_EXPECT
          head.expectsContinue = true
          break
        case 'upgrade':
          isKept = false
          upgrade = text(bytes, line.valueStart, line.valueEnd).toLowerCase()
          break
        case 'x-request-id':
          isKept = false
          if (isTrusted) head.requestId = text(bytes, line.valueStart, line.valueEnd)
          break
        case 'forwarded':
        case 'x-real-ip':
        case 'x-original-url':
        case 'x-rewrite-url':
          isKept &&= isTrusted
          break
        default:
          if (name.startsWith('x-')) isKept &&= isTrusted || !name.startsWith('x-forwarded-')
          else isKept &&= !names.includes(name)
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
  if (nominated) head.lines = withoutLines(head.lines, nominated)

  if (isChunked && (length !== -1 || head.isHttp10)) return BAD_LENGTH
  if (length > limits.bodyBytes) return BIG_BODY
  head.length = isChunked ? -1 : Math.max(length, 0)
  head.isKeptAlive = head.isHttp10 ? saysKeep && !saysClose : !saysClose
  head.isWebSocket =
    saysUpgrade && upgrade === 'websocket' && head.method === 'GET' && head.length === 0 && !isChunked && !head.isHttp10
  if (!/^[\w.-]{8,128}$/.test(head.requestId)) head.requestId = ''
  if (hosts > 1 || (hosts === 0 && !head.isHttp10) || (hosts === 1 && !HOST.test(head.host))) return BAD_HOST
  head.hasHostLine = hosts === 1
  return head.target.charCodeAt(0) === 0x2f ? checkMethod(head) : readTarget(head)
}

function checkMethod(head: RequestHead): RequestHead | Refusal {
  return head.method === 'TRACE' || head.method === 'CONNECT' ? NO_METHOD : head
}

/** The rarer forms: `http://host/path`, whose host wins over the header, and `*`. */
function readTarget(head: RequestHead): RequestHead | Refusal {
  if (head.method === 'CONNECT') return NO_METHOD
  if (head.target === '*') return head.method === 'OPTIONS' ? head : BAD_TARGET
  const match = ABSOLUTE.exec(head.target)
  if (!match || !HOST.test(match[1]!)) return BAD_TARGET
  head.host = match[1]!
  head.lines = withoutLines(head.lines, ['host'])
  head.hasHostLine = false
  const rest = match[2]!
  head.target = rest.startsWith('/') ? rest : `/${rest}`
  return checkMethod(head)
}
