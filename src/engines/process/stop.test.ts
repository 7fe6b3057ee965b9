import { afterEach, beforeEach, expect, test } from 'vitest'
import { ask, aWeb, EngineBench, isRoot, processesOf, shop, texts, until } from '../../../test/process-engine.ts'

let bench: EngineBench
beforeEach(() => {
  bench = new EngineBench()
  bench.artifact('app')
})
afterEach(() => bench.close())
const stop = (signal: string, graceSeconds: number) => ({ drainSeconds: 1, signal, graceSeconds })

test('a stop waits for an instance that takes its time to end, and leaves nothing behind', async () => {
  await bench.up(aWeb('web', { ENDS_IN: '300' }), 'r1')
  await bench.stop('web', 'r1')
  expect(processesOf(bench.home)).toEqual([])
  expect(await bench.engine.instances()).toEqual([])
  expect((await bench.logs()).map((l) => l.text)).toContain('ends')
  expect(bench.notices).toEqual([])
})

test('the signal reaches the command once, although the whole group gets it', async () => {
  const command = texts('sh', '-c', `trap 'echo got it; exit 0' INT; echo ready; while :; do sleep 0.05; done`)
  const health = { type: 'alive', settleSeconds: 0.2, timeoutSeconds: 10 } as const
  await bench.up(aWeb('web', {}, { command, health, stop: stop('SIGINT', 5) }), 'r1')
  await bench.stop('web', 'r1')
  expect((await bench.logs()).filter((l) => l.text === 'got it')).toHaveLength(1)
})

test('an instance that ignores the signal is killed after its grace, and that is said', async () => {
  await bench.up(aWeb('web', { MODE: 'ignores-term' }, { stop: stop('SIGTERM', 0.5) }), 'r1')
  await bench.stop('web', 'r1')
  expect(processesOf(bench.home)).toEqual([])
  expect(bench.notices).toMatchObject([
    { code: 'stopped-by-force', message: 'web r1 did not end within 0.5 s of SIGTERM and was killed' },
  ])
})

const DAEMON = 'sh -c \'sleep 1000 & echo $! >>"$HOME/pids"\' &'
test('children that left the group and the session do not survive a stop', async () => {
  const command = texts('sh', '-c', `setsid ${DAEMON} (setsid sh -c 'trap "" TERM; sleep 1000' &) ; exec node app.mjs`)
  await bench.up(aWeb('web', {}, { command }), 'r1')
  await until('all of them run', () => processesOf(bench.home).length >= 4)
  await bench.stop('web', 'r1')
  expect(processesOf(bench.home)).toEqual([])
})

/** Gives up every mark that it has in its environment, and all ties to its parents. */
const FORGETFUL = `import { spawn } from 'node:child_process'
const child = spawn('sleep', ['1000'], { detached: true, stdio: 'ignore', env: {} })
child.unref()
console.log('pid', child.pid)
setInterval(() => {}, 1000)`

test('a child without our mark in its environment does not survive a stop either', async () => {
  bench.artifact('app', { 'forget.mjs': FORGETFUL })
  const health = { type: 'alive', settleSeconds: 0.3, timeoutSeconds: 10 } as const
  await bench.up(aWeb('web', {}, { command: texts('node', 'forget.mjs'), health }), 'r1')
  await until('the child runs', async () => (await bench.logs()).length > 0)
  const pid = Number((await bench.logs())[0]?.text.split(' ')[1])
  expect(() => process.kill(pid, 0)).not.toThrow()
  await bench.stop('web', 'r1')
  await until('the child is gone', () => {
    try {
      process.kill(pid, 0)
      return false
    } catch {
      return true
    }
  })
})

test('stopping twice, at once and one after the other, is one stop', async () => {
  await bench.up(aWeb('web', { ENDS_IN: '200' }), 'r1')
  await Promise.all([bench.stop('web', 'r1'), bench.stop('web', 'r1')])
  await bench.stop('web', 'r1')
  expect((await bench.logs()).filter((l) => l.text === 'ends')).toHaveLength(1)
})

test('what is being stopped is not started again, however it ends', async () => {
  await bench.up(aWeb('web', { ENDS_IN: '300' }), 'r1')
  const stopping = bench.stop('web', 'r1')
  await until('it is on its way', async () => (await bench.engine.instances())[0]?.state === 'stopped')
  process.kill(-(await bench.engine.instances())[0]!.pid!, 'SIGKILL')
  await stopping
  expect(await bench.engine.instances()).toEqual([])
  expect(processesOf(bench.home)).toEqual([])
})

