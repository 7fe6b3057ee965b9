import { spawnSync } from 'node:child_process'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { needs } from '../../../test/capabilities.ts'
import { ask, aWeb, EngineBench, errorOf, shop, text, texts } from '../../../test/process-engine.ts'
import type { Health } from '../../model/app.ts'

let bench: EngineBench
const logins: Record<string, string>[] = []
let refusals = 0
beforeEach(() => {
  const login = async (values: Record<string, string>) => {
    logins.push(values)
    if (refusals-- > 0) throw new Error('password authentication failed')
  }
  const server = { resolve: (v: string) => v, install: async () => {}, login }
  bench = new EngineBench({ servers: { postgres: server } })
  bench.artifact('app')
})
afterEach(() => bench.close())
const http = (over: object): Health => ({ type: 'http', path: '/', everySeconds: 2, timeoutSeconds: 30, ...over })

test('the probe asks for the host that the manifest names', async () => {
  const seen: string[] = []
  const echo = `import { createServer } from 'node:http'
createServer((q, a) => { console.log(q.method, q.headers.host, q.url); a.end('{}') }).listen(process.env.PORT)`
  bench.artifact('echo', { 'echo.mjs': echo })
  await bench.up(
    aWeb('web', {}, { command: texts('node', 'echo.mjs'), health: http({ path: '/up?x=1', host: 'shop.example' }) }),
    'r1',
    'echo',
  )
  await bench.up(aWeb('web', {}, { command: texts('node', 'echo.mjs'), health: http({}) }), 'r2', 'echo')
  for (const l of await bench.logs()) seen.push(l.text)
  expect(seen).toEqual(['GET shop.example /up?x=1', 'GET localhost /'])
})

test('an answer must have the status and hold the JSON', async () => {
  await bench.up(aWeb('web', {}, { health: http({ status: 200, json: { ok: true } }) }), 'r1')
  const other = aWeb('web', {}, { health: http({ json: { ok: 'yes' } }) })
  await bench.start(other, 'r2')
  const error = await errorOf(bench.healthy(other, 'r2', 1))
  expect(error.detail).toMatch(/probe: GET \/ answered 200, but \$\.ok is true, expected "yes" \(\d+ times\)/)
})

test('without a status everything below 500 will do', async () => {
  bench.artifact('gone', {
    'gone.mjs': `import { createServer } from 'node:http'; createServer((q, a) => { a.statusCode = 404; a.end() }).listen(process.env.PORT)`,
  })
  await bench.up(aWeb('web', {}, { command: texts('node', 'gone.mjs'), health: http({}) }), 'r1', 'gone')
})

