import { createHash } from 'node:crypto'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3'
import { expect, test } from 'vitest'
import { EMPTY_SHA256, hmac, scopeText, sha256, signingKey, timeText } from '../sigv4.ts'
import { openChecksum } from './checksums.ts'
import { BUCKET, KEYS, raw, S3Bench, send, sign } from './s3.harness.ts'
import { unframe } from './unframe.ts'

// What no SDK sends, or not this one: requests by hand.
const path = `/${BUCKET}/x`
const SCOPE = { day: '20130524', region: 'us-east-1' }

function crc32(data: string | Buffer): string {
  const checksum = openChecksum('crc32')
  checksum.update(Buffer.from(data))
  return checksum.digest()
}
async function textOf(bench: S3Bench, key = 'x'): Promise<string> {
  const { Body } = await bench.client().send(new GetObjectCommand({ Bucket: BUCKET, Key: key }))
  return Body!.transformToString()
}

test('checksums are those of their definitions', () => {
  const of = (algorithm: Parameters<typeof openChecksum>[0]) => {
    const checksum = openChecksum(algorithm)
    for (const part of ['1234', '', '56789']) checksum.update(Buffer.from(part))
    return Buffer.from(checksum.digest(), 'base64').toString('hex')
  }
  expect([of('crc32'), of('crc32c'), of('crc64nvme')]).toEqual(['cbf43926', 'e3069283', 'ae8b14860a799888'])
  expect(of('sha1')).toBe(createHash('sha1').update('123456789').digest('hex'))
})

test('chunks that are signed one after the other are those of the manual', async () => {
  // "Signature Calculations for the Authorization Header: Transferring Payload in Multiple Chunks".
  const chain = {
    key: signingKey('wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY', SCOPE),
    time: '20130524T000000Z',
    scope: SCOPE,
    signature: '4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9',
  }
  const framed = (tail: string) =>
    [
      `10000;chunk-signature=ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648\r\n${'a'.repeat(65_536)}\r\n`,
      `400;chunk-signature=0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497\r\n${tail}\r\n`,
      '0;chunk-signature=b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9\r\n\r\n',
    ].join('')
  const take = async (text: string, size: number) => {
    const pieces = Array.from({ length: Math.ceil(text.length / size) }, (_, i) =>
      Buffer.from(text.slice(i * size, (i + 1) * size)),
    )
    const source = (async function* () {
      yield* pieces
    })()
    let length = 0
    for await (const piece of unframe(source, chain)) length += piece.length
    return length
  }
  for (const size of [1, 7, 1000, 1_000_000]) expect(await take(framed('a'.repeat(1024)), size), `${size}`).toBe(66_560)
  await expect(take(framed(`${'a'.repeat(1023)}b`), 1000)).rejects.toMatchObject({ code: 'SignatureDoesNotMatch' })
})

test('a body of signed chunks with a signed trailer is taken, and refused where anything in it was changed', async () => {
  const bench = await S3Bench.start()
  const payload = 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER'
  const at = new Date(bench.now())
  const scope = { day: timeText(at).slice(0, 8), region: 'us-east-1' }
  const key = signingKey(KEYS.secretAccessKey, scope)
  const headers = {
    'x-amz-decoded-content-length': '10',
    'x-amz-trailer': 'x-amz-checksum-crc32',
    'content-encoding': 'aws-chunked',
  }
  const attempt = async (change: (body: string) => string) => {
    let last = sign(bench, { method: 'PUT', path, headers, payload, at }).signature
    const next = (what: string, digests: string[]) => {
      last = hmac(key, [`AWS4-HMAC-SHA256-${what}`, timeText(at), scopeText(scope), last, ...digests].join('\n')).toString('hex')
      return last
    }
    const chunk = (data: string) =>
      `${data.length.toString(16)};chunk-signature=${next('PAYLOAD', [EMPTY_SHA256, sha256(data)])}\r\n${data}${data && '\r\n'}`
    const trailer = `x-amz-checksum-crc32:${crc32('hello12345')}`
    const framed = `${chunk('hello')}${chunk('12345')}${chunk('')}${trailer}\r\nx-amz-trailer-signature:${next('TRAILER', [sha256(`${trailer}\n`)])}\r\n\r\n`
    return raw(bench, { method: 'PUT', path, headers, payload, at, body: change(framed) })
  }
  expect((await attempt((body) => body)).status).toBe(200)
  expect(await textOf(bench)).toBe('hello12345')
  expect((await attempt((body) => body.replace('12345', '12346'))).code).toBe('SignatureDoesNotMatch')
  expect((await attempt((body) => body.replace('x-amz-trailer-signature:', 'x-amz-trailer-signature:0'))).code).toBe(
    'SignatureDoesNotMatch',
  )
  expect((await attempt((body) => body.replace(/;chunk-signature=\w+/, ''))).code).toBe('SignatureDoesNotMatch')
  expect((await attempt((body) => body.slice(0, -40))).code).toBe('IncompleteBody')
  expect(await textOf(bench)).toBe('hello12345')
  expect(bench.files()).toHaveLength(1)
})

