import { existsSync, readFileSync, statSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { ask, aWeb, EngineBench, errorOf, get, shop, text, texts, until } from '../../../test/process-engine.ts'
import { readRecord } from './record.ts'

let bench: EngineBench
const blockers: Server[] = []
beforeEach(() => {
  bench = new EngineBench()
  bench.artifact('app')
})
afterEach(async () => {
  for (const b of blockers.splice(0)) b.close()
  await bench.close()
})

const occupy = (port: number) =>
  new Promise<void>((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(port, '127.0.0.1', () => {
      blockers.push(server)
      resolve()
    })
  })

test('a started component answers under its endpoint and is observed', async () => {
  const endpoint = await bench.up(aWeb('web'), 'r1')
  expect(await ask(endpoint)).toMatchObject({
    release: 'r1',
    cwd: join(bench.home, 'artifacts/app/root'),
    host: new URL(endpoint).host,
  })
  const { running, artifacts } = await bench.engine.observe(shop)
  expect(running).toEqual([{ component: 'web', release: 'r1', digest: 'd-r1', state: 'running', instances: 1 }])
  expect(artifacts).toEqual(['app'])
  const [instance] = await bench.engine.instances(shop)
  expect(instance).toMatchObject({ id: 'shop-local-web-r1-0', state: 'running', restarts: 0, index: 0 })
  expect(instance?.memoryMiB).toBeGreaterThan(1)
})

test('starting twice leaves the running instance alone', async () => {
  const web = aWeb('web')
  const endpoint = await bench.up(web, 'r1')
  const { pid } = await ask(endpoint)
  expect(await bench.up(web, 'r1')).toBe(endpoint)
  expect((await ask(endpoint)).pid).toBe(pid)
})

test('two releases and several instances of a component run beside each other, each with its own port', async () => {
  const web = aWeb('web', {}, { instances: 2 })
  await bench.up(web, 'r1')
  await bench.up(web, 'r2')
  const endpoints = [...(await bench.engine.endpoints(shop, 'web', 'r1')), ...(await bench.engine.endpoints(shop, 'web', 'r2'))]
  expect(new Set(endpoints).size).toBe(4)
  const releases = await Promise.all(endpoints.map(async (e) => (await ask(e)).release))
  expect(releases).toEqual(['r1', 'r1', 'r2', 'r2'])
  await bench.stop('web', 'r1')
  expect((await bench.engine.observe(shop)).running.map((r) => r.release)).toEqual(['r2'])
})

test('fewer instances than before: the ones too many are stopped', async () => {
  await bench.up(aWeb('web', {}, { instances: 3 }), 'r1')
  await bench.up(aWeb('web', {}, { instances: 1 }), 'r1')
  expect(await bench.engine.instances(shop)).toHaveLength(1)
})

test('the same release with another digest is started anew', async () => {
  const { pid } = await ask(await bench.up(aWeb('web', { A: '1' }), 'r1'))
  const web = aWeb('web', { A: '2' })
  await bench.start(web, 'r1', 'app', 'other')
  await bench.healthy(web, 'r1')
  const [endpoint = ''] = await bench.engine.endpoints(shop, 'web', 'r1')
  expect((await ask(endpoint)).pid).not.toBe(pid)
  expect(JSON.parse(await get(endpoint, '/env')).A).toBe('2')
})

test('an instance gets its environment byte by byte, and nothing of ours', async () => {
  const odd = 'a$HOME `id` "two" \'one\' \\n\nsecond line\ttab ü€ $(touch /tmp/x) *'
  process.env.LANDFALL_CANARY = 'of the daemon'
  bench.stored = { KEY: 's3cret value' }
  const web = aWeb('web', {
    ODD: odd,
    EMPTY: '',
    IFS: 'x',
    KEY: { type: 'stored', name: 'KEY', secret: true },
    WHERE: { type: 'join', parts: [text('http://localhost:'), { type: 'instance', field: 'port' }, text('/a')] },
    FOLDER: { type: 'volume', volume: 'uploads' },
    NUMBER: {
      type: 'join',
      parts: [{ type: 'join', parts: [{ type: 'instance', field: 'index' }] }, text('.'), { type: 'instance', field: 'release' }],
    },
    ROOT: { type: 'instance', field: 'artifact' },
    DB: { type: 'address', component: 'db', part: 'url' },
    LD_PRELOAD: '/nowhere/lib.so',
  })
  const endpoint = await bench.up(web, 'r1')
  const env = JSON.parse(await get(endpoint, '/env'))
  const { port } = new URL(endpoint)
  const root = join(bench.home, 'artifacts/app/root')
  expect(env).toEqual({
    ODD: odd,
    EMPTY: '',
    IFS: 'x',
    KEY: 's3cret value',
    WHERE: `http://localhost:${port}/a`,
    FOLDER: join(bench.home, 'volumes/shop/local/uploads'),
    NUMBER: '0.r1',
    ROOT: root,
    DB: '<address>',
    LD_PRELOAD: '/nowhere/lib.so',
    PORT: port,
    PATH: `${join(process.execPath, '..')}:/usr/local/bin:/usr/bin:/bin`,
    HOME: join(bench.home, 'homes/shop/local/app'),
    TMPDIR: join(bench.home, 'instances/shop-local-web-r1-0/tmp'),
    LANG: 'C.UTF-8',
    LANDFALL_APP: 'shop',
    LANDFALL_ENVIRONMENT: 'local',
    LANDFALL_COMPONENT: 'web',
    LANDFALL_RELEASE: 'r1',
    LANDFALL_INSTANCE: 'shop-local-web-r1-0',
    LANDFALL_HOME: bench.home,
  })
  expect(statSync(env.TMPDIR).mode & 0o777).toBe(0o700)
  expect(statSync(env.HOME).mode & 0o777).toBe(0o700)
})

test('no secret is on record or in an argument list', async () => {
  bench.stored = { KEY: 'canary-4711' }
  const endpoint = await bench.up(aWeb('web', { KEY: { type: 'stored', name: 'KEY', secret: true } }), 'r1')
  const { pid } = await ask(endpoint)
  const [instance] = await bench.engine.instances()
  const record = readFileSync(join(bench.home, 'instances', instance!.id, 'instance.json'), 'utf8')
  const args = [pid, instance!.pid!].map((p) => readFileSync(`/proc/${p}/cmdline`, 'utf8')).join('\n')
  expect(record + args).not.toContain('canary-4711')
  expect(readRecord(bench.home, instance!.id)?.component.env.KEY).toEqual({ type: 'stored', name: 'KEY', secret: true })
})

test('an instance holds no file of ours open', async () => {
  const endpoint = await bench.up(
    aWeb('web', {}, { command: texts('sh', '-c', 'ls -l /proc/self/fd | sort -k9 >"$TMPDIR/fds"; exec node app.mjs') }),
    'r1',
  )
  const fds = readFileSync(join(bench.home, 'instances/shop-local-web-r1-0/tmp/fds'), 'utf8').split('\n')
  const foreign = fds.filter((l) => / -> /.test(l) && !/\/dev\/null|0\.log|\/tmp\/fds|\/proc\//.test(l) && !/pipe:/.test(l))
  expect(foreign).toEqual([])
  expect(endpoint).not.toBe('')
})

test('the command comes from the artifact where the manifest gives none, and programs are found on its PATH first', async () => {
  bench.artifact(
    'tools',
    { 'bin/node': `#!/bin/sh\nexport FOUND=here\nexec "${process.execPath}" "$@"\n` },
    { path: ['bin'], command: ['node', 'app.mjs'] },
  )
  const { command: _, ...web } = aWeb('web')
  const endpoint = await bench.up(web, 'r1', 'tools')
  expect(JSON.parse(await get(endpoint, '/env'))).toMatchObject({ FOUND: 'here' })
})

test.each([
  ['no command at all', { command: [] }, 'E_COMMAND'],
  ['a program that begins with a hyphen', { command: texts('-c', 'x') }, 'E_COMMAND'],
  ['a variable of ours', { env: { LANDFALL_HOME: text('/') } }, 'E_ENV_KEY'],
  ['a variable with a strange name', { env: { 'A;B': text('1') } }, 'E_ENV_KEY'],
  ['a NUL byte in a value', { env: { A: text('a\0b') } }, 'E_ENV_VALUE'],
  ['a value longer than the kernel takes', { env: { A: text('x'.repeat(200_000)) } }, 'E_ENV_VALUE'],
  ['more memory than the machine has', { limits: { memoryMiB: 10_000_000 } }, 'E_LIMIT'],
  ['an image', { source: { type: 'image' as const, image: 'x' } }, 'E_ENGINE'],
])('%s is refused before anything runs', async (_, over, code) => {
  expect(await errorOf(bench.start(aWeb('web', {}, over), 'r1'))).toMatchObject({ code })
  expect(await bench.engine.instances()).toEqual([])
  expect(existsSync(join(bench.home, 'instances/shop-local-web-r1-0'))).toBe(false)
})

test('an artifact that was pruned is named', async () => {
  expect(await errorOf(bench.start(aWeb('web'), 'r1', 'gone'))).toMatchObject({
    code: 'E_ARTIFACT_GONE',
    message: expect.stringContaining('gone'),
  })
})

test('a command that is not there says so', async () => {
  const web = aWeb('web', {}, { command: texts('no-such-program') })
  await bench.start(web, 'r1')
  const error = await errorOf(bench.healthy(web, 'r1'))
  expect(error).toMatchObject({ code: 'E_CRASHED', message: expect.stringContaining('127: the command was not found') })
  expect(error.detail).toContain('no-such-program')
})

test('a port that somebody took while an instance was away is not fought over: the edge hears of another one', async () => {
  const first = await bench.up(aWeb('web'), 'r1')
  const told: string[][] = []
  bench.engine.onEndpoints((scope, component, release, endpoints) => told.push([scope.app, component, release, ...endpoints]))
  await get(first, '/exit').catch(() => {})
  const { port } = new URL(first)
  await until('the port is ours', () =>
    occupy(Number(port)).then(
      () => true,
      () => false,
    ),
  )
  const now = async () => (await bench.engine.endpoints(shop, 'web', 'r1'))[0] ?? ''
  await until('it has another port', async () => (await now()) !== first)
  await until('it answers there', async () => (await bench.engine.instances())[0]?.state === 'running')
  const second = await now()
  expect((await ask(second)).release).toBe('r1')
  expect(told.at(-1)).toEqual(['shop', 'web', 'r1', second])
})

test('a restarted instance keeps its port where it is free', async () => {
  const first = await bench.up(aWeb('web'), 'r1')
  await get(first, '/exit').catch(() => {})
  await until('it is known to run again', () => bench.notices.length === 2)
  expect(await bench.engine.endpoints(shop, 'web', 'r1')).toEqual([first])
  expect((await ask(first)).release).toBe('r1')
  expect(bench.notices.map((n) => n.code)).toEqual(['crashed', 'restarted'])
  expect((await bench.engine.instances())[0]?.restarts).toBe(1)
})

test('an address of its own stays the same over releases, and whoever sits on it is named', async () => {
  const db = aWeb('db', {}, { type: 'worker', address: 'own', rollout: 'replace' })
  const { host, port } = await bench.engine.address(shop, 'db')
  expect(await bench.up(db, 'r1')).toBe(`http://${host}:${port}`)
  await bench.stop('db', 'r1')
  expect(await bench.up(db, 'r2')).toBe(`http://${host}:${port}`)
  const other = await errorOf(bench.start(db, 'r3'))
  expect(other).toMatchObject({ code: 'E_PORT_TAKEN', message: expect.stringContaining('db r2, which still runs') })
  await bench.stop('db', 'r2')
  await occupy(port)
  const taken = await errorOf(bench.start(db, 'r3'))
  expect(taken).toMatchObject({ code: 'E_PORT_TAKEN', message: expect.stringContaining(`held by pid ${process.pid}`) })
  expect(taken.hint).toContain(`kill ${process.pid}`)
  expect(await bench.engine.address(shop, 'db')).toEqual({ host, port })
  expect((await bench.engine.address({ ...shop, environment: 'staging' }, 'db')).port).not.toBe(port)
})

test('static files are published without a process', async () => {
  const site = aWeb('site', {}, { type: 'static', command: [] })
  await bench.start(site, 'r1')
  await bench.healthy(site, 'r1')
  expect(await bench.engine.endpoints(shop, 'site', 'r1')).toEqual([pathToFileURL(join(bench.home, 'artifacts/app/root')).href])
  expect((await bench.engine.observe(shop)).running).toEqual([
    { component: 'site', release: 'r1', digest: 'd-r1', state: 'running', instances: 1 },
  ])
  await bench.reconnect()
  expect(await bench.engine.endpoints(shop, 'site', 'r1')).toHaveLength(1)
  await bench.retire('site', 'r1', 60)
  expect((await bench.engine.observe(shop)).running).toEqual([])
})

test('a worker has no endpoint', async () => {
  const { address: _, ...worker } = aWeb(
    'worker',
    {},
    { type: 'worker', health: { type: 'alive', settleSeconds: 0.2, timeoutSeconds: 10 } },
  )
  await bench.up(worker, 'r1')
  expect(await bench.engine.endpoints(shop, 'worker', 'r1')).toEqual([])
})

test('names that would meet in one id are kept apart', async () => {
  const ab = { app: 'a-b', environment: 'c' }
  const abc = { app: 'a', environment: 'b-c' }
  await bench.start(aWeb('web'), 'r1', 'app', 'd', ab)
  await bench.start(aWeb('web'), 'r1', 'app', 'd', abc)
  const ids = (await bench.engine.instances()).map((i) => i.id)
  expect(new Set(ids).size).toBe(2)
  await bench.stop('web', 'r1', ab)
  expect((await bench.engine.observe(abc)).running).toHaveLength(1)
})
