import assert from 'node:assert/strict'
import { once } from 'node:events'
import { request } from 'node:http'
import { after, before, describe, test } from 'node:test'
import type { Events } from '@flick/shared/types.ts'
import { io, type Socket } from 'socket.io-client'
import { cuttable, type Instance, openWorld, run, start, until, visitor, WEB } from './instance.ts'

type World = Awaited<ReturnType<typeof openWorld>>
let world: World
let one: Instance
let two: Instance
const atEnd: (() => void)[] = []

before(async () => {
  world = await openWorld()
})
after(async () => {
  for (const end of atEnd) end()
  await world?.close()
})

async function listen(base: string, headers: Record<string, string> = {}) {
  const socket: Socket<Events> = io(base, { transports: ['websocket'], extraHeaders: { origin: WEB, ...headers } })
  atEnd.push(() => socket.disconnect())
  const heard: string[] = []
  socket.on('post:new', (post) => heard.push(`new ${post.text}`))
  socket.on('post:gone', (id) => heard.push(`gone ${id}`))
  socket.on('notice', (text) => heard.push(`notice ${text}`))
  await new Promise<void>((resolve, reject) => {
    socket.on('connect', resolve)
    socket.on('connect_error', reject)
  })
  return { socket, heard }
}

describe('a database that was not migrated', () => {
  test('is said by /readyz, while /healthz is about the process alone', async () => {
    const early = await start(world.env)
    const { ask } = visitor(early.base)
    assert.equal((await ask('/healthz')).status, 200)
    const ready = await ask('/readyz')
    assert.equal(ready.status, 503)
    assert.deepEqual(ready.json.data, { status: 'not ready', database: 'outdated', redis: 'connected' })
    const posts = await ask('/api/v1/posts')
    assert.deepEqual([posts.status, posts.json.code], [503, 'database_outdated'])
    early.child.kill('SIGTERM')
    assert.equal(await early.exited, 0)
  })

  test('is migrated once by two that come at the same time, and the count is verified', async () => {
    const env = { DATABASE_URL: world.env.DATABASE_URL! }
    assert.equal((await run(['migrate.js', '--check'], env)).code, 1)
    const both = await Promise.all([run(['migrate.js'], env), run(['migrate.js'], env)])
    for (const { code, output } of both) {
      assert.equal(code, 0, output)
      assert.match(output, /3 of 3 are applied/)
    }
    assert.equal(both.filter(({ output }) => output.includes('applied 0000_accounts')).length, 1)
    assert.deepEqual(await run(['migrate.js', '--check'], env), { code: 0, output: '' })
  })
})

