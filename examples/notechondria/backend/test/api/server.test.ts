import assert from 'node:assert/strict'
import { once } from 'node:events'
import { request } from 'node:http'
import { after, before, test } from 'node:test'
import { client, type Instance, must, openWorld, run, SITE, start, until, type World } from './instance.ts'

let world: World
let server: Instance
let anyone: ReturnType<typeof client>

before(async () => {
  world = await openWorld()
  for (const program of ['migrate.js', 'bootstrap.js', 'collect-static.js']) await must([program], world.env)
  server = await start(world.env)
  anyone = client(server.base)
})
after(() => world.close())

/** fetch does not let anybody choose the Host. */
function statusFor(host: string, path = '/'): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const asked = request(server.base + path, { headers: { host } }, (answer) => resolve(answer.resume().statusCode))
    asked.on('error', reject).end()
  })
}

test('the process is alive without a database; health says what is missing', async () => {
  const alone = await start({ ...world.env, DATABASE_URL: 'postgres://x:y@127.0.0.1:1/none' })
  const ask = client(alone.base)
  assert.deepEqual((await ask('GET', '/')).json, { status: 'ok', service: 'notechondria-backend' })
  const health = await ask('GET', '/api/v1/health/')
  assert.deepEqual([health.status, health.json], [503, { status: 'error', database: 'error' }])
  const login = await ask('POST', '/api/v1/auth/login/', { username: 'a', password: 'b' })
  assert.deepEqual([login.status, login.json.code], [503, 'database_unavailable'])
  assert.deepEqual((await anyone('GET', '/api/v1/health/')).json, { status: 'ok', database: 'connected' })
})

test('a schema that is missing is not healthy', async () => {
  const url = new URL(world.env.DATABASE_URL ?? '')
  url.searchParams.set('options', '-csearch_path=nowhere')
  const empty = await start({ ...world.env, DATABASE_URL: url.href })
  const health = await client(empty.base)('GET', '/api/v1/health/')
  assert.deepEqual([health.status, health.json], [503, { status: 'error', database: 'outdated' }])
})

test('the handshake is the same at both addresses', async () => {
  const { json } = await anyone('GET', '/api/v1/handshake/')
  const capabilities = { auth: 1, notes: 1, courses: 1, planner: 1, calendar_feeds: 1, attachments: 1, mcp: 1 }
  assert.deepEqual(json, { service: 'notechondria-backend', api_version: 'v1', version: '1.2.3', capabilities })
  assert.deepEqual((await anyone('GET', '/handshake/')).json, json)
})

test('hosts that are not ours are answered 400, with a port or without', async () => {
  const statuses = await Promise.all(
    ['api.notes.example', 'API.notes.example:443', 'localhost:80', '10.0.0.7', 'evil.example'].map((host) => statusFor(host)),
  )
  assert.deepEqual(statuses, [200, 200, 200, 400, 400])
})

test('origins that are ours may ask the API and media; a preflight is answered 204', async () => {
  for (const origin of [SITE, 'http://localhost:5173', 'http://127.0.0.1:9060', 'https://api.notes.example']) {
    const preflight = await anyone('OPTIONS', '/api/v1/notes/', undefined, { origin, 'access-control-request-method': 'PATCH' })
    assert.equal(preflight.status, 204, origin)
    assert.equal(preflight.headers.get('access-control-allow-origin'), origin)
    assert.match(preflight.headers.get('access-control-allow-methods') ?? '', /PATCH/)
    assert.match(preflight.headers.get('access-control-allow-headers') ?? '', /authorization/)
  }
  assert.equal((await anyone('GET', '/media/none', undefined, { origin: SITE })).headers.get('access-control-allow-origin'), SITE)
  const foreign = await anyone('OPTIONS', '/api/v1/notes/', undefined, { origin: 'https://evil.example' })
  assert.deepEqual([foreign.status, foreign.headers.get('access-control-allow-origin')], [204, null])
  assert.equal((await anyone('GET', '/handshake/', undefined, { origin: SITE })).headers.get('access-control-allow-origin'), null)
})

test('errors carry the headers that pages need to read them', async () => {
  const refused = await anyone('GET', '/api/v1/notes/', undefined, { origin: SITE })
  assert.deepEqual([refused.status, refused.headers.get('access-control-allow-origin')], [401, SITE])
  assert.equal(refused.headers.get('x-frame-options'), 'DENY')
  assert.equal(refused.headers.get('x-content-type-options'), 'nosniff')
})

test('one line for each request, with level, status, time, method and path, and nothing of the query', async () => {
  const before = server.lines.length
  await anyone('GET', '/handshake/?code=secret')
  await anyone('GET', '/nowhere/')
  const lines = server.lines.slice(before).filter((line) => /handshake|nowhere/.test(line))
  assert.match(lines[0] ?? '', /^info {5}200 \d+ GET \/handshake\/$/)
  assert.match(lines[1] ?? '', /^warning {2}404 \d+ GET \/nowhere\/$/)
  assert.equal(lines.length, 2)
})