test('a start while the same release is being stopped comes after the stop', async () => {
  const web = aWeb('web', { ENDS_IN: '200' })
  const { pid } = await ask(await bench.up(web, 'r1'))
  const stopping = bench.stop('web', 'r1')
  const endpoint = await bench.up(web, 'r1')
  await stopping
  expect((await ask(endpoint)).pid).not.toBe(pid)
})

test('a drain lasts as long as requests are in flight, and then the instance is stopped', async () => {
  let requests = 1
  const asked: string[] = []
  bench.engine.drained(async (endpoint) => {
    asked.push(endpoint)
    return requests
  })
  const endpoint = await bench.up(aWeb('web'), 'r1')
  await bench.retire('web', 'r1', 600)
  expect((await bench.engine.observe(shop)).running[0]?.state).toBe('draining')
  await until('it was asked some times', () => asked.length >= 3)
  expect((await ask(endpoint)).release).toBe('r1')
  requests = 0
  await until('it is gone', async () => (await bench.engine.instances()).length === 0)
  expect(new Set(asked)).toEqual(new Set([endpoint]))
  expect(processesOf(bench.home)).toEqual([])
})

test('a release that is retired while it waits for its next try, or is just being tried, leaves nothing', async () => {
  bench.engine.drained(async () => 1)
  const web = aWeb('web', {}, { command: texts('sh', '-c', 'exit 1') })
  for (let i = 0; i < 5; i++) {
    await bench.start(web, 'r1')
    await new Promise((resolve) => setTimeout(resolve, 60 + i * 35))
    await bench.retire('web', 'r1', 600)
    await until('it is gone', async () => (await bench.engine.instances()).length === 0)
  }
  await new Promise((resolve) => setTimeout(resolve, 300))
  expect(processesOf(bench.home)).toEqual([])
})

test('a drain ends at its deadline, although requests are in flight', async () => {
  bench.engine.drained(async () => 1)
  await bench.up(aWeb('web'), 'r1')
  await bench.retire('web', 'r1', 0.5)
  await until('it is gone', async () => (await bench.engine.instances()).length === 0)
})

test('a release that drains is called back by a start, without an interruption', async () => {
  bench.engine.drained(async () => 1)
  const web = aWeb('web')
  const { pid } = await ask(await bench.up(web, 'r1'))
  await bench.retire('web', 'r1', 600)
  const endpoint = await bench.up(web, 'r1')
  expect((await ask(endpoint)).pid).toBe(pid)
  expect((await bench.engine.observe(shop)).running[0]?.state).toBe('running')
})

test('three releases of a component drain at most: the oldest ends early, and that is said', async () => {
  bench.engine.drained(async () => 1)
  for (const release of ['r1', 'r2', 'r3', 'r4']) {
    await bench.up(aWeb('web'), release)
    await bench.retire('web', release, 600)
  }
  await until('one is gone', async () => (await bench.engine.instances()).length === 3)
  expect((await bench.engine.observe(shop)).running.map((r) => r.release)).toEqual(['r2', 'r3', 'r4'])
  expect(bench.notices).toMatchObject([
    { code: 'note', release: 'r1', message: expect.stringContaining('before its drain is over') },
  ])
})

test('a worker has nothing in flight that anybody could count: it is stopped at once', async () => {
  const { address: _, ...worker } = aWeb(
    'worker',
    {},
    { type: 'worker', health: { type: 'alive', settleSeconds: 0, timeoutSeconds: 5 } },
  )
  await bench.up(worker, 'r1')
  await bench.retire('worker', 'r1', 600)
  await until('it is gone', async () => (await bench.engine.instances()).length === 0)
})

test(
  isRoot ? 'as root: instances have the uid of their environment' : 'as an ordinary user: instances have our uid',
  async () => {
    const first = await ask(await bench.up(aWeb('web'), 'r1'))
    if (!isRoot) {
      expect(first.uid).toBe(process.getuid?.())
      expect((await bench.engine.check()).map((f) => f.code)).toContain('W_SAME_USER')
      return
    }
    const staging = { ...shop, environment: 'staging' }
    await bench.start(aWeb('web'), 'r1', 'app', 'd', staging)
    await bench.healthy(aWeb('web'), 'r1', 30, staging)
    const second = await ask((await bench.engine.endpoints(staging, 'web', 'r1'))[0]!)
    const server = await ask(await bench.up(aWeb('db', {}, { runsAs: 'server' }), 'r1'))
    const uids = [first.uid, second.uid, server.uid]
    expect(new Set(uids).size).toBe(3)
    for (const uid of uids) expect(uid).toBeGreaterThanOrEqual(60_706)
    expect((await ask(await bench.up(aWeb('web'), 'r2'))).uid).toBe(first.uid)
  },
)
