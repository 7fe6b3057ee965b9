import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { after, before, test } from 'node:test'
import { createApp } from '../src/app.ts'
import { openReader, type Reader } from '../src/reader.ts'

const WEB = 'https://flick.example'
const sign = readFileSync(new URL('fixtures/sign.png', import.meta.url))
let reader: Reader
let base: string
let serverUri: string
const open: Server[] = []

async function listen(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1')
  open.push(server)
  await once(server, 'listening')
  const address = server.address()
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`
}

before(async () => {
  reader = await openReader()
  // All that is asked of the server.
  serverUri = await listen(
    createServer((request, response) => {
      response.setHeader('content-type', 'application/json')
      if (request.headers.cookie === 'broken') response.statusCode = 500
      response.end(request.headers.cookie === 'ada' ? '{"user":{"name":"Ada"}}' : 'null')
    }),
  )
  base = await listen(createServer(createApp({ reader, origins: [WEB], serverUri })))
})
after(async () => {
  for (const server of open) server.close()
  await reader.close()
})

async function read(image: Buffer, headers: Record<string, string> = {}) {
  const response = await fetch(`${base}/api/v1/read`, {
    method: 'POST',
    headers: { 'content-type': 'image/png', cookie: 'ada', origin: WEB, connection: 'close', ...headers },
    body: new Uint8Array(image),
  })
  // biome-ignore lint/suspicious/noExplicitAny: each test says what it expects
  return { status: response.status, headers: response.headers, json: (await response.json()) as any }
}

test('the text of a picture is read, without a network', async () => {
  const { status, json, headers } = await read(sign)
  assert.deepEqual([status, json.data], [200, { text: 'The library opens\nat nine on Monday' }])
  assert.equal(headers.get('access-control-allow-origin'), WEB)
})

test('it is done for those who are signed in, and asked from our own pages', async () => {
  assert.equal((await read(sign, { cookie: 'eve' })).status, 401)
  assert.equal((await read(sign, { cookie: 'broken' })).status, 503)
  assert.equal((await read(sign, { origin: 'https://evil.example' })).status, 403)
})

test('what is no picture is refused, also where it only looks like one, and the next one is read', async () => {
  const broken = Buffer.concat([sign.subarray(0, 60), Buffer.alloc(500, 7)])
  const results = await Promise.all([read(Buffer.from('hello')), read(broken), read(sign)])
  assert.deepEqual(
    results.map(({ status }) => status),
    [422, 422, 200],
  )
  assert.equal((await read(Buffer.alloc(6 * 1024 * 1024))).status, 413)
  assert.equal((await read(sign, { 'content-type': 'text/plain' })).status, 422)
})

test('a long queue is refused instead of growing', async () => {
  const results = await Promise.allSettled(Array.from({ length: 10 }, () => reader.read(sign)))
  assert.deepEqual(
    results.map(({ status }) => status),
    [...Array(8).fill('fulfilled'), 'rejected', 'rejected'],
  )
})
