import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, statSync } from 'node:fs'
import { createServer } from 'node:net'
import { expect, test } from 'vitest'
import { aHome, callsIn, pause, play, serve, until, wireDaemon } from '../../test/wire/home.ts'
import { codeOf } from '../lib/error.ts'
import { packageVersion } from '../lib/package.ts'
import { identify, isAlive } from '../lib/process-identity.ts'
import { readAbout } from './about.ts'
import { call, watch } from './client.ts'
import { daemonPaths } from './paths.ts'
import { ensureDaemon, findDaemon, stopDaemon } from './start.ts'

const LEAVING = ['E_DAEMON_LOST', 'E_DAEMON_STOPPED']
const start = (home: string, version = packageVersion, say = (_: string) => {}) =>
  ensureDaemon({ home, version, say, program: wireDaemon })

test('the daemon starts by itself, alone reachable by its user, and outlives whoever started it', async () => {
  const home = aHome()
  const about = await start(home)
  expect(about).toMatchObject({ service: 'landfall', version: packageVersion, home })
  const { run, socket } = daemonPaths(home)
  expect((statSync(run).mode & 0o777).toString(8)).toBe('700')
  expect((statSync(socket).mode & 0o777).toString(8)).toBe('600')
  expect(readAbout(home)).toMatchObject({ pid: about.pid, version: packageVersion })
  // A session of its own: neither the terminal's end nor its Ctrl-C reaches it.
  const session = readFileSync(`/proc/${about.pid}/stat`, 'latin1').split(') ')[1]?.split(' ')[3]
  expect(Number(session)).toBe(about.pid)
})

test('many starts at once make one daemon', async () => {
  const home = aHome({ recoverMs: 200 })
  const answers = await Promise.all(Array.from({ length: 5 }, () => start(home)))
  expect(new Set(answers.map((a) => a.pid)).size).toBe(1)
})

test('a second one in the foreground says who is there, and leaves it alone', async () => {
  const home = aHome()
  const { pid } = await start(home)
  const second = serve(home)
  expect(await second.code).toBe(75)
  expect(second.text()).toContain(`E_DAEMON_RUNS landfall ${packageVersion}, pid ${pid}, already serves ${home}`)
  expect((await findDaemon(home))?.pid).toBe(pid)
})

test('after a kill -9 the next start removes the stale socket', async () => {
  const home = aHome()
  const first = await start(home)
  const identity = identify(first.pid)
  process.kill(first.pid, 'SIGKILL')
  while (identity && isAlive(identity)) await pause(5)
  expect(existsSync(daemonPaths(home).socket)).toBe(true)
  expect(await findDaemon(home, LEAVING)).toBeUndefined()
  expect((await start(home)).pid).not.toBe(first.pid)
})

test('a newer command replaces an older daemon', async () => {
  const home = aHome()
  serve(home, { WIRE_VERSION: '0.0.9' })
  const old = await until(() => findDaemon(home))
  const said: string[] = []
  const now = await start(home, packageVersion, (line) => said.push(line))
  expect(now.version).toBe(packageVersion)
  expect(now.pid).not.toBe(old.pid)
  expect(said.join()).toContain('0.0.9 makes way for')
  expect(callsIn(home).map((c) => c.name)).toEqual(['stop', 'close'])
})

test('an older command refuses a newer daemon with both versions, and leaves it alone', async () => {
  const home = aHome()
  serve(home, { WIRE_VERSION: '99.1.0' })
  const newer = await until(() => findDaemon(home))
  const error = await start(home).catch((e: unknown) => e)
  expect(error).toMatchObject({ code: 'E_SERVER_VERSION' })
  expect(String(error)).toContain('99.1.0')
  expect(String(error)).toContain(packageVersion)
  expect((await findDaemon(home))?.pid).toBe(newer.pid)
})

test('a daemon that cannot start is told with the last lines of its log', async () => {
  const home = aHome({ openError: 'state.db is torn at page 7' })
  const error = await start(home).catch((e: unknown) => e)
  expect(error).toMatchObject({ code: 'E_DAEMON', detail: expect.stringContaining('state.db is torn at page 7') })
})

