import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { needs } from '../../../test/capabilities.ts'
import { ask, aWeb, EngineBench, errorOf, get, shop, texts, until } from '../../../test/process-engine.ts'

let bench: EngineBench
beforeEach(() => {
  bench = new EngineBench()
  bench.artifact('app')
})
afterEach(() => bench.close())
const states = async () => (await bench.engine.instances()).map((i) => i.state)
const codes = () => bench.notices.map((n) => n.code)

test('an instance that ends by itself is started again, and what it had started beside itself goes first', async () => {
  const command = texts('sh', '-c', 'setsid sleep 1000 & exec node app.mjs')
  const endpoint = await bench.up(aWeb('web', {}, { command }), 'r1')
  const { pid } = await ask(endpoint)
  const sleeper = sleepers(pid)
  expect(sleeper).toHaveLength(1)
  await get(endpoint, '/exit').catch(() => {})
  await until('another one answers', async () => ((await ask(endpoint).catch(() => undefined))?.pid ?? pid) !== pid)
  await until('it is known to answer', async () => (await states())[0] === 'running')
  expect(isGone(sleeper[0]!)).toBe(true)
  expect(bench.notices).toMatchObject([
    { code: 'crashed', component: 'web', release: 'r1', message: expect.stringContaining('ended with 3') },
    { code: 'restarted' },
  ])
})

test('while one of two instances is away, only the other one is an endpoint', async () => {
  const web = aWeb('web', {}, { instances: 2 })
  await bench.up(web, 'r1')
  const all = await bench.engine.endpoints(shop, 'web', 'r1')
  const told: string[][] = []
  bench.engine.onEndpoints((_s, _c, _r, endpoints) => told.push(endpoints))
  await get(all[0]!, '/exit').catch(() => {})
  await until('the edge was told twice', () => told.length >= 2)
  expect(told).toEqual([[all[1]], all])
})

test('a crash loop is told once, with the first and the last end kept, and it goes on trying', async () => {
  const web = aWeb('web', {}, { command: texts('sh', '-c', 'echo try $(date +%s%N); exit 9') })
  await bench.start(web, 'r1')
  await until('it loops', async () => (await states())[0] === 'crash-looping')
  expect(codes()).toEqual(['crashed', 'crashed', 'crashed', 'crashed', 'crash-looping'])
  expect(bench.notices.at(-1)?.message).toBe('web r1 ended 5 times in a row: it ended with 9')
  const folder = join(bench.home, 'logs/shop/local/web/r1')
  const [first, last] = ['first', 'last'].map((w) => readFileSync(join(folder, `0.${w}-crash.log`), 'utf8'))
  expect(first).toMatch(/^try \d+\n$/)
  expect(last).toMatch(/^try \d+\n$/)
  expect(first).not.toBe(last)
  const { restarts } = (await bench.engine.instances())[0]!
  await until('it is tried again', async () => ((await bench.engine.instances())[0]?.restarts ?? 0) > restarts)
  expect(codes().filter((c) => c === 'crash-looping')).toHaveLength(1)
  expect((await bench.engine.observe(shop)).running[0]?.state).toBe('running')
})

test('a start step tries a crash-looping instance again at once', async () => {
  const web = aWeb('web', {}, { command: texts('sh', '-c', 'test -e "$HOME/go" && exec node app.mjs; exit 1') })
  await bench.start(web, 'r1')
  await until('it loops', async () => (await states())[0] === 'crash-looping')
  const touch = await bench.engine.exec(shop, web, 'r1', 'app', ['sh', '-c', 'touch "$HOME/go"'], silent())
  expect(touch).toBe(0)
  await bench.up(web, 'r1')
  expect(await states()).toEqual(['running'])
})

test('a shim that is killed takes its command with it, and both are started anew', async () => {
  const endpoint = await bench.up(aWeb('web'), 'r1')
  const { pid } = await ask(endpoint)
  process.kill((await bench.engine.instances())[0]!.pid!, 'SIGKILL')
  await until('another one answers', async () => ((await ask(endpoint).catch(() => undefined))?.pid ?? pid) !== pid)
  expect(isGone(pid)).toBe(true)
  expect(bench.notices[0]?.message).toContain('is gone without an exit code')
})

