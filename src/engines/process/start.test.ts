import { afterEach, beforeEach, expect, test } from 'vitest'
import { ask, aWeb, EngineBench, shop } from '../../../test/process-engine.ts'

let bench: EngineBench
beforeEach(() => {
  bench = new EngineBench()
  bench.artifact('app')
})
afterEach(() => bench.close())

test('a started component answers under its endpoint', async () => {
  const endpoint = await bench.up(aWeb('web'), 'r1')
  expect((await ask(endpoint)).release).toBe('r1')
  expect((await bench.engine.observe(shop)).running).toEqual([
    { component: 'web', release: 'r1', digest: 'd-r1', state: 'running', instances: 1 },
  ])
})
