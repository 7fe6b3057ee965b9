import { createHash } from 'node:crypto'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3'
import { expect, test } from 'vitest'
import { EMPTY_SHA256, hmac, scopeText, sha256, signingKey, timeText } from '../../../lib/s3/sigv4.ts'
import { openChecksum } from './checksums.ts'
import { BUCKET, KEYS, raw, S3Bench, sign } from './s3.harness.ts'
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
