import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { type Arbitrary, array, assert, asyncProperty, constantFrom, integer, oneof, property, string, tuple } from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ChunkedReader } from './chunked.ts'
import { defaultLimits } from './limits.ts'
import { Refusal, RequestHead, readRequestHead } from './request-head.ts'
import { readResponseHead } from './response-head.ts'

const read = (text: string, isTrusted = false) => {
  const bytes = Buffer.from(text, 'latin1')
  return readRequestHead(bytes, 0, bytes.length, defaultLimits, isTrusted)
}

/** Node's own strict parser, as somebody else's opinion. */
let seen: { method: string; url: string; headers: string[]; body: string }[] = []
const server = createServer({ insecureHTTPParser: false, maxHeaderSize: 64 * 1024 }, (request, response) => {
  let body = ''
  request.setEncoding('latin1').on('data', (part) => {
    body += part
  })
  request.on('end', () => {
    seen.push({ method: request.method ?? '', url: request.url ?? '', headers: request.rawHeaders, body })
    response.end()
  })
})
server.on('connect', (_, socket) => socket.destroy())
server.on('upgrade', (_, socket) => socket.destroy())
beforeAll(async () => {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
})
afterAll(() => void server.close())

async function asNodeReadsIt(text: string): Promise<typeof seen> {
  seen = []
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
  socket.on('error', () => {})
  socket.resume()
  socket.end(Buffer.from(text, 'latin1'))
  await once(socket, 'close')
  return seen
}

// Mostly right, so that many get through, each with the odd part that some server reads differently.
const mostly = <T>(right: Arbitrary<T>, odd: Arbitrary<T>) =>
  oneof({ weight: 12, arbitrary: right }, { weight: 1, arbitrary: odd })
const ends = mostly(constantFrom('\r\n'), constantFrom('\n', '\r', '\r\r\n', '\r\n ', '\0\r\n'))
const names = mostly(
  constantFrom('X-A', 'x-b', 'Content_Length', 'X-Forwarded-For', 'Connection', 'Trailer', 'Upgrade', 'Accept', 'Cookie', 'TE'),
  constantFrom(
    'Host',
    'Content-Length',
    'Transfer-Encoding',
    'Content-Length ',
    ' X-B',
    'X\0',
    '',
    'Transfer-Encoding\t',
    'Expect',
  ),
)
const blanks = constantFrom('', ' ', '\t', '  ')
const values = mostly(
  oneof(constantFrom('a', '5', 'close', 'keep-alive, x-a', 'upgrade', 'websocket', 'chunked', '', 'é'), string({ maxLength: 8 })),
  constantFrom(
    '5, 5',
    '+5',
    '0x5',
    'Chunked',
    'gzip, chunked',
    'identity',
    'chunked\x0b',
    '\x7f',
    '100-continue',
    '5\x00',
    '5 5',
  ),
)
const header = tuple(names, blanks, values, blanks, ends).map(
  ([name, before, value, after, end]) => `${name}:${before}${value}${after}${end}`,
)
const requestLine = tuple(
  mostly(constantFrom('GET', 'POST', 'OPTIONS', 'DELETE'), constantFrom('G ET', '')),
  mostly(constantFrom(' '), constantFrom('  ', '\t', '')),
  mostly(constantFrom('/', '/a?b', '/%00', '//', '/?a=/../b'), constantFrom('*', '/a b', 'http://a.example/x', '/\x80', '/a#b')),
  mostly(constantFrom(' HTTP/1.1'), constantFrom(' HTTP/1.0', ' HTTP/2.0', ' http/1.1', '', ' HTTP/1.1 ')),
  ends,
).map((parts) => parts.join(''))
const framing = mostly(
  constantFrom('', 'Content-Length: 5\r\n', 'Transfer-Encoding: chunked\r\n', 'content-length:21\r\n'),
  constantFrom(
    'Content-Length: 5\r\nTransfer-Encoding: chunked\r\n',
    'Content-Length: 05\r\n',
    'Content-Length: 5\r\nContent-Length: 5\r\n',
  ),
)
const body = constantFrom(
  '',
  'hello',
  '5\r\nhello\r\n0\r\n\r\n',
  '5\nhello\n0\n\n',
  '0\r\n\r\n',
  '5;x=y\r\nhello\r\n0\r\n\r\n',
  ' 5\r\nhello\r\n0\r\n\r\n',
)
const host = mostly(
  constantFrom('Host: a.example\r\n'),
  constantFrom('', 'Host: a.example \r\n', 'host:b:80\r\n', 'Host: a/b\r\n'),
)
const requests = tuple(requestLine, host, array(header, { maxLength: 4 }), framing, body).map(
  ([line, hostLine, headers, length, rest]) => `${line}${hostLine}${headers.join('')}${length}\r\n${rest}`,
)

