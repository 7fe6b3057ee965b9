import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, test } from 'node:test'
import { serve } from '@hono/node-server'
import { createApp } from '../../src/app.ts'
import { readAssets } from '../../src/assets.ts'
import { readConfig } from '../../src/config.ts'
import { createLimits } from '../../src/limits.ts'
import { openMail } from '../../src/mail.ts'
import { root } from '../../src/root.ts'
import { createSessions } from '../../src/sessions.ts'
import { createDraftCookie } from '../../src/visitor.ts'

// The app over a real socket, without any database.
const config = readConfig({ RATE_LIMIT: '3' })
const assets = readAssets(new URL('public/', root))
const app = createApp({
  config,
  assets,
  draftCookie: createDraftCookie(undefined),
  sessions: createSessions(undefined, undefined),
  mail: openMail(config.smtp),
  limits: createLimits(config),
})
const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }) as Server
after(() => server.close())
await once(server, 'listening')
const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

test('without a database it is well, and says that there is none', async () => {
  const response = await fetch(`${base}/api/health`)
  assert.equal(response.status, 200)
  assert.deepEqual(await response.json(), { ok: true, database: 'not_configured' })
})

test('what needs a database answers 503, for programs and for people', async () => {
  const api = await fetch(`${base}/api/rules`)
  assert.equal(api.status, 503)
  assert.equal((await api.json()).error, 'database_not_configured')
  const page = await fetch(base)
  assert.equal(page.status, 503)
  assert.match(await page.text(), /<h1>One moment<\/h1>/)
})

test('nobody is signed in by itself, and what the server lacks for signing in and for files is said', async () => {
  assert.deepEqual(await (await fetch(`${base}/api/auth/session`)).json(), { user: null })
  const headers = { 'x-forwarded-for': '203.0.113.50' }
  const link = await fetch(`${base}/api/auth/magic-link/request`, {
    method: 'POST',
    body: '{"email":"ada@example.org"}',
    headers,
  })
  assert.deepEqual([link.status, (await link.json()).error], [500, 'server_misconfigured'])
  const upload = await fetch(`${base}/api/uploads`, { method: 'POST', body: new FormData(), headers })
  assert.deepEqual([upload.status, (await upload.json()).error], [500, 'server_misconfigured'])
  const inquiry = await fetch(`${base}/api/organizer-inquiry`, { method: 'POST', body: '{}', headers })
  assert.deepEqual([inquiry.status, (await inquiry.json()).error], [500, 'server_misconfigured'])
})

test('drafts without a secret of 16 characters are the server’s fault, and say so', async () => {
  const response = await fetch(`${base}/api/drafts/me`)
  assert.equal(response.status, 500)
  assert.equal((await response.json()).error, 'server_misconfigured')
})

test('the slow endpoint is not there unless asked for', async () => {
  assert.equal((await fetch(`${base}/api/slow?ms=1`)).status, 404)
})

test('a file is kept for a year under its own version, and not under another', async () => {
  const own = await fetch(base + assets.href('style.css'))
  assert.match(own.headers.get('cache-control') ?? '', /immutable/)
  const other = await fetch(`${base}/assets/style.css?v=00000000`)
  assert.equal(other.status, 200)
  assert.equal(other.headers.get('cache-control'), 'no-cache')
})

test('another site may not write, a program may, and too many are asked to wait', async () => {
  const post = (headers: Record<string, string>) => fetch(`${base}/api/rules`, { method: 'POST', body: '{', headers })
  assert.equal((await post({ 'sec-fetch-site': 'cross-site' })).status, 403)
  assert.equal((await post({ 'sec-fetch-site': 'same-site' })).status, 403)
  assert.equal((await post({ origin: 'https://evil.example' })).status, 403)
  assert.equal((await post({ origin: 'null' })).status, 403)
  assert.equal((await post({ origin: base })).status, 400)
  assert.equal((await post({ origin: 'https://communityrule.info', 'x-forwarded-host': 'communityrule.info' })).status, 400)
  assert.equal((await post({})).status, 400)
  const late = await post({})
  assert.equal(late.status, 429)
  assert.ok(Number(late.headers.get('retry-after')) > 0)
  assert.equal((await post({ 'x-forwarded-for': '203.0.113.9' })).status, 400)
})