test('framing that is not what it says is refused, and leaves nothing', async () => {
  const bench = await S3Bench.start()
  const put = (body: string, length = '5', trailer = 'x-amz-checksum-crc32') =>
    raw(bench, {
      method: 'PUT',
      path,
      payload: 'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
      headers: { 'x-amz-decoded-content-length': length, 'content-encoding': 'aws-chunked,gzip', 'x-amz-trailer': trailer },
      body,
    })
  const sum = crc32('hello')
  const right = `5\r\nhello\r\n0\r\nx-amz-checksum-crc32:${sum}\r\n\r\n`
  for (const [body, code, length] of [
    [right.replace('hello', 'hallo'), 'BadDigest'],
    [right.replace(sum, 'AAAAAA=='), 'BadDigest'],
    [right.replace(sum, 'no checksum'), 'InvalidRequest'],
    [right.replace(/x-amz-checksum-crc32:.*\r\n/, ''), 'MalformedTrailerError'],
    [right.replace('5\r\n', '6\r\n'), 'IncompleteBody'],
    [right.replace('5\r\n', '4\r\n'), 'IncompleteBody'],
    [right.replace('5\r\n', 'ffffffff\r\n'), 'IncompleteBody'],
    [right.replace('5\r\n', '-5\r\n'), 'IncompleteBody'],
    [right.replace('5\r\n', `${'0'.repeat(20_000)}5\r\n`), 'IncompleteBody'],
    [`${right}more`, 'IncompleteBody'],
    [right.slice(0, -2), 'IncompleteBody'],
    ['', 'IncompleteBody'],
    [right, 'IncompleteBody', '6'],
    [right, 'IncompleteBody', '4'],
    [right, 'InvalidArgument', '-5'],
    [right, 'EntityTooLarge', `${6 * 1024 ** 3}`],
  ] as const) {
    const answer = await put(body, length)
    expect(answer.code, JSON.stringify(body.slice(0, 60))).toBe(code)
  }
  expect(bench.files()).toEqual([])
  expect((await put(right)).status).toBe(200)
  const got = await raw(bench, { path })
  expect([got.body, got.headers['content-encoding']]).toEqual(['hello', 'gzip'])
  expect(bench.said).toEqual([])
})

test('a body is the one that was signed, and the one that its digests say', async () => {
  const bench = await S3Bench.start()
  const put = (headers: Record<string, string>, more = {}) => raw(bench, { method: 'PUT', path, body: 'hello', headers, ...more })
  const md5 = createHash('md5').update('hello').digest('base64')
  expect((await put({ 'content-md5': md5 })).status).toBe(200)
  expect((await put({ 'content-md5': createHash('md5').update('hallo').digest('base64') })).code).toBe('BadDigest')
  expect((await put({ 'content-md5': 'x' })).code).toBe('InvalidDigest')
  expect((await put({}, { payload: sha256('hallo') })).code).toBe('XAmzContentSHA256Mismatch')
  expect((await put({}, { payload: 'UNSIGNED-PAYLOAD' })).status).toBe(200)
  expect((await put({}, { payload: 'something' })).code).toBe('InvalidArgument')
  expect((await put({ 'x-amz-checksum-crc32': crc32('hello') })).status).toBe(200)
  expect((await put({ 'x-amz-checksum-crc32': crc32('hallo') })).code).toBe('BadDigest')
  expect((await put({ 'x-amz-checksum-crc32': crc32('hello'), 'x-amz-checksum-sha1': 'x' })).code).toBe('InvalidRequest')
})

