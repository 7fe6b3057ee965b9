import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { needs } from '../../../test/capabilities.ts'
import { DrivenEngine } from '../../../test/driven-engine.ts'
import { aWeb, EngineBench, errorOf, processesOf, shop, text, texts, until } from '../../../test/process-engine.ts'
import type { ReleaseStep } from '../../model/app.ts'

let bench: EngineBench
let first: DrivenEngine | undefined
beforeEach(() => {
  bench = new EngineBench()
  bench.artifact('app')
})
afterEach(async () => {
  await first?.kill()
  first = undefined
  await bench.engine.recover()
  await bench.close()
})
const web = aWeb('web', { WHO: 'app' })
const command = (name: string, script: string, over: Partial<ReleaseStep> = {}): ReleaseStep => ({
  name,
  run: texts('sh', '-c', script),
  isRepeatable: false,
  ...over,
})
const state = (name: string) => bench.engine.once(shop, 'r1', 'web', name)
/** Writes down every run of it, in the HOME that all of them share. */
const COUNT = 'echo x >>"$HOME/runs"'
const runs = () => {
  const path = join(bench.home, 'homes/shop/local/app/runs')
  return existsSync(path) ? readFileSync(path, 'utf8').split('\n').length - 1 : 0
}

test('a command runs once for a run, with the environment of its component, and says its lines', async () => {
  const migrate = command('migrate', `${COUNT}; echo for $WHO $LANDFALL_RELEASE; echo done >&2`)
  expect(await state('migrate')).toBe('never-started')
  await bench.once(web, 'r1', migrate)
  expect(await state('migrate')).toBe('ended-0')
  await bench.once(web, 'r1', migrate)
  expect(runs()).toBe(1)
  expect(bench.said).toEqual(['for app r1', 'done'])
  await bench.once(web, 'r1', migrate, { run: 'run-2' })
  expect(runs()).toBe(2)
  expect((await bench.engine.observe(shop)).running).toEqual([])
})

test('a command that fails tells its exit code and its last lines, and is not run again by the same run', async () => {
  const migrate = command('migrate', `${COUNT}; echo 'column "x" exists' >&2; exit 3`)
  const error = await errorOf(bench.once(web, 'r1', migrate))
  expect(error).toMatchObject({ code: 'E_RELEASE_STEP', message: 'migrate of web r1 ended with 3', detail: 'column "x" exists' })
  expect(await state('migrate')).toBe('ended-nonzero')
  expect((await errorOf(bench.once(web, 'r1', migrate))).code).toBe('E_RELEASE_STEP')
  expect(runs()).toBe(1)
})

test('a check that ends with 0 makes the command unnecessary', async () => {
  await bench.once(web, 'r1', command('migrate', COUNT, { check: texts('sh', '-c', 'echo looked; exit 0') }))
  expect(runs()).toBe(0)
  expect(bench.said).toEqual(['looked', 'migrate is not needed: its check ended with 0'])
  await bench.once(web, 'r1', command('migrate', COUNT, { check: texts('sh', '-c', 'exit 1') }))
  expect(runs()).toBe(1)
})

test('files that the command promised must be there', async () => {
  await bench.engine.steps.volume({ type: 'volume', name: 'assets', runsAs: 'app' }, bench.context())
  const env = { ASSETS: { type: 'volume', volume: 'assets' } } as const
  const mounted = aWeb('web', env, { mounts: [{ volume: 'assets', writers: 'many' }] })
  const collect = command('collect', 'echo 1 >"$ASSETS/a.css"', { verify: { files: ['app.mjs'] } })
  await bench.once(mounted, 'r1', collect)
  const broken = command('other', 'true', { verify: { files: ['app.mjs', 'static/admin.css'] } })
  const error = await errorOf(bench.once(mounted, 'r1', broken))
  expect(error).toMatchObject({ code: 'E_RELEASE_STEP', message: 'other ended with 0, but static/admin.css is not there' })
})

test('commands with names that no file may have are told apart', async () => {
  await bench.once(web, 'r1', command('seed@a/../b', COUNT))
  await bench.once(web, 'r1', command('seed@a/../c', COUNT))
  expect(runs()).toBe(2)
  expect(await state('seed@a/../b')).toBe('ended-0')
  expect(await state('seed@a/../d')).toBe('never-started')
})

