import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { DrivenEngine } from '../../../test/driven-engine.ts'
import { ask, aWeb, EngineBench, get, processesOf, shop, texts, until } from '../../../test/process-engine.ts'
import { readRecord, writeRecord } from './record.ts'

// An engine that dies is one in a process of its own; the one that comes after it is the bench's.
let bench: EngineBench
let first: DrivenEngine
beforeEach(() => {
  bench = new EngineBench()
  bench.artifact('app')
})
afterEach(async () => {
  await first?.kill()
  await bench.engine.recover()
  await bench.close()
})
const firstEngine = (fail?: string) => {
  first = new DrivenEngine(bench.home, { ...(fail && { fail }) })
  return first
}
const firstUp = async (web = aWeb('web')) => {
  await first.ask('start', shop, web, 'r1', 'app', 'd-r1')
  await first.ask('healthy', shop, web, 'r1', 30)
  return (await first.ask<string[]>('endpoints', shop, web.name, 'r1'))[0] ?? ''
}
const states = async () => (await bench.engine.instances()).map((i) => i.state)
const recordOf = (id = 'shop-local-web-r1-0') => readRecord(bench.home, id)!

test('an instance goes on while the engine is dead, and the next engine adopts it', async () => {
  firstEngine()
  const endpoint = await firstUp()
  const { pid } = await ask(endpoint)
  await first.kill()
  expect((await ask(endpoint)).pid).toBe(pid)
  await bench.engine.recover()
  expect((await ask(endpoint)).pid).toBe(pid)
  expect((await bench.engine.instances())[0]).toMatchObject({ state: 'running', restarts: 0 })
  expect(await bench.engine.endpoints(shop, 'web', 'r1')).toEqual([endpoint])
  expect(bench.notices.map((n) => n.code)).toEqual(['adopted'])
  await bench.start(aWeb('web'), 'r1')
  expect((await ask(endpoint)).pid).toBe(pid)
})

test('an adopted instance that ends is started again like one of our own', async () => {
  firstEngine()
  const endpoint = await firstUp()
  const { pid } = await ask(endpoint)
  await first.kill()
  await bench.engine.recover()
  await get(endpoint, '/exit').catch(() => {})
  await until('another one answers', async () => ((await ask(endpoint).catch(() => undefined))?.pid ?? pid) !== pid)
  expect(bench.notices[1]).toMatchObject({ code: 'crashed', message: expect.stringContaining('ended with 3') })
})

test('one that ended while the engine was dead is started again', async () => {
  firstEngine()
  const endpoint = await firstUp()
  const { pid } = await ask(endpoint)
  await first.kill()
  await get(endpoint, '/exit').catch(() => {})
  await until('it is gone', () => processesOf(bench.home).length === 0)
  await bench.engine.recover()
  await until('it runs', async () => (await states())[0] === 'running')
  expect((await ask(endpoint)).pid).not.toBe(pid)
})

test.each([
  ['before-spawn', 'engine:start:before-spawn'],
  ['after the spawn, before its pid is on record', 'engine:start:after-spawn'],
  ['after its pid is on record, before it may go', 'engine:start:before-go'],
  ['after it went', 'engine:start:after-go'],
])('killed %s: exactly one instance runs after the next start of the engine', async (_, point) => {
  const web = aWeb('web', {}, { command: texts('sh', '-c', 'echo began; exec node app.mjs') })
  firstEngine(point)
  first.tell('start', shop, web, 'r1', 'app', 'd-r1')
  await first.died()
  await bench.engine.recover()
  await until('it runs', async () => (await states())[0] === 'running')
  const [endpoint = ''] = await bench.engine.endpoints(shop, 'web', 'r1')
  expect((await ask(endpoint)).release).toBe('r1')
  expect((await bench.logs()).filter((l) => l.text === 'began')).toHaveLength(1)
  await bench.stop('web', 'r1')
  expect(processesOf(bench.home)).toEqual([])
})

test('after a reboot everything that should run is started again, what others need first', async () => {
  const db = aWeb('db', { LATE: '1' }, { command: texts('sh', '-c', 'sleep 0.5; exec node app.mjs') })
  const web = aWeb('web', {}, { needs: ['db'] })
  firstEngine()
  await firstUp(db)
  const endpoint = await firstUp(web)
  for (const i of await first.ask<{ pid: number }[]>('instances')) process.kill(-i.pid, 'SIGKILL')
  await first.kill()
  for (const id of ['shop-local-db-r1-0', 'shop-local-web-r1-0']) {
    const record = recordOf(id)
    writeRecord(bench.home, { ...record, process: { ...record.process!, bootId: 'another boot' } })
  }
  await bench.engine.recover()
  await until('both run', async () => (await states()).join() === 'running,running')
  expect((await ask(endpoint)).release).toBe('r1')
  const started = Object.fromEntries((await bench.engine.instances()).map((i) => [i.component, Date.parse(i.startedAt!)]))
  expect(started.web! - started.db!).toBeGreaterThan(400)
})