test('a header that changes what is meant must be signed', async () => {
  const bench = await S3Bench.start()
  await raw(bench, { method: 'PUT', path, body: 'hello' })
  const added = await raw(bench, { method: 'PUT', path: `/${BUCKET}/y`, unsigned: { 'x-amz-copy-source': `${BUCKET}/x` } })
  expect([added.status, added.code, added.body]).toEqual([
    403,
    'AccessDenied',
    expect.stringContaining('x-amz-copy-source was not signed'),
  ])
  const at = new Date(bench.now())
  const headers = { 'x-amz-date': timeText(at), 'x-amz-content-sha256': EMPTY_SHA256 }
  const authorization = `AWS4-HMAC-SHA256 Credential=${KEYS.accessKeyId}/${timeText(at).slice(0, 8)}/us-east-1/s3/aws4_request, SignedHeaders=x-amz-content-sha256;x-amz-date, Signature=${'0'.repeat(64)}`
  expect((await send(bench, { path, headers: { ...headers, authorization } })).body).toContain('The host must be signed')
})

test('a request that is too old or too new, or of another day than its key, is refused', async () => {
  const bench = await S3Bench.start()
  const at = (minutes: number) => raw(bench, { path: `/${BUCKET}`, at: new Date(bench.now() + minutes * 60_000) })
  expect([(await at(14)).status, (await at(-14)).status]).toEqual([200, 200])
  expect([(await at(16)).code, (await at(-16)).code]).toEqual(['RequestTimeTooSkewed', 'RequestTimeTooSkewed'])
  bench.now = () => Date.parse('2026-03-01T00:05:00Z')
  const answer = await raw(bench, {
    path: `/${BUCKET}`,
    at: new Date('2026-02-28T23:55:00Z'),
    headers: { 'x-amz-date': '20260301T000100Z' },
  })
  expect(answer.code).toBe('AuthorizationHeaderMalformed')
})

test('an address that is signed in the old way is refused with the reason', async () => {
  const bench = await S3Bench.start()
  const answer = await send(bench, { path: `${path}?AWSAccessKeyId=${KEYS.accessKeyId}&Signature=abc&Expires=99999999999` })
  expect([answer.status, answer.code, answer.body]).toEqual([400, 'InvalidRequest', expect.stringContaining('s3v4')])
})

test.each([
  ['nothing', {}, 'AccessDenied'],
  ['an old form', { authorization: 'AWS landfall-media:abc' }, 'AuthorizationHeaderMalformed'],
  [
    'another service',
    {
      authorization: `AWS4-HMAC-SHA256 Credential=a/20260101/us-east-1/ec2/aws4_request, SignedHeaders=host, Signature=${'0'.repeat(64)}`,
    },
    'AuthorizationHeaderMalformed',
  ],
  [
    'a short signature',
    { authorization: 'AWS4-HMAC-SHA256 Credential=a/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=00' },
    'AuthorizationHeaderMalformed',
  ],
  [
    'no date',
    {
      authorization: `AWS4-HMAC-SHA256 Credential=a/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=${'0'.repeat(64)}`,
      date: 'yesterday',
    },
    'AccessDenied',
  ],
  ['a bearer', { authorization: 'Bearer abc' }, 'AuthorizationHeaderMalformed'],
])('a claim that is %s gives no access', async (_, headers, code) => {
  const bench = await S3Bench.start()
  expect((await send(bench, { path, headers: headers as Record<string, string> })).code).toBe(code)
})

