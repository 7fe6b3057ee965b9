import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { type Instance, run, scratchSchema, start, stopAll } from './instance.ts'
import { linkIn, startRelay } from './relay.ts'

const PNG = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII=', 'base64')

let schema: Awaited<ReturnType<typeof scratchSchema>>
let relay: Awaited<ReturnType<typeof startRelay>>
let uploads: string
let env: Record<string, string>
let app: Instance
before(async () => {
  schema = await scratchSchema()
  relay = await startRelay()
  uploads = mkdtempSync(join(tmpdir(), 'communityrule-'))
  env = {
    CLOUDRON_POSTGRESQL_URL: schema.url,
    CLOUDRON_MAIL_SMTP_SERVER: '127.0.0.1',
    CLOUDRON_MAIL_SMTP_PORT: String(relay.port),
    SMTP_FROM: 'Community Rule <hello@communityrule.info>',
    UPLOAD_ROOT: uploads,
    ORGANIZER_INQUIRY_TO: 'organizers@example.org',
    RATE_LIMIT: '0',
  }
  assert.equal((await run(['migrate.js'], env)).code, 0)
  app = await start(env)
})
after(async () => {
  stopAll()
  relay.close()
  rmSync(uploads, { recursive: true })
  await schema.drop()
})

const post = (base: string, path: string, body: unknown, headers: Record<string, string> = {}) =>
  fetch(base + path, { method: 'POST', body: JSON.stringify(body), headers })
const ask = (base: string, email: string, headers: Record<string, string> = {}) =>
  post(base, '/api/auth/magic-link/request', { email }, headers)
/** The link as it leads to this instance, whatever host it names. */
const follow = (base: string, link: URL, cookie?: string, method = 'GET') =>
  fetch(base + link.pathname + link.search, { method, redirect: 'manual', headers: cookie ? { cookie } : {} })

async function signIn(email: string, cookie?: string): Promise<string> {
  const letter = relay.next()
  assert.equal((await ask(app.base, email)).status, 200)
  const answer = await follow(app.base, linkIn(await letter), cookie)
  assert.equal(answer.headers.get('location'), '/you')
  return answer.headers.get('set-cookie')!.split(';')[0]!
}
const session = async (cookie: string) => (await fetch(`${app.base}/api/auth/session`, { headers: { cookie } })).json()

test('a link signs in once: its host is the visitor’s, its token is nowhere in the database', async () => {
  const letter = relay.next()
  const headers = { 'x-forwarded-host': 'staging.communityrule.info', 'x-forwarded-proto': 'https' }
  const asked = await ask(app.base, ' Ada@Example.org ', headers)
  assert.deepEqual([asked.status, await asked.json()], [200, { ok: true }])
  const { to, text } = await letter
  assert.equal(to, 'ada@example.org')
  const link = linkIn({ to, text })
  assert.equal(link.origin, 'https://staging.communityrule.info')

  const token = link.searchParams.get('token')!
  const { rows } = await schema.client.query(
    "select encode(hash, 'escape') || encode(hash, 'hex') || encode(hash, 'base64') as kept from sign_in_links",
  )
  assert.equal(rows.length, 1)
  assert.ok(!rows[0].kept.includes(token) && !rows[0].kept.includes(Buffer.from(token, 'base64url').toString('hex')))

  // A scanner of mails looks at it before the person does.
  assert.equal((await follow(app.base, link, undefined, 'HEAD')).status, 200)
  const first = await follow(app.base, link)
  assert.equal(first.status, 303)
  const cookie = first.headers.get('set-cookie')!
  assert.match(cookie, /^session=[\w-]+;.*HttpOnly; SameSite=Lax/)
  assert.equal((await session(cookie.split(';')[0]!)).user.email, 'ada@example.org')
  const second = await follow(app.base, link)
  assert.equal(second.status, 410)
  assert.equal(second.headers.get('set-cookie'), null)
})

test('a link follows the host that was asked, and is of no use after a quarter of an hour', async () => {
  const letter = relay.next()
  await ask(app.base, 'ada@example.org')
  const link = linkIn(await letter)
  assert.equal(link.origin, app.base)
  await schema.client.query("update sign_in_links set made_at = made_at - interval '16 minutes'")
  assert.equal((await follow(app.base, link)).status, 410)
})

