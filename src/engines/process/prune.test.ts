import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { DrivenEngine } from '../../../test/driven-engine.ts'
import { aWeb, EngineBench, shop, texts } from '../../../test/process-engine.ts'

let bench: EngineBench
beforeEach(() => {
  bench = new EngineBench({}, { ringBytes: 10_000, floodBytes: 100_000, componentBytes: 20_000 })
  bench.artifact('a1')
  bench.artifact('a2')
})
afterEach(() => bench.close())
const prune = (releases: string[], artifacts: string[]) =>
  bench.engine.steps.prune({ type: 'prune', releases, artifacts }, bench.context())
const logsOf = (release: string) => join(bench.home, 'logs/shop/local/web', release)

test('artifacts and logs that nobody keeps go; what runs stays, also if it is named', async () => {
  await bench.up(aWeb('web'), 'r1', 'a1')
  await bench.stop('web', 'r1')
  await bench.once(aWeb('web'), 'r1', { name: 'm', run: texts('true'), isRepeatable: false }, {}, 'a1')
  await bench.up(aWeb('web'), 'r2', 'a2')
  expect(existsSync(logsOf('r1'))).toBe(true)
  await prune(['r1', 'r2'], ['a1', 'a2'])
  await prune(['r1', 'r2'], ['a1', 'a2'])
  expect((await bench.engine.observe(shop)).artifacts).toEqual(['a2'])
  expect([existsSync(logsOf('r1')), existsSync(logsOf('r2'))]).toEqual([false, true])
  expect(await bench.engine.once(shop, 'r1', 'web', 'm')).toBe('never-started')
  expect((await bench.logs()).length).toBeGreaterThan(0)
})

test('an artifact that another environment runs stays', async () => {
  const staging = { ...shop, environment: 'staging' }
  await bench.start(aWeb('web'), 'r1', 'a1', 'd', staging)
  await prune([], ['a1', 'a2'])
  expect((await bench.engine.observe(shop)).artifacts).toEqual(['a1'])
})

test.each(['before-artifacts', 'after-artifact'])('killed at %s, it is done when it is asked again', async (point) => {
  const first = new DrivenEngine(bench.home, { fail: `engine:prune:${point}` })
  first.tell('prune', shop, ['r1'], ['a1', 'a2'])
  await first.died()
  await bench.engine.recover()
  await prune(['r1'], ['a1', 'a2'])
  expect((await bench.engine.observe(shop)).artifacts).toEqual([])
  expect(existsSync(join(bench.home, 'artifacts/a1'))).toBe(false)
})

test('the logs of a component are bounded: the oldest releases that run no more go first', async () => {
  for (const [i, release] of ['r1', 'r2', 'r3'].entries()) {
    mkdirSync(logsOf(release), { recursive: true })
    writeFileSync(join(logsOf(release), '0.log'), 'x'.repeat(9000))
    await new Promise((resolve) => setTimeout(resolve, 15 * (i + 1)))
  }
  await bench.up(aWeb('web'), 'r4', 'a1')
  expect(['r1', 'r2', 'r3', 'r4'].filter((r) => existsSync(logsOf(r)))).toEqual(['r2', 'r3', 'r4'])
})
