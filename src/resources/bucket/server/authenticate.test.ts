import { connect } from 'node:net'
import { GetObjectCommand } from '@aws-sdk/client-s3'
import { expect, test } from 'vitest'
import { EMPTY_SHA256, timeText } from '../../../lib/s3/sigv4.ts'
import { BUCKET, KEYS, raw, S3Bench, send } from './s3.harness.ts'

// What no SDK sends, or not this one: requests by hand.
const path = `/${BUCKET}/x`

async function textOf(bench: S3Bench, key = 'x'): Promise<string> {
  const { Body } = await bench.client().send(new GetObjectCommand({ Bucket: BUCKET, Key: key }))
  return Body!.transformToString()
}

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