test('a command goes on while the engine is dead, and the next one waits for its end instead of starting it again', async () => {
  const migrate = command('migrate', `${COUNT}; while ! test -e "$HOME/go"; do sleep 0.05; done; echo through`)
  first = new DrivenEngine(bench.home)
  first.tell('once', shop, web, 'r1', 'app', migrate, 'run-1')
  await until('it runs', () => runs() === 1)
  await first.kill()
  await bench.engine.recover()
  expect(await state('migrate')).toBe('running')
  const waiting = bench.once(web, 'r1', migrate)
  await bench.engine.exec(shop, web, 'r1', 'app', ['touch', `${join(bench.home, 'homes/shop/local/app/go')}`], silent())
  await waiting
  expect(runs()).toBe(1)
  expect(bench.said).toContain('through')
})

test.each([
  [0, 'ended-0'],
  [5, 'ended-nonzero'],
])('a command that ended with %i while the engine was dead has its answer on the disk', async (code, expected) => {
  const migrate = command('migrate', `${COUNT}; sleep 0.3; exit ${code}`)
  first = new DrivenEngine(bench.home)
  first.tell('once', shop, web, 'r1', 'app', migrate, 'run-1')
  await until('it runs', () => runs() === 1)
  await first.kill()
  await until('it ended', () => processesOf(bench.home).length === 0)
  await bench.engine.recover()
  expect(await state('migrate')).toBe(expected)
  const again = bench.once(web, 'r1', migrate)
  if (code === 0) await again
  else expect((await errorOf(again)).message).toContain('ended with 5')
  expect(runs()).toBe(1)
})

test('a command that was killed with its shim is lost: nobody can know what it did', async () => {
  const migrate = command('migrate', `${COUNT}; sleep 1000`)
  first = new DrivenEngine(bench.home)
  first.tell('once', shop, web, 'r1', 'app', migrate, 'run-1')
  await until('it runs', () => runs() === 1)
  await first.kill()
  for (const pid of processesOf(bench.home)) process.kill(pid, 'SIGKILL')
  await until('all are gone', () => processesOf(bench.home).length === 0)
  await bench.engine.recover()
  expect(await state('migrate')).toBe('lost')
})

test.each(['before-spawn', 'after-spawn', 'before-go'])(
  'an engine killed %s has not started the command, and that is known',
  async (point) => {
    first = new DrivenEngine(bench.home, { fail: `engine:run-once:${point}` })
    const migrate = command('migrate', COUNT)
    first.tell('once', shop, web, 'r1', 'app', migrate, 'run-1')
    await first.died()
    await until('the shim went', () => processesOf(bench.home).length === 0)
    await bench.engine.recover()
    expect(await state('migrate')).toBe('never-started')
    await bench.once(web, 'r1', migrate)
    expect(runs()).toBe(1)
  },
)

test('a cancelled run ends its command, a daemon that goes leaves it', async () => {
  const slow = command('slow', `${COUNT}; sleep 1000`)
  const cancel = new AbortController()
  const cancelled = errorOf(bench.once(web, 'r1', slow, { signal: cancel.signal }))
  await until('it runs', () => runs() === 1)
  cancel.abort('cancel')
  expect((await cancelled).code).toBe('E_CANCELLED')
  expect(processesOf(bench.home)).toEqual([])
  const suspend = new AbortController()
  const suspended = errorOf(bench.once(web, 'r1', slow, { signal: suspend.signal, run: 'run-2' }))
  await until('it runs again', () => runs() === 2)
  suspend.abort('suspend')
  await suspended
  expect(await state('slow')).toBe('running')
  const again = new AbortController()
  const resumed = errorOf(bench.once(web, 'r1', slow, { signal: again.signal, run: 'run-2' }))
  again.abort('cancel')
  await resumed
  expect(runs()).toBe(2)
  expect(processesOf(bench.home)).toEqual([])
})

test('what a command puts into the background ends with it', async () => {
  await bench.once(web, 'r1', command('migrate', `setsid sleep 1000 & ${COUNT}`))
  await until('all are gone', () => processesOf(bench.home).length === 0)
  expect(await state('migrate')).toBe('ended-0')
})

test('a command that cannot be started leaves no trace', async () => {
  const error = await errorOf(bench.once(aWeb('web', { A: text('a\0b') }), 'r1', command('migrate', 'true')))
  expect(error.code).toBe('E_ENV_VALUE')
  expect(await state('migrate')).toBe('never-started')
})

needs('cgroup-memory').test('a command that is killed for memory says so', async () => {
  const eat = { name: 'eat', run: texts('node', '-e', 'const a=[];for(;;)a.push(Buffer.alloc(8e6,1))'), isRepeatable: false }
  const error = await errorOf(bench.once(aWeb('web', {}, { limits: { memoryMiB: 80 } }), 'r1', eat))
  expect(error.message).toContain('killed for memory: limit 80 MiB')
  expect(await state('eat')).toBe('ended-nonzero')
})

function silent() {
  return { stdout: () => {}, stderr: () => {}, signal: new AbortController().signal }
}
