import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { expect, onTestFinished } from 'vitest'
import { needs } from '../../../test/capabilities.ts'
import { errorOf, isRoot, processesOf, until } from '../../../test/process-engine.ts'
import { modeOf, ServerBench } from '../../../test/server-bench.ts'
import redis from './index.ts'
import { session } from './session.ts'

const ODD = `p@ss w/ö?rd#%'"\\ $(id) \u{1f40b}`
const { test } = needs('redis')

function aServer(options: Record<string, unknown> = {}): ServerBench {
  const server = new ServerBench(redis, 'cache', options)
  onTestFinished(() => server.close())
  return server
}

async function ask(server: ServerBench, commands: string[][], password?: string): Promise<(string | null)[]> {
  const to = { host: await server.output('host'), port: Number(await server.output('port')) }
  return session({ ...to, password: password ?? (await server.output('password')) }, commands, AbortSignal.timeout(20_000))
}

/** Why it did not come up, from its log. */
async function refusalOf(server: ServerBench): Promise<string> {
  await server.start()
  const error = await errorOf(server.ready())
  expect(error.code).toBe('E_CRASHED')
  return error.detail ?? ''
}

/** Digest of every file, to see that none of them was touched. */
function filesOf(folder: string): Record<string, string> {
  const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) => statSync(join(folder, path)).isFile())
  const digest = (path: string) =>
    createHash('sha256')
      .update(readFileSync(join(folder, path)))
      .digest('hex')
  return Object.fromEntries(paths.sort().map((path) => [path, digest(path)]))
}

test('it is what the url says, and keeps data over a restart', async () => {
  const server = aServer()
  await server.up()
  const [port, password] = [await server.output('port'), await server.output('password')]
  expect(await server.output('url')).toBe(`redis://:${password}@127.0.0.1:${port}/0`)
  expect(await ask(server, [['SET', 'kept', 'ü 7']])).toEqual(['OK'])
  await server.stop()
  await server.up()
  expect(
    await ask(server, [
      ['GET', 'kept'],
      ['GET', 'other'],
    ]),
  ).toEqual(['ü 7', null])
  expect(readdirSync(server.folder).sort()).toEqual(['data', 'lock', 'version'])
})

test('it listens on loopback alone, under the uid of servers, and stays known as an instance', async () => {
  const server = aServer()
  await server.up()
  const port = Number(await server.output('port'))
    .toString(16)
    .toUpperCase()
  const listening = ['tcp', 'tcp6'].flatMap((name) => readFileSync(`/proc/net/${name}`, 'utf8').split('\n'))
  const ours = listening
    .map((line) => line.trim().split(/\s+/))
    .filter(([, local, , state]) => state === '0A' && local?.endsWith(`:${port}`))
  expect(ours.map(([, local]) => local)).toEqual([`0100007F:${port}`])
  // Found by the marks in its environment, which a title of its own would have covered.
  const pid = await server.pid()
  const { uid } = statSync(`/proc/${pid}`)
  expect(uid === process.getuid?.()).toBe(!isRoot)
  expect(uid).not.toBe(0)
  expect(uid).toBe(statSync(server.folder).uid)
})

test('SIGKILL of all its processes in the middle of writing loses no confirmed write, but for what a slow disk held back', async () => {
  const server = aServer()
  await server.up()
  const confirmedAt: number[] = []
  const writing = (async () => {
    for (let i = 0; ; i++) {
      await ask(server, [['SET', `key:${i}`, 'x'.repeat(2000)]])
      confirmedAt[i] = performance.now()
    }
  })().catch(() => {})
  await until('some writes are confirmed', () => confirmedAt.length > 50)
  const killedAt = performance.now()
  await server.kill()
  await writing
  await server.ready()
  const answers = await ask(
    server,
    confirmedAt.map((_, i) => ['EXISTS', `key:${i}`]),
  )
  // While a sync goes on, Redis itself holds what it writes back for two seconds at most, and confirms all the same.
  const lost = confirmedAt.filter((at, i) => answers[i] !== '1' && killedAt - at > 2500)
  expect(lost).toEqual([])
  const first = answers.indexOf('0')
  // What is lost is the end, and nothing in the middle.
  expect(first < 0 ? [] : answers.slice(first).filter((a) => a === '1')).toEqual([])
})