test('when a restart cannot get its values, nothing is started with empty ones, and it is tried again', async () => {
  let isLost = false
  await bench.close()
  bench = new EngineBench({
    value: async () => {
      if (isLost) throw new Error('the key of the stored values is missing')
      return 'kept'
    },
  })
  bench.artifact('app')
  const endpoint = await bench.up(aWeb('web', { KEY: { type: 'stored', name: 'KEY', secret: true } }), 'r1')
  isLost = true
  await get(endpoint, '/exit').catch(() => {})
  await until('a start failed', () =>
    bench.notices.some((n) => n.message.includes('was not started: the key of the stored values is missing')),
  )
  expect(await ask(endpoint).catch(() => 'down')).toBe('down')
  isLost = false
  await until('it is back', async () => (await states())[0] === 'running')
  expect(JSON.parse(await get(endpoint, '/env')).KEY).toBe('kept')
})

const EATER = `const kept = []; console.log('eats'); setInterval(() => kept.push(Buffer.alloc(8 * 1024 * 1024, 1)), 5)`

needs('cgroup-memory').test(
  'an instance that needs more memory than its limit is killed, and the notice names the limit',
  async () => {
    bench.artifact('eater', { 'eat.mjs': EATER })
    const web = aWeb('web', {}, { command: texts('node', 'eat.mjs'), limits: { memoryMiB: 96 } })
    await bench.start(web, 'r1', 'eater')
    const error = await errorOf(bench.healthy(web, 'r1'))
    expect(error).toMatchObject({ code: 'E_CRASHED', message: expect.stringContaining('killed for memory: limit 96 MiB') })
    const told = bench.notices.filter((n) => n.code === 'killed-for-memory')
    expect(told[0]?.message).toBe('web r1 was killed for memory: limit 96 MiB; raise scale.memory of web')
    expect((await bench.engine.instances())[0]?.remark).toContain('limit 96 MiB')
  },
)

needs('cgroup-memory').test('a limit on processors holds', async () => {
  bench.artifact('burner', {
    'burn.mjs': `const end = Date.now() + 1000; while (Date.now() < end); console.log(process.cpuUsage().user / 1000)`,
  })
  const job = aWeb('job', {}, { type: 'job', command: texts('node', 'burn.mjs'), limits: { cpus: 0.2 } })
  await bench.start(job, 'r1', 'burner')
  await bench.healthy(job, 'r1')
  const [line] = await bench.logs()
  expect(Number(line?.text)).toBeLessThan(600)
})

function sleepers(parent: number): number[] {
  return readFileSync(`/proc/${parent}/task/${parent}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number)
}
function isGone(pid: number): boolean {
  try {
    return /^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return true
  }
}
function silent() {
  return { stdout: () => {}, stderr: () => {}, signal: new AbortController().signal }
}

test('a shell between us and an instance writes nothing into its log', async () => {
  const web = aWeb('web', {}, { command: texts('sh', '-c', 'echo mine; kill -9 $$') })
  await bench.start(web, 'r1')
  await until('it ended once', () => codes().includes('crashed'))
  expect(new Set((await bench.logs()).map((l) => l.text))).toEqual(new Set(['mine']))
})

needs('cgroup-memory').test('a child that is killed for memory is told, although the instance lives on', async () => {
  bench.artifact('parent', { 'eat.mjs': EATER })
  const command = texts('sh', '-c', 'node eat.mjs; echo lives on; exec sleep 1000')
  const health = { type: 'alive', settleSeconds: 0, timeoutSeconds: 5 } as const
  await bench.start(aWeb('web', {}, { command, health, limits: { memoryMiB: 96 } }), 'r1', 'parent')
  await until('it is told', () => codes().length > 0)
  expect(bench.notices).toMatchObject([
    { code: 'killed-for-memory', message: expect.stringMatching(/^a process of web r1 was killed for memory: limit 96 MiB/) },
  ])
  expect(await states()).not.toEqual(['backing-off'])
})