test('colour is for terminals, or where it is asked for', async () => {
  const colored = await start({ ...world.env, DJANGO_ACCESS_LOG_FORCE_COLOR: '1' })
  await client(colored.base)('GET', '/')
  assert.ok(colored.lines.some((line) => line.startsWith('\x1b[36minfo')))
  assert.ok(!server.lines.some((line) => line.includes('\x1b')))
})

test('the administration: its lists are for administrators, its forms only from our own pages', async () => {
  const css = await anyone('GET', '/static/admin/css/base.css')
  assert.deepEqual([css.status, css.headers.get('content-type')], [200, 'text/css; charset=utf-8'])
  assert.equal((await anyone('GET', '/static/../config.json')).status, 404)
  assert.match((await anyone('GET', '/admin/login/')).text, /\/static\/admin\/css\/base\.css/)
  const locked = await anyone('GET', '/admin/users/')
  assert.deepEqual([locked.status, locked.headers.get('location')], [302, '/admin/login/'])

  const type = { 'content-type': 'application/x-www-form-urlencoded' }
  const fields = new URLSearchParams({ username: 'admin', password: 'a password for the administrator' }).toString()
  for (const origin of ['https://evil.example', 'http://notes.example']) {
    assert.equal((await anyone('POST', '/admin/login/', fields, { ...type, origin })).status, 403, origin)
  }
  const wrong = await anyone('POST', '/admin/login/', 'username=admin&password=wrong', { ...type, origin: server.base })
  assert.equal(wrong.status, 400)
  const login = await anyone('POST', '/admin/login/', fields, { ...type, origin: server.base })
  assert.deepEqual([login.status, login.headers.get('location')], [302, '/admin/'])
  const cookies = login.headers.getSetCookie()
  assert.ok(cookies.every((cookie) => /HttpOnly/.test(cookie) && /SameSite=Lax/.test(cookie)))
  const cookie = cookies.map((each) => each.split(';')[0]).join('; ')
  assert.match((await anyone('GET', '/admin/', undefined, { cookie })).text, /Welcome, admin/)
  for (const list of ['users', 'sessions', 'courses', 'notes']) {
    const page = await anyone('GET', `/admin/${list}/`, undefined, { cookie })
    assert.match(page.text, /<table>/, list)
    assert.doesNotMatch(page.text, /scrypt|_hash/)
  }
  assert.equal((await anyone('GET', '/admin/secrets/', undefined, { cookie })).status, 404)
  assert.equal((await anyone('POST', '/admin/logout/', '', { ...type, cookie })).status, 403)
  await anyone('POST', '/admin/logout/', '', { ...type, cookie, origin: server.base })
  assert.equal((await anyone('GET', '/admin/users/', undefined, { cookie })).status, 302)
})

test('writing with a model is parked', async () => {
  const parked = await anyone('POST', '/api/v1/gptutils/chat/', {})
  assert.deepEqual([parked.status, parked.json.code], [501, 'parked'])
})

test('SIGTERM: what is in hand is finished, and it ends with 0', async () => {
  const one = await start(world.env)
  const body = JSON.stringify({ username: 'admin', password: 'a password for the administrator' })
  const headers = { 'content-type': 'application/json', 'content-length': body.length, expect: '100-continue' }
  const login = request(`${one.base}/api/v1/auth/login/`, { method: 'POST', headers })
  const answered = once(login, 'response')
  login.flushHeaders()
  // The server has the request in hand, and waits for its body.
  await once(login, 'continue')
  one.child.kill('SIGTERM')
  await until(() => one.lines.some((line) => line.startsWith('SIGTERM')))
  login.end(body)
  const [answer] = await answered
  assert.equal(answer.resume().statusCode, 200)
  assert.equal(await one.exited, 0)
})

test('what is wrong with the environment is told at once, all of it, and no value of it', async () => {
  const { code, output } = await run(['server.js'], {
    DJANGO_SECRET_KEY: 'change-me',
    DATABASE_URL: 'mysql://secret-value',
    CLOUDFLARE_R2_BUCKET_NAME: 'bucket',
    CLOUDFLARE_R2_ACCOUNT_ID: 'account',
  })
  assert.equal(code, 2)
  for (const name of ['DJANGO_SECRET_KEY', 'DATABASE_URL', 'CLOUDFLARE_R2_ACCESS_KEY_ID', 'CLOUDFLARE_R2_SECRET_ACCESS_KEY']) {
    assert.match(output, new RegExp(`^${name}: `, 'm'))
  }
  assert.doesNotMatch(output, /CUSTOM_DOMAIN|secret-value|^\s+at /m)
})
