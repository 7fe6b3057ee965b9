import assert from 'node:assert/strict'
import { test } from 'node:test'
import { tidyAddress, verifyHandshake } from '../src/handshake.ts'

const good = {
  service: 'notechondria-backend',
  api_version: 'v1',
  version: '0.1.66',
  capabilities: { auth: 1, notes: 1, courses: 1, planner: 1, calendar_feeds: 1, attachments: 1, mcp: 1 },
}
const asked: string[] = []
const says = (body: unknown, status = 200) =>
  (async (url: string) => {
    asked.push(url)
    return new Response(JSON.stringify(body), { status })
  }) as typeof fetch

test('an address that somebody typed becomes the one that is kept', () => {
  assert.equal(tidyAddress(' notes.example.org '), 'https://notes.example.org/api/v1')
  assert.equal(tidyAddress('http://localhost:8000/'), 'http://localhost:8000/api/v1')
  assert.equal(tidyAddress('https://x.example/notes/api/v1/'), 'https://x.example/notes/api/v1')
  assert.throws(() => tidyAddress('   '), /no address/)
})

test('a backend is asked what it is before it is accepted', async () => {
  assert.deepEqual(await verifyHandshake('https://x.example/api/v1', says(good)), { version: '0.1.66' })
  assert.equal(asked.at(-1), 'https://x.example/api/v1/handshake/')
})

test('anything else is refused, and why', async () => {
  const cases: [unknown, number, RegExp][] = [
    [{ ...good, service: 'shop' }, 200, /something else/],
    [{ ...good, api_version: 'v2' }, 200, /another version/],
    [{ ...good, capabilities: { ...good.capabilities, mcp: 0 } }, 200, /lacks mcp/],
    [good, 502, /Nobody answers/],
    ['hello', 200, /Nobody answers/],
  ]
  for (const [body, status, message] of cases)
    await assert.rejects(verifyHandshake('https://x.example', says(body, status)), message)
  const broken = (async () => Promise.reject(new TypeError('failed to fetch'))) as typeof fetch
  await assert.rejects(verifyHandshake('https://x.example', broken), /Nobody answers/)
})