describe('two instances', () => {
  before(async () => {
    one = await start(world.env)
    two = await start(world.env)
  })

  test('are ready, and what somebody posts at one of them is heard by who listens at the other', async () => {
    assert.equal((await visitor(one.base).ask('/readyz')).json.data.status, 'ready')
    const ada = visitor(one.base)
    assert.equal((await ada.post('too early')).status, 401)
    const signed = await ada.signUp('Ada')
    assert.match(signed.headers.get('set-cookie') ?? '', /^flick\.session_token=.*; HttpOnly; SameSite=Lax/)
    const here = await listen(one.base)
    const there = await listen(two.base)
    // Sessions are shared too.
    const elsewhere = await fetch(`${two.base}/api/auth/get-session`, { headers: { cookie: ada.cookie() } })
    assert.equal(((await elsewhere.json()) as { user: { name: string } }).user.name, 'Ada')
    const posted = await ada.post('  hello <b>campus</b>  ')
    assert.deepEqual([posted.status, posted.json.data.post.text], [201, 'hello <b>campus</b>'])
    await until('both hear it', () => here.heard.length === 1 && there.heard.length === 1)
    assert.deepEqual(there.heard, ['new hello <b>campus</b>'])
    assert.deepEqual(await visitor(two.base).texts(), ['hello <b>campus</b>'])
  })

  test('take WebSockets alone, and not from foreign sites', async () => {
    const polling = await visitor(one.base).ask('/socket.io/?EIO=4&transport=polling')
    assert.deepEqual([polling.status, polling.json.message], [400, 'Transport unknown'])
    await assert.rejects(listen(one.base, { origin: 'https://evil.example' }))
    assert.equal((await visitor(one.base, 'https://evil.example').signUp('Eve')).status, 403)
    const mine = await visitor(one.base).ask('/api/v1/posts', 'OPTIONS')
    assert.deepEqual([mine.status, mine.headers.get('access-control-allow-origin')], [204, WEB])
    const foreign = await visitor(one.base, 'https://evil.example').ask('/api/v1/posts')
    assert.equal(foreign.headers.get('access-control-allow-origin'), null)
  })

  test('hide a post for everybody when a moderator says so, and tell its author alone', async () => {
    for (const state of ['made', 'there already']) {
      assert.match((await run(['create-admin.js'], world.env)).output, new RegExp(`admin@campus.example: ${state}`))
    }
    const bo = visitor(one.base)
    await bo.signUp('Bo')
    const { id } = (await bo.post('buy my book')).json.data.post
    const author = await listen(two.base, { cookie: bo.cookie() })
    const other = await listen(two.base)
    assert.ok((await visitor(two.base).texts()).includes('buy my book'), 'now it is in the cache')
    const admin = visitor(one.base, 'https://admin.flick.example')
    for (const who of [bo, visitor(one.base)]) {
      const refused = await who.ask(`/api/v1/admin/posts/${id}`, 'PATCH', { isHidden: true })
      assert.equal(refused.status, who === bo ? 403 : 401)
    }
    await admin.signIn('admin@campus.example', 'moderate-me')
    assert.equal((await admin.ask(`/api/v1/admin/posts/${id}`, 'PATCH', { isHidden: true })).status, 200)
    await until('the author is told', () => author.heard.length === 2)
    assert.deepEqual(author.heard, [`gone ${id}`, 'notice A moderator has hidden one of your posts.'])
    assert.deepEqual(other.heard, [`gone ${id}`])
    assert.ok(!(await visitor(two.base).texts()).includes('buy my book'))
    assert.equal((await admin.ask('/api/v1/admin/posts')).json.data.posts[0].isHidden, true)
    assert.equal((await admin.ask('/api/v1/admin/posts/999')).status, 404)
  })

  test('refuse what is no post', async () => {
    const cleo = visitor(one.base)
    await cleo.signUp('Cleo')
    for (const text of ['', '   ', 'x'.repeat(501), 7, undefined]) {
      assert.equal((await cleo.ask('/api/v1/posts', 'POST', { text })).status, 422)
    }
    const broken = await fetch(`${one.base}/api/v1/posts`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', cookie: cleo.cookie() },
      body: '{',
    })
    assert.equal(broken.status, 400)
  })

  test('give older posts page by page', async () => {
    const dan = visitor(one.base)
    await dan.signUp('Dan')
    for (let i = 0; i < 31; i++) await dan.post(`number ${i}`)
    const first = (await dan.ask('/api/v1/posts')).json.data.posts
    assert.equal(first.length, 30)
    const next = (await dan.ask(`/api/v1/posts?before=${first.at(-1).id}`)).json.data.posts
    assert.equal(next[0].text, 'number 0')
    assert.equal((await dan.ask('/api/v1/posts?before=x')).status, 422)
  })

  test('count the requests of one address together', async () => {
    const env = { ...world.env, RATE_LIMIT: '10' }
    const [a, b] = await Promise.all([start(env), start(env)])
    const statuses = new Set<number>()
    // More than one minute's worth, should a minute end in between.
    for (let i = 0; i < 24; i++) {
      const answer = await visitor((i % 2 ? a : b).base).ask('/api/v1/posts')
      statuses.add(answer.status)
      if (answer.status === 429) assert.ok(Number(answer.headers.get('retry-after')) <= 60)
    }
    assert.deepEqual([...statuses], [200, 429])
    assert.equal((await visitor(a.base).ask('/healthz')).status, 200, 'whoever watches it is never refused')
  })
})

test('without Redis requests are answered, readiness tells, and events come again afterwards', async () => {
  const way = await cuttable(world.env.REDIS_URL!)
  atEnd.push(way.cut)
  const instance = await start({ ...world.env, REDIS_URL: way.url, RATE_LIMIT: '1000' })
  const eve = visitor(instance.base)
  await eve.signUp('Eve')
  way.cut()
  await until('readiness tells', async () => (await eve.ask('/readyz')).json.data.redis === 'error')
  assert.equal((await eve.ask('/healthz')).status, 200)
  assert.equal((await eve.post('is anybody there?')).status, 201)
  assert.equal((await eve.texts())[0], 'is anybody there?')
  await way.mend()
  await until('it is ready again', async () => (await eve.ask('/readyz')).json.data.status === 'ready')
  const there = await listen(two.base)
  await until('events come again', async () => {
    await eve.post('again')
    return there.heard.includes('new again')
  })
})

test('SIGTERM ends it with 0, after what is in hand; sockets are told to go elsewhere', async () => {
  const instance = await start(world.env)
  const { socket } = await listen(instance.base)
  const reason = new Promise((resolve) => socket.on('disconnect', resolve))
  const body = JSON.stringify({ name: 'Fay', email: 'fay@x.example', password: 'longenough' })
  const headers = { 'content-type': 'application/json', 'content-length': body.length, expect: '100-continue' }
  const asking = request(`${instance.base}/api/auth/sign-up/email`, { method: 'POST', headers })
  const answered = once(asking, 'response')
  asking.flushHeaders()
  await once(asking, 'continue')
  instance.child.kill('SIGTERM')
  await reason
  asking.end(body)
  const [response] = await answered
  assert.equal(response.statusCode, 200)
  response.resume()
  assert.equal(await instance.exited, 0)
})

test('test people are seeded as often as one likes, and never in production', async () => {
  const refused = await run(['seed.js'], { ...world.env, LANDFALL_ENVIRONMENT: 'production' })
  assert.deepEqual([refused.code, refused.output], [2, 'seed: not in production: the passwords are known\n'])
  for (let i = 0; i < 2; i++) assert.equal((await run(['seed.js'], world.env)).code, 0)
  const ada = visitor(two.base)
  assert.equal((await ada.signIn('ada@campus.example', 'flick-flick')).status, 200)
})