test('a log whose last write was torn is read up to there', async () => {
  const server = aServer()
  await server.up()
  await ask(server, [
    ['SET', 'first', '1'],
    ['SET', 'last', '2'],
  ])
  await server.stop()
  const folder = join(server.folder, 'data/appendonlydir')
  const log = join(folder, readdirSync(folder).find((name) => name.includes('.incr.'))!)
  truncateSync(log, statSync(log).size - 3)
  await server.up()
  expect(
    await ask(server, [
      ['GET', 'first'],
      ['GET', 'last'],
    ]),
  ).toEqual(['1', null])
})

test('nobody gets in without the password', async () => {
  const server = aServer()
  await server.up()
  await expect(server.login({ password: 'guess' })).rejects.toMatchObject({
    code: 'E_LOGIN',
    message: expect.stringContaining('WRONGPASS'),
  })
  await expect(server.login({ password: '' })).rejects.toMatchObject({ code: 'E_LOGIN' })
  expect(await plain(server, 'GET kept\r\n')).toContain('-NOAUTH')
})

test('a password of any characters works, and a changed one is the only one that works', async () => {
  const server = aServer()
  await server.up()
  const old = await server.output('password')
  await server.stop()
  server.bench.stored['cache.password'] = ODD
  await server.up()
  expect(await ask(server, [['PING']])).toEqual(['PONG'])
  await expect(server.login({ password: old })).rejects.toMatchObject({ code: 'E_LOGIN' })
})

test('the password is in no argument, no environment of the server, no file, no log and no error', async () => {
  const server = aServer({ config: { path: 'redis.conf', text: 'maxmemory-policy allkeys-lru\n' } })
  server.bench.stored['cache.password'] = 'Canary7d1Secret'
  await server.up()
  await server.login()
  const pid = await server.pid()
  expect(readFileSync(`/proc/${pid}/environ`, 'utf8')).toContain('LANDFALL_INSTANCE=')
  expect(readFileSync(`/proc/${pid}/environ`, 'utf8')).not.toContain('Canary')
  for (const each of [...processesOf(server.bench.home), (await server.instance()).pid]) {
    expect(readFileSync(`/proc/${each}/cmdline`, 'utf8')).not.toContain('Canary')
  }
  const config = join(server.bench.home, 'instances', (await server.instance()).id, 'tmp/redis.conf')
  expect([modeOf(config), modeOf(join(config, '..'))]).toEqual([0o600, 0o700])
  for (const path of readdirSync(server.bench.home, { recursive: true, encoding: 'utf8' })) {
    const file = join(server.bench.home, path)
    if (statSync(file).isFile()) expect(readFileSync(file, 'utf8').includes('Canary'), path).toBe(false)
  }
  const wrong = await errorOf(server.login({ password: 'Canary but wrong' }))
  await server.stop()
  const refused = await errorOf(server.login())
  for (const error of [wrong, refused]) expect(JSON.stringify(error) + String(error)).not.toContain('Canary')
  expect(refused).toMatchObject({ code: 'E_LOGIN', detail: 'ECONNREFUSED' })
})

test('data that a newer server or another kind of server wrote is refused and left as it is', async () => {
  const server = aServer()
  await server.up()
  await ask(server, [['SET', 'kept', '7']])
  await server.stop()
  const mark = join(server.folder, 'version')
  const own = readFileSync(mark, 'utf8')
  const [flavour = '', version = ''] = own.trim().split(' ')
  const major = Number.parseInt(version, 10)
  const other = flavour === 'redis' ? 'valkey' : 'redis'
  for (const foreign of [`${flavour} ${major + 1}.0`, `${flavour} ${major}.99`, `${other} 99.0`]) {
    writeFileSync(mark, `${foreign}\n`)
    const before = filesOf(server.folder)
    expect(await refusalOf(server)).toContain(
      `is that of ${foreign}, and this server is ${flavour} ${version}: it is left as it is`,
    )
    await server.stop()
    expect(filesOf(server.folder)).toEqual(before)
  }
  writeFileSync(mark, `${flavour} ${major - 1}.9\n`)
  await server.up()
  expect(await ask(server, [['GET', 'kept']])).toEqual(['7'])
  expect(readFileSync(mark, 'utf8')).toBe(own)
})