test('what is let through, Node reads as one request too, with the same method, target and body', {
  timeout: 120_000,
}, async () => {
  let passed = 0
  await assert(
    asyncProperty(requests, async (text) => {
      const head = read(text)
      if (!(head instanceof RequestHead) || head.isWebSocket) return
      const bytes = Buffer.from(text, 'latin1')
      let end = head.end
      let content = ''
      if (head.length === -1) {
        const chunks = new ChunkedReader({ allowsExtensions: false, wantsSlices: true })
        end = chunks.feed(bytes, end, bytes.length)
        if (!chunks.isDone) return
        for (let i = 0; i < (chunks.slices?.length ?? 0); i += 2) {
          content += bytes.toString('latin1', chunks.slices?.[i], chunks.slices?.[i + 1])
        }
      } else {
        if (bytes.length < end + head.length) return
        content = bytes.toString('latin1', end, end + head.length)
        end += head.length
      }
      passed += 1
      // As it goes on to an instance, with a second request behind it.
      const hostLine = head.hasHostLine ? '' : 'host: a.example\r\n'
      const length = head.length === -1 ? 'transfer-encoding: chunked\r\n' : `content-length: ${head.length}\r\n`
      const forwarded = `${head.method} ${head.target} HTTP/1.1\r\n${hostLine}${head.lines}${length}\r\n${bytes.toString('latin1', head.end, end)}`
      const read2 = await asNodeReadsIt(`${forwarded}GET /second HTTP/1.1\r\nhost: a.example\r\nconnection: close\r\n\r\n`)
      expect(read2.map((r) => [r.method, r.url, r.body])).toEqual([
        [head.method, head.target, content],
        ['GET', '/second', ''],
      ])
      const names = (read2[0]?.headers ?? []).filter((_, i) => i % 2 === 0).map((name) => name.toLowerCase())
      for (const name of ['x-forwarded-for', 'content_length', 'connection', 'upgrade', 'trailer', 'expect'])
        expect(names).not.toContain(name)
    }),
    { numRuns: 6000 },
  )
  expect(passed).toBeGreaterThan(500)
})

test('a head is read the same however it is cut', () => {
  assert(
    property(requests, (text) => {
      const bytes = Buffer.from(text, 'latin1')
      const whole = readRequestHead(bytes, 0, bytes.length, defaultLimits, false)
      for (let cut = 1; cut < bytes.length; cut++) {
        const part = readRequestHead(bytes, 0, cut, defaultLimits, false)
        // Refused early or not decided yet; never let through as something else.
        if (part instanceof RequestHead) expect(part).toEqual(whole)
        else if (part instanceof Refusal) expect(whole).toBeInstanceOf(Refusal)
      }
    }),
    { numRuns: 2000 },
  )
})

test('chunks are found however they are cut', () => {
  const chunk = string({ minLength: 1, maxLength: 20 }).map((data) => {
    const bytes = Buffer.from(data)
    return Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n')])
  })
  assert(
    property(
      array(chunk, { maxLength: 5 }),
      constantFrom('', 'X-T: a\r\n', 'A: b\r\nC: d\r\n'),
      array(integer({ min: 1, max: 9 }), { minLength: 1 }),
      (chunks, trailers, cuts) => {
        const body = Buffer.concat([...chunks, Buffer.from(`0\r\n${trailers}\r\n`)])
        const stream = Buffer.concat([body, Buffer.from('GET /next')])
        const reader = new ChunkedReader({ allowsExtensions: false, wantsSlices: false })
        let at = 0
        for (let n = 0; !reader.isDone; n++) {
          const end = Math.min(stream.length, at + (cuts[n % cuts.length] ?? 1))
          at = reader.feed(stream, at, end)
          expect(reader.isBad).toBe(false)
        }
        expect(at).toBe(body.length)
      },
    ),
    { numRuns: 2000 },
  )
})

test('a component of ours may speak for others, a stranger may not', () => {
  const text =
    'GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 1.1.1.1\r\nForwarded: for=1.1.1.1\r\nX-Request-Id: abcdefgh\r\nA_B: c\r\n\r\n'
  const stranger = read(text)
  const component = read(text, true)
  if (!(stranger instanceof RequestHead) || !(component instanceof RequestHead)) throw new Error('both are fine requests')
  expect([stranger.lines, stranger.requestId]).toEqual(['Host: a\r\n', ''])
  expect([component.lines, component.requestId]).toEqual([
    'Host: a\r\nX-Forwarded-For: 1.1.1.1\r\nForwarded: for=1.1.1.1\r\n',
    'abcdefgh',
  ])
})

test('answers keep their lines, but for those of the connection', () => {
  const text =
    'HTTP/1.1 200 Fine\r\nServer: x\r\nConnection: keep-alive, X-Hop\r\nKeep-Alive: timeout=5\r\nX-Hop: 1\r\nSet-Cookie: a\r\nSet-Cookie: b\r\nContent-Length: 3\r\n\r\nabc'
  const bytes = Buffer.from(text)
  const head = readResponseHead(bytes, 0, bytes.length, 65536)
  expect(head).toMatchObject({
    status: 200,
    reason: ' Fine',
    lines: 'Server: x\r\nSet-Cookie: a\r\nSet-Cookie: b\r\n',
    length: 3,
    keepMs: 5000,
    isKeptAlive: true,
    end: bytes.length - 3,
  })
})