test('a health check that never passes ends with the last answers and the last lines', async () => {
  const web = aWeb('web', { MODE: 'sick' })
  await bench.start(web, 'r1')
  const error = await errorOf(bench.healthy(web, 'r1', 1))
  expect(error).toMatchObject({
    code: 'E_HEALTH_TIMEOUT',
    message: 'web r1 did not become healthy within 1 s',
    hint: 'landfall logs web --release r1',
  })
  expect(error.detail).toMatch(/probe: GET \/ answered 503, expected 200: \{"ok":false.* \(\d+ times\)/)
  expect(error.detail).toContain('last lines:\nbegins in mode sick\nlistens')
})

test('one that ends again and again fails the wait long before its time is over, with exit code and lines', async () => {
  const web = aWeb('web', { MODE: 'crash' })
  await bench.start(web, 'r1')
  const error = await errorOf(bench.healthy(web, 'r1', 600))
  expect(error).toMatchObject({ code: 'E_CRASHED', message: 'web r1 ended with 7, 3 times in a row before it was healthy' })
  expect(error.detail).toBe('begins in mode crash\ncannot go on')
})

test('one that listens on another port is told which one', async () => {
  const web = aWeb('web', { MODE: 'wrong-port' })
  await bench.start(web, 'r1')
  const { port } = (await bench.engine.instances())[0]!
  const error = await errorOf(bench.healthy(web, 'r1', 1))
  expect(error.message).toBe(
    `web r1 did not become healthy within 1 s: it listens on 127.0.0.1:${port! + 1}, not on its PORT ${port}`,
  )
  expect(error.detail).toContain(`nothing listens on 127.0.0.1:${port}`)
})

test('one that listens on IPv6 alone is told so', async () => {
  const web = aWeb('web', { MODE: 'ipv6-only' })
  await bench.start(web, 'r1')
  const { port } = (await bench.engine.instances())[0]!
  const error = await errorOf(bench.healthy(web, 'r1', 1))
  expect(error.message).toContain(`it listens on [::1]:${port}, not on 127.0.0.1:${port}`)
})

test('one that listens nowhere is told so', async () => {
  const web = aWeb('web', { MODE: 'deaf' })
  await bench.start(web, 'r1')
  expect((await errorOf(bench.healthy(web, 'r1', 1))).message).toContain('it listens on no TCP port; its PORT is')
})

needs('root').test('one that listens in a network namespace of its own is told so', async (ctx) => {
  const tried = spawnSync('setpriv', ['--reuid', '60706', '--clear-groups', '--', 'unshare', '--user', '--net', 'true'])
  if (tried.status !== 0) ctx.skip('this kernel gives ordinary users no namespaces')
  const web = aWeb(
    'web',
    {},
    {
      command: texts(
        'unshare',
        '--user',
        '--map-current-user',
        '--net',
        'sh',
        '-c',
        'ip link set lo up 2>/dev/null; exec node app.mjs',
      ),
    },
  )
  await bench.start(web, 'r1')
  const error = await errorOf(bench.healthy(web, 'r1', 2))
  expect(error.message + error.detail).toContain('in a network namespace of its own')
})

test('a tcp check wants a connection, an alive check a time without an end', async () => {
  await bench.up(aWeb('a', {}, { health: { type: 'tcp', everySeconds: 1, timeoutSeconds: 5 } }), 'r1')
  const deaf = aWeb('b', { MODE: 'deaf' }, { health: { type: 'tcp', everySeconds: 1, timeoutSeconds: 5 } })
  await bench.start(deaf, 'r1')
  expect((await errorOf(bench.healthy(deaf, 'r1', 0.5))).detail).toContain('nothing listens on')
  const began = Date.now()
  await bench.up(aWeb('c', { MODE: 'deaf' }, { health: { type: 'alive', settleSeconds: 0.5, timeoutSeconds: 5 } }), 'r1')
  expect(Date.now() - began).toBeGreaterThanOrEqual(490)
})

test('an alive check is not fooled by one that ends before it has settled', async () => {
  const web = aWeb(
    'web',
    {},
    { command: texts('sh', '-c', 'sleep 0.05; exit 1'), health: { type: 'alive', settleSeconds: 0.5, timeoutSeconds: 5 } },
  )
  await bench.start(web, 'r1')
  expect(await errorOf(bench.healthy(web, 'r1', 20))).toMatchObject({ code: 'E_CRASHED' })
})

test('a login is tried with resolved values until it works', async () => {
  refusals = 2
  logins.length = 0
  bench.stored = { 'db.password': 'geheim' }
  const health: Health = {
    type: 'resource',
    resource: 'postgres',
    values: {
      password: { type: 'stored', name: 'db.password', secret: true },
      folder: { type: 'volume', volume: 'db-data' },
      user: text('app'),
    },
    timeoutSeconds: 20,
  }
  await bench.up(aWeb('db', { MODE: 'deaf' }, { health, address: 'own' }), 'r1')
  expect(logins).toHaveLength(3)
  expect(logins[2]).toEqual({ password: 'geheim', folder: bench.engine.volumePath(shop, 'db-data'), user: 'app' })
  refusals = 1e9
  const other = aWeb('db2', { MODE: 'deaf' }, { health, address: 'own' })
  await bench.start(other, 'r1')
  const error = await errorOf(bench.healthy(other, 'r1', 0.5))
  expect(error.detail).toContain('password authentication failed')
  expect(JSON.stringify(error)).not.toContain('geheim')
})

test('all instances must be healthy', async () => {
  const web = aWeb(
    'web',
    {},
    {
      instances: 2,
      command: texts('sh', '-c', '[ "$LANDFALL_INSTANCE" = shop-local-web-r1-1 ] && export MODE=sick; exec node app.mjs'),
    },
  )
  await bench.start(web, 'r1')
  expect((await errorOf(bench.healthy(web, 'r1', 1))).message).toBe('web r1 #1 did not become healthy within 1 s')
  expect(await bench.engine.endpoints(shop, 'web', 'r1')).toHaveLength(1)
})

test('a job is done when it has ended with 0, is not started again, and stays on record', async () => {
  const job = aWeb('job', {}, { type: 'job', command: texts('sh', '-c', 'echo did it; sleep 0.3') })
  await bench.start(job, 'r1')
  await bench.healthy(job, 'r1', 20)
  expect((await bench.engine.observe(shop)).running).toMatchObject([{ component: 'job', state: 'ended' }])
  await bench.start(job, 'r1')
  await bench.healthy(job, 'r1', 20)
  await bench.reconnect()
  await bench.start(job, 'r1')
  expect((await bench.engine.observe(shop)).running).toMatchObject([{ component: 'job', state: 'ended' }])
  expect((await bench.logs()).map((l) => l.text)).toEqual(['did it'])
})

test('a job that fails is not tried again by itself, but by the next start', async () => {
  const job = aWeb('job', {}, { type: 'job', command: texts('sh', '-c', 'echo no luck; exit 4') })
  await bench.start(job, 'r1')
  expect(await errorOf(bench.healthy(job, 'r1', 20))).toMatchObject({
    code: 'E_CRASHED',
    message: 'job r1 ended with 4',
    detail: 'no luck',
  })
  expect((await bench.engine.observe(shop)).running).toMatchObject([{ state: 'failed' }])
  await bench.reconnect()
  expect((await bench.engine.observe(shop)).running).toMatchObject([{ state: 'failed' }])
  await bench.start(job, 'r1')
  await errorOf(bench.healthy(job, 'r1', 20))
  expect(await bench.logs()).toHaveLength(2)
})

test('a wait is ended by its signal', async () => {
  const web = aWeb('web', { MODE: 'sick' })
  await bench.start(web, 'r1')
  const waiting = bench.engine.steps['await-healthy'](
    { type: 'await-healthy', component: web, release: 'r1', timeoutSeconds: 600 },
    bench.context({ signal: AbortSignal.timeout(200) }),
  )
  expect(await errorOf(waiting)).toMatchObject({ code: 'E_CANCELLED' })
})

test('what was never started is not waited for', async () => {
  expect(await errorOf(bench.healthy(aWeb('web'), 'r9', 600))).toMatchObject({ code: 'E_NOT_STARTED' })
})

test('health is not asked any more once it was there', async () => {
  const once = `import { createServer } from 'node:http'
let n = 0
createServer((q, a) => { console.log('asked', ++n); a.end(JSON.stringify({ pid: process.pid })) }).listen(process.env.PORT)`
  bench.artifact('count', { 'count.mjs': once })
  const endpoint = await bench.up(aWeb('web', {}, { command: texts('node', 'count.mjs') }), 'r1', 'count')
  await new Promise((resolve) => setTimeout(resolve, 300))
  expect((await ask(endpoint)).pid).toBeGreaterThan(0)
  expect((await bench.logs()).at(-1)?.text).toBe('asked 2')
})