test('signing out ends the session, and so does another secret', async () => {
  const cookie = await signIn('bea@example.org')
  const rotated = await start({ ...env, SESSION_SECRET: 'quite another secret' })
  assert.deepEqual(await (await fetch(`${rotated.base}/api/auth/session`, { headers: { cookie } })).json(), { user: null })
  assert.equal((await session(cookie)).user.email, 'bea@example.org')
  await fetch(`${app.base}/api/auth/logout`, { method: 'POST', headers: { cookie } })
  assert.deepEqual(await session(cookie), { user: null })
})

test('what fails is named: a wrong address, a relay that is down, a short secret', async () => {
  const wrong = await ask(app.base, 'nobody')
  assert.deepEqual([wrong.status, (await wrong.json()).error], [422, 'invalid_email'])
  const lost = await start({ ...env, CLOUDRON_MAIL_SMTP_PORT: '1' })
  const before = (await schema.client.query('select count(*)::int as n from sign_in_links')).rows[0].n
  const failed = await ask(lost.base, 'cleo@example.org')
  assert.deepEqual([failed.status, (await failed.json()).error], [502, 'mail_failed'])
  assert.equal((await schema.client.query('select count(*)::int as n from sign_in_links')).rows[0].n, before)
  const short = await start({ ...env, SESSION_SECRET: 'short' })
  const misconfigured = await ask(short.base, 'cleo@example.org')
  assert.deepEqual([misconfigured.status, (await misconfigured.json()).error], [500, 'server_misconfigured'])
})

test('a draft begun before signing in becomes the person’s, on every device, and is nobody else’s', async () => {
  const started = await fetch(`${app.base}/create`, { method: 'POST', body: new URLSearchParams(), redirect: 'manual' })
  const browser = started.headers.get('set-cookie')!.split(';')[0]!
  const write = await fetch(`${app.base}/api/drafts/me`, {
    method: 'PUT',
    headers: { cookie: browser },
    body: '{"title":"Tool Library"}',
  })
  assert.equal(write.status, 200)
  const here = await signIn('dora@example.org', browser)
  const there = await signIn('dora@example.org')
  const draftOf = async (cookie: string) =>
    (await (await fetch(`${app.base}/api/drafts/me`, { headers: { cookie } })).json()).draft
  assert.equal((await draftOf(here)).content.title, 'Tool Library')
  assert.equal((await draftOf(there)).content.title, 'Tool Library')
  assert.equal(await draftOf(browser), null)
  assert.equal(await draftOf(await signIn('eve@example.org')), null)
})

test('a picture is stored under its bytes’ own type, shown, published with the rule, and kept on the volume', async () => {
  const cookie = await signIn('finn@example.org')
  const upload = (bytes: Uint8Array<ArrayBuffer>, name: string, path = '/api/uploads') => {
    const body = new FormData()
    body.set('file', new File([bytes], name, { type: 'text/html' }))
    return fetch(app.base + path, { method: 'POST', body, headers: { cookie }, redirect: 'manual' })
  }
  const png = new Uint8Array(PNG)
  const stored = await upload(png, '../../evil.html')
  assert.equal(stored.status, 201)
  const { upload: made } = await stored.json()
  assert.deepEqual([made.type, made.size], ['image/png', PNG.length])
  const shown = await fetch(app.base + made.url)
  assert.deepEqual([shown.headers.get('content-type'), shown.headers.get('x-content-type-options')], ['image/png', 'nosniff'])
  assert.deepEqual(Buffer.from(await shown.arrayBuffer()), PNG)
  assert.deepEqual(readFileSync(join(uploads, made.id)), PNG)

  assert.equal((await upload(new TextEncoder().encode('<script>'), 'a.png')).status, 415)
  assert.equal((await upload(new Uint8Array(6 * 1024 * 1024), 'a.png')).status, 413)
  assert.equal((await fetch(`${app.base}/uploads/${'0'.repeat(8)}-0000-0000-0000-${'0'.repeat(12)}`)).status, 404)
  assert.equal((await fetch(`${app.base}/uploads/..%2f..%2fetc%2fpasswd`)).status, 404)
  assert.deepEqual(readdirSync(uploads), [made.id])

  await fetch(`${app.base}/create`, { method: 'POST', body: new URLSearchParams(), redirect: 'manual', headers: { cookie } })
  assert.equal((await upload(png, 'garden.png', '/create/photo')).headers.get('location'), '/create/edit?saved')
  const form = new URLSearchParams({ intent: 'publish', title: 'Picture Garden', 'sections.values': 'Light.' })
  const published = await fetch(`${app.base}/create/edit`, {
    method: 'POST',
    body: form,
    redirect: 'manual',
    headers: { cookie },
  })
  const page = await (await fetch(app.base + published.headers.get('location'))).text()
  assert.match(page, /<img src="\/uploads\/[0-9a-f-]{36}" alt="Picture of Picture Garden"/)
})