test.each([
  ['twice the same', (q: string) => `${q}&X-Amz-Expires=60`, 'AuthorizationQueryParametersError'],
  ['without an end', (q: string) => q.replace(/&X-Amz-Expires=\d+/, ''), 'AuthorizationQueryParametersError'],
  ['longer than a week', (q: string) => q.replace(/Expires=\d+/, 'Expires=604801'), 'AuthorizationQueryParametersError'],
  ['for no time', (q: string) => q.replace(/Expires=\d+/, 'Expires=0'), 'AuthorizationQueryParametersError'],
  ['with a negative time', (q: string) => q.replace(/Expires=\d+/, 'Expires=-1'), 'AuthorizationQueryParametersError'],
  ['without a signature', (q: string) => q.replace(/&X-Amz-Signature=\w+/, ''), 'AuthorizationQueryParametersError'],
])('a signed address %s gives no access', async (_, change, code) => {
  const bench = await S3Bench.start()
  const day = timeText(new Date()).slice(0, 8)
  const credential = encodeURIComponent(`${KEYS.accessKeyId}/${day}/us-east-1/s3/aws4_request`)
  const query = `X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=${credential}&X-Amz-Date=${timeText(new Date())}&X-Amz-Expires=60&X-Amz-SignedHeaders=host&X-Amz-Signature=${'0'.repeat(64)}`
  expect((await send(bench, { path: `${path}?${query}` })).code).toBe('SignatureDoesNotMatch')
  expect((await send(bench, { path: `${path}?${change(query)}` })).code).toBe(code)
})

test('paths that are not understood are refused, and no path leads to a file', async () => {
  const bench = await S3Bench.start()
  for (const bad of ['/media/%', '/media/%ff', '/media/%zz', '/%c3%28/x', '//x']) {
    expect((await raw(bench, { path: bad })).code, bad).toBe('InvalidURI')
  }
  expect((await raw(bench, { path: 'http://other.example/media/x' })).code).toBe('InvalidURI')
  for (const odd of ['/media/../../etc/passwd', '/media/..%2f..%2fetc%2fpasswd', '/media/catalog.db', '/media/%00']) {
    expect((await raw(bench, { path: odd })).code, odd).toBe('NoSuchKey')
  }
})

test('XML that is not what it should be is refused, without being expanded', async () => {
  const bench = await S3Bench.start()
  const post = (body: string) => raw(bench, { method: 'POST', path: `/${BUCKET}`, query: [['delete', '']], body })
  const object = '<Object><Key>x</Key></Object>'
  for (const body of [
    '',
    'hello',
    '<Delete>',
    '<Delete></Delet>',
    '<Delete/><Delete/>',
    '<Delete></Delete>',
    '<Other><Object><Key>x</Key></Object></Other>',
    '<Delete><Object><Key></Key></Object></Delete>',
    `<!DOCTYPE x [<!ENTITY a "b">]><Delete>${object}</Delete>`,
    `<Delete><Object><Key>&a;</Key></Object></Delete>`,
    `<Delete><Object><Key>&#x110000;</Key></Object></Delete>`,
    `<Delete>${object.repeat(1001)}</Delete>`,
    '<a>'.repeat(10_000),
    `<Delete><!-- no -->${object}</Delete>`,
  ]) {
    expect((await post(body)).code, body.slice(0, 50)).toBe('MalformedXML')
  }
  expect(
    (await post(`<?xml version="1.0"?>\n<Delete xmlns="http://x/">\n ${object}<Quiet>true</Quiet>\n</Delete>`)).body,
  ).not.toContain('Deleted>')
  expect(
    (await raw(bench, { method: 'POST', path: `/${BUCKET}`, query: [['delete', '']], body: ' '.repeat(9 * 1024 ** 2) })).code,
  ).toBe('EntityTooLarge')
})

test('a body without a length is refused, as by S3', async () => {
  const bench = await S3Bench.start()
  const at = new Date(bench.now())
  const answer = await raw(bench, { method: 'PUT', path, payload: 'STREAMING-UNSIGNED-PAYLOAD-TRAILER', at, body: 'x' })
  expect(answer.code).toBe('MissingContentLength')
})