test('a pid that is somebody else’s by now is neither adopted nor ended', async () => {
  firstEngine()
  await firstUp()
  process.kill(-recordOf().process!.pid, 'SIGKILL')
  await first.kill()
  const record = recordOf()
  writeRecord(bench.home, { ...record, process: { ...record.process!, pid: process.pid } })
  await bench.engine.recover()
  await until('another one runs', async () => (await states())[0] === 'running')
  expect(recordOf().process?.pid).not.toBe(process.pid)
})

test('a drain goes on after a death of the engine, with the time that is left', async () => {
  firstEngine()
  await first.ask('inFlight', 1)
  const endpoint = await firstUp()
  await first.ask('retire', shop, 'web', 'r1', 1)
  await first.kill()
  bench.engine.drained(async () => 1)
  await bench.engine.recover()
  expect((await bench.engine.observe(shop)).running[0]?.state).toBe('draining')
  expect((await ask(endpoint)).release).toBe('r1')
  await until('it is gone', async () => (await bench.engine.instances()).length === 0)
  expect(processesOf(bench.home)).toEqual([])
})

test('a drain whose time is over is finished at once', async () => {
  firstEngine()
  await first.ask('inFlight', 1)
  await firstUp()
  await first.ask('retire', shop, 'web', 'r1', 600)
  await first.kill()
  const now = Date.now()
  writeRecord(bench.home, { ...recordOf(), desired: { type: 'draining', since: now - 600_000, until: now - 1 } })
  bench.engine.drained(async () => 1)
  await bench.engine.recover()
  await until('it is gone', async () => (await bench.engine.instances()).length === 0)
})

test.each(['engine:stop:before-signal', 'engine:stop:after-kill'])(
  'killed at %s: the stop is finished by the next engine',
  async (point) => {
    firstEngine(point)
    await firstUp()
    first.tell('stop', shop, 'web', 'r1')
    await first.died()
    await bench.engine.recover()
    await bench.stop('web', 'r1')
    expect(await bench.engine.instances()).toEqual([])
    expect(processesOf(bench.home)).toEqual([])
    expect(existsSync(join(bench.home, 'instances/shop-local-web-r1-0'))).toBe(false)
  },
)

test('processes with our mark that no record speaks of are ended, and their folders go', async () => {
  firstEngine()
  await firstUp()
  await first.kill()
  rmSync(join(bench.home, 'instances/shop-local-web-r1-0'), { recursive: true })
  expect(processesOf(bench.home)).not.toEqual([])
  mkdirSync(join(bench.home, 'instances/shop-local-web-exec-1234/tmp'), { recursive: true })
  mkdirSync(join(bench.home, 'scratch/build-1'), { recursive: true })
  await bench.engine.recover()
  expect(processesOf(bench.home)).toEqual([])
  expect(existsSync(join(bench.home, 'instances/shop-local-web-exec-1234'))).toBe(false)
  expect(existsSync(join(bench.home, 'scratch/build-1'))).toBe(false)
  expect(groups(bench.home)).toEqual([])
})

test('a record that cannot be read is put aside, and the one before it is taken', async () => {
  firstEngine()
  const endpoint = await firstUp()
  await first.kill()
  const path = join(bench.home, 'instances/shop-local-web-r1-0/instance.json')
  writeFileSync(path, readFileSync(path, 'utf8').slice(0, 100))
  await bench.engine.recover()
  expect((await bench.engine.instances())[0]?.state).toMatch(/running|starting/)
  expect((await ask(endpoint)).release).toBe('r1')
  expect(existsSync(`${path}.broken`)).toBe(true)
})

test('two homes on one machine do not touch each other', async () => {
  const other = new EngineBench()
  try {
    other.artifact('app')
    const theirs = await other.up(aWeb('web'), 'r1')
    const ours = await bench.up(aWeb('web'), 'r1')
    expect(theirs).not.toBe(ours)
    if (process.getuid?.() === 0) expect((await ask(theirs)).uid).not.toBe((await ask(ours)).uid)
    await bench.reconnect()
    await bench.stop('web', 'r1')
    expect((await ask(theirs)).release).toBe('r1')
    expect(processesOf(other.home)).not.toEqual([])
  } finally {
    await other.close()
  }
})

test('an engine with nothing to do uses next to no processor time', async () => {
  firstEngine()
  for (const name of ['a', 'b', 'c', 'd', 'e']) await firstUp(aWeb(name, { MODE: 'serve' }))
  const before = await first.ask<number>('cpuMs')
  await new Promise((resolve) => setTimeout(resolve, 3000))
  const used = (await first.ask<number>('cpuMs')) - before
  expect(used).toBeLessThan(60)
})

function groups(home: string): string[] {
  try {
    const found = execFileSync('find', ['/sys/fs/cgroup', '-maxdepth', '3', '-type', 'd', '-name', '*-exec-*'], {
      encoding: 'utf8',
    })
    return found.split('\n').filter((l) => l.includes(home))
  } catch {
    return [] // No control groups here.
  }
}