test('a SIGTERM ends the world first, then the streams with their reason', async () => {
  const home = aHome({ streams: { logs: { isEndless: true } }, closeMs: 100 })
  const { pid } = await start(home)
  const lines = watch(home, 'logs', { folder: '/x', follow: true })
  await lines.next()
  process.kill(pid, 'SIGTERM')
  const reading = (async () => {
    for await (const _ of lines);
  })()
  await expect(reading).rejects.toMatchObject({ code: 'E_DAEMON_STOPPED' })
  await until(async () => (await findDaemon(home, LEAVING)) === undefined)
  expect(callsIn(home).some((c) => c.name === 'close')).toBe(true)
  expect(readFileSync(daemonPaths(home).log, 'utf8')).toContain('stopping: SIGTERM')
})

test('a command that comes while the old daemon ends gets the new one', async () => {
  const home = aHome({ closeMs: 1500 })
  const first = await start(home)
  process.kill(first.pid, 'SIGTERM')
  await until(() =>
    findDaemon(home).then(
      (a) => a === undefined,
      (e) => codeOf(e) === 'E_DAEMON_STOPPED',
    ),
  )
  expect((await start(home)).pid).not.toBe(first.pid)
})

test('stop comes back when the daemon is gone, and says nothing was there the second time', async () => {
  const home = aHome()
  const { pid } = await start(home)
  const identity = identify(pid)
  expect(await stopDaemon(home, { edge: false })).toEqual(['daemon'])
  expect(identity && isAlive(identity)).toBe(false)
  expect(existsSync(daemonPaths(home).socket)).toBe(false)
  expect(await stopDaemon(home, { edge: false })).toEqual([])
})

test('a daemon killed in the middle of an answer is a lost one, with its log', async () => {
  const home = aHome({ ops: { ps: { takesMs: 60_000 } } })
  const { pid } = await start(home)
  const asking = call(home, 'ps', {})
  await until(() => callsIn(home).length > 0)
  process.kill(pid, 'SIGKILL')
  await expect(asking).rejects.toMatchObject({ code: 'E_DAEMON_LOST', detail: expect.stringContaining('serves') })
})

test('an unforeseen exception ends the daemon whole, and the next command starts another', async () => {
  const home = aHome({ ops: { ps: { error: { code: 'THROW', message: 'a bug in a timer' } } } })
  const first = await start(home)
  const identity = identify(first.pid)
  await call(home, 'ps', {})
  while (identity && isAlive(identity)) await pause(5)
  expect(readFileSync(daemonPaths(home).log, 'utf8')).toContain('a bug in a timer')
  play(home, {})
  expect((await start(home)).pid).not.toBe(first.pid)
})

test('a daemon whose socket was taken away ends itself', async () => {
  const home = aHome()
  const { pid } = await start(home)
  const identity = identify(pid)
  rmSync(daemonPaths(home).run, { recursive: true })
  while (identity && isAlive(identity)) await pause(20)
})

test('a program that is not Landfall on the socket is not asked to stop, nor replaced', async () => {
  const home = aHome()
  mkdirSync(daemonPaths(home).run)
  const server = createServer((socket) => socket.end('hello\r\n'))
  server.listen(daemonPaths(home).socket)
  await once(server, 'listening')
  await expect(start(home)).rejects.toMatchObject({ code: 'E_SERVER_VERSION' })
  expect(server.listening).toBe(true)
  server.close()
})

test('a path that the system does not take for a socket is refused before anything is made of it', async () => {
  const home = aHome()
  const long = `${home}/${'x'.repeat(100)}`
  mkdirSync(long)
  const daemon = serve(long)
  expect(await daemon.code).toBe(1)
  expect(daemon.text()).toContain('E_PATH')
})

test('a log that is full keeps one generation', () => {
  const home = aHome()
  mkdirSync(`${home}/logs`)
  const file = `${home}/logs/daemon.log`
  const log = openSync(file, 'a')
  const program = `import { createLog } from ${JSON.stringify(new URL('log.ts', import.meta.url).href)}
const say = createLog(${JSON.stringify(file)}, 2000)
for (let i = 0; i < 100; i += 1) say('line ' + i)`
  spawnSync(process.execPath, ['--input-type=module', '-e', program], { stdio: ['ignore', log, log] })
  closeSync(log)
  expect(statSync(file).size).toBeLessThan(2100)
  expect(readFileSync(`${file}.1`, 'utf8') + readFileSync(file, 'utf8')).toContain('line 99')
})