test('files that it would not read keep it from starting empty', async () => {
  const server = aServer()
  await server.up()
  await server.stop()
  for (const entry of readdirSync(server.folder)) rmSync(join(server.folder, entry), { recursive: true })
  writeFileSync(join(server.folder, 'dump.rdb'), 'REDIS0011')
  expect(await refusalOf(server)).toContain('holds dump.rdb but no file version')
  await server.stop()
  expect(readdirSync(server.folder).sort()).toEqual(['dump.rdb', 'lock'])

  rmSync(join(server.folder, 'dump.rdb'))
  await server.up()
  await server.stop()
  rmSync(join(server.folder, 'data/appendonlydir'), { recursive: true })
  writeFileSync(join(server.folder, 'data/dump.rdb'), 'REDIS0011')
  expect(await refusalOf(server)).toContain('holds dump.rdb and nothing else')
})

test('a second server on the same folder is refused while the first one lives', async () => {
  const server = aServer()
  await server.up()
  const lines: string[] = []
  const io = {
    stdout: () => {},
    stderr: (chunk: Uint8Array) => lines.push(Buffer.from(chunk).toString()),
    signal: AbortSignal.timeout(40_000),
  }
  const command = ['env', 'PORT=1', '/bin/sh', 'bin/landfall-redis']
  const { artifact, component, release } = server.started
  const code = await server.bench.engine.exec({ app: 'shop', environment: 'local' }, component, release, artifact, command, io)
  expect([code, lines.join('')]).toEqual([1, expect.stringContaining('another server works on')])
  await server.login()
})

test('options and a file of the app reach the server, and what Landfall decides wins', async () => {
  const text = '# ours\nmaxmemory-policy allkeys-lru\r\nnotify-keyspace-events KEA\nsave 900 1'
  const server = aServer({ maxMemory: '48Mi', config: { path: 'redis.conf', text } })
  expect(server.check()).toEqual([])
  await server.up()
  const settings = ['maxmemory', 'maxmemory-policy', 'notify-keyspace-events', 'save', 'appendonly']
  expect(await read(server, settings)).toEqual([`${48 * 1024 * 1024}`, 'allkeys-lru', 'AKE', '900 1', 'yes'])
})

test('without persistence it keeps nothing, and needs no volume', async () => {
  const server = aServer({ persistence: 'none' })
  await server.up()
  await ask(server, [['SET', 'gone', '1']])
  expect(await read(server, ['appendonly', 'save'])).toEqual(['no', ''])
  expect(redis.expand(server.resource).volumes).toEqual([])
  await server.kill()
  await server.ready()
  expect(await ask(server, [['GET', 'gone']])).toEqual([null])
})

test('an app may do everything but load code, follow another server, end this one, or write files elsewhere', async () => {
  const server = aServer()
  await server.up()
  const refused = [
    ['MODULE', 'LOAD', '/x.so'],
    ['REPLICAOF', '127.0.0.1', '1'],
    ['SHUTDOWN'],
    ['DEBUG', 'SEGFAULT'],
    ['CONFIG', 'SET', 'dir', '/tmp'],
  ]
  for (const command of refused) {
    await expect(ask(server, [command]), command.join(' ')).rejects.toMatchObject({ code: 'E_LOGIN' })
  }
  const used = [['EVAL', 'return 1', '0'], ['XADD', 's', '*', 'a', 'b'], ['PUBLISH', 'c', 'm'], ['FLUSHALL'], ['INFO', 'server']]
  for (const command of used) await ask(server, [command])
})

test('when the server that was found is gone, another one of the machine takes its place', async () => {
  const server = aServer()
  await server.install()
  const file = join(server.artifactRoot, 'server')
  writeFileSync(file, readFileSync(file, 'utf8').replace(/^.*/, '/opt/gone/redis-server'))
  await server.up()
  expect(await ask(server, [['PING']])).toEqual(['PONG'])
})

/** Settings, one answer each: CONFIG GET answers with lists, which the login's client has no need to know. */
async function read(server: ServerBench, settings: string[]): Promise<string[]> {
  const password = await server.output('password')
  const lines = (
    await plain(server, `AUTH ${password}\r\n${settings.map((name) => `CONFIG GET ${name}\r\n`).join('')}PING\r\n`)
  ).split('\r\n')
  return settings.map((name) => lines[lines.indexOf(name) + 2] ?? '')
}

/** Lines as a person types them, and all that comes back until PONG or an error. */
async function plain(server: ServerBench, lines: string): Promise<string> {
  const socket = connect(Number(await server.output('port')), await server.output('host'))
  socket.write(lines)
  let answer = ''
  for await (const chunk of socket) {
    answer += String(chunk)
    if (/\+PONG|^-/m.test(answer)) break
  }
  return answer
}