test('without UPLOAD_ROOT files are the server’s fault, and without a session the visitor’s', async () => {
  const body = new FormData()
  body.set('file', new File([new Uint8Array(PNG)], 'a.png'))
  const stranger = await fetch(`${app.base}/api/uploads`, { method: 'POST', body })
  assert.deepEqual([stranger.status, (await stranger.json()).error], [401, 'not_signed_in'])
  const { UPLOAD_ROOT: _, ...without } = env
  const homeless = await start(without)
  const refused = await fetch(`${homeless.base}/api/uploads`, { method: 'POST', body })
  assert.deepEqual([refused.status, (await refused.json()).error], [500, 'server_misconfigured'])
})

test('an inquiry reaches the organizers, and names what is missing', async () => {
  const letter = relay.next()
  const sent = await post(app.base, '/api/organizer-inquiry', { name: 'Gil', email: 'gil@example.org', message: 'May we join?' })
  assert.equal(sent.status, 200)
  const { to, text } = await letter
  assert.equal(to, 'organizers@example.org')
  assert.match(text, /^Reply-To: gil@example\.org$/m)
  const wrong = await post(app.base, '/api/organizer-inquiry', { name: 'Gil\r\nBcc: all@example.org', message: '' })
  assert.deepEqual([wrong.status, Object.keys((await wrong.json()).fields).sort()], [422, ['email', 'message', 'name']])
})

test('links are limited by person and by address, in the memory of each instance', async () => {
  const limited = await start({ ...env, RATE_LIMIT: '120' })
  const from = (address: string) => ({ 'x-forwarded-for': address })
  assert.equal((await ask(limited.base, 'hugo@example.org', from('203.0.113.1'))).status, 200)
  const again = await ask(limited.base, 'hugo@example.org', from('203.0.113.2'))
  assert.equal(again.status, 429)
  assert.ok(Number(again.headers.get('retry-after')) > 20)
  assert.equal((await ask(limited.base, 'iris@example.org', from('203.0.113.1'))).status, 429)
  // That is why there is to be one instance: another one knows nothing of it.
  const other = await start({ ...env, RATE_LIMIT: '120' })
  assert.equal((await ask(other.base, 'hugo@example.org', from('203.0.113.1'))).status, 200)
})

const redisUrl = process.env.REDIS_URL
test('with Redis all instances count together, and without it they go on alone', {
  skip: !redisUrl && 'REDIS_URL is not set',
}, async () => {
  const [one, two] = await Promise.all([1, 2].map(() => start({ ...env, RATE_LIMIT: '120', REDIS_URL: redisUrl! })))
  const email = `${schema.url.slice(-12).replaceAll(/\W/g, '')}@example.org`
  const address = { 'x-forwarded-for': '198.51.100.7' }
  assert.equal((await ask(one!.base, email, address)).status, 200)
  assert.equal((await ask(two!.base, email, { 'x-forwarded-for': '198.51.100.8' })).status, 429)
  const lost = await start({ ...env, RATE_LIMIT: '120', REDIS_URL: 'redis://127.0.0.1:1' })
  assert.equal((await ask(lost.base, email, address)).status, 200)
})