test('whoever is refused hears why, also in the middle of sending much', async () => {
  const bench = await S3Bench.start()
  const answer = await raw(bench, { method: 'PUT', path, body: Buffer.alloc(10 * 1024 ** 2), secret: 'wrong' })
  expect([answer.status, answer.code, answer.headers.connection]).toEqual([403, 'SignatureDoesNotMatch', 'close'])
  expect(bench.files()).toEqual([])
})

test('whoever asks before sending is told before sending', async () => {
  const bench = await S3Bench.start()
  const socket = connect(bench.port, '127.0.0.1')
  socket.write(`PUT ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\nExpect: 100-continue\r\n\r\n`)
  let text = ''
  for await (const chunk of socket) {
    text += String(chunk)
    if (text.includes('</Error>')) break
  }
  expect(text).toMatch(/^HTTP\/1\.1 403/)
})

test('an upload that breaks off leaves nothing, and the old object stays', async () => {
  const bench = await S3Bench.start()
  const s3 = bench.client()
  await s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: 'x', Body: 'old' }))
  const { headers } = sign(bench, {
    method: 'PUT',
    path,
    payload: 'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
    headers: { 'x-amz-decoded-content-length': '1000000', 'x-amz-trailer': 'x-amz-checksum-crc32' },
  })
  const lines = Object.entries({ ...headers, 'content-length': '2000000' }).map(([name, value]) => `${name}: ${value}`)
  const socket = connect(bench.port, '127.0.0.1')
  socket.write(`PUT ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\nf4240\r\nhalf of it`)
  while (bench.files().length < 2) await sleep(5)
  socket.destroy()
  while (bench.files().length > 1) await sleep(5)
  expect(await textOf(bench)).toBe('old')
  expect(bench.said).toEqual([])
})

test('pages of other origins may ask, and get nothing without a signature', async () => {
  const bench = await S3Bench.start()
  const preflight = {
    origin: 'http://localhost:3000',
    'access-control-request-method': 'PUT',
    'access-control-request-headers': 'content-type',
  }
  const asked = await send(bench, { method: 'OPTIONS', path, headers: preflight })
  expect(asked).toMatchObject({
    status: 200,
    headers: {
      'access-control-allow-origin': '*',
      'access-control-allow-headers': 'content-type',
      'access-control-allow-methods': expect.stringContaining('PUT'),
    },
  })
  const refused = await send(bench, { path, headers: { origin: 'http://localhost:3000' } })
  expect([refused.status, refused.headers['access-control-allow-origin']]).toEqual([403, '*'])
  expect((await send(bench, { path })).headers['access-control-allow-origin']).toBeUndefined()
})

test('a header that was put into the query cannot break out of an answer', async () => {
  const bench = await S3Bench.start()
  await raw(bench, { method: 'PUT', path, body: 'x' })
  const answer = await raw(bench, { path, query: [['response-content-type', 'text/html\r\nx-evil: 1']] })
  expect([answer.status, answer.code, answer.headers['x-evil']]).toEqual([400, 'InvalidArgument', undefined])
})

test('metadata has a limit, and other methods have no meaning', async () => {
  const bench = await S3Bench.start()
  expect((await raw(bench, { method: 'PUT', path, headers: { 'x-amz-meta-a': 'x'.repeat(2048) } })).code).toBe('MetadataTooLarge')
  expect((await raw(bench, { method: 'PATCH', path })).code).toBe('MethodNotAllowed')
  expect((await raw(bench, { method: 'POST', path })).code).toBe('NotImplemented')
  const [first, second] = await Promise.all([raw(bench, { path }), raw(bench, { path })])
  expect(first.headers['x-amz-request-id']).toMatch(/^[0-9A-F]{16}$/)
  expect(first.headers['x-amz-request-id']).not.toBe(second.headers['x-amz-request-id'])
})

test('the bucket can be a part of the host', async () => {
  const bench = await S3Bench.start()
  const host = `${BUCKET}.localhost:${bench.port}`
  expect((await raw(bench, { method: 'PUT', path: '/in-host', body: 'hello', headers: { host } })).status).toBe(200)
  expect(await textOf(bench, 'in-host')).toBe('hello')
})
