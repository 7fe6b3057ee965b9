import { afterAll, expect, test } from 'vitest'
import { LandfallError } from '../../src/lib/error.ts'
import type { RunEvent } from '../../src/model/event.ts'
import { aComponent, anApp, removeHomes, TestWorld } from './world.ts'

afterAll(removeHomes)

const full = () => new LandfallError({ code: 'E_DISK_FULL', message: 'the disk is full', hint: 'make room' })

/** The write of this number to a run's records fails for want of room; those after it find room again. */
function fillAt(world: TestWorld, nth: number): { hasFailed(): boolean } {
  let count = 0
  let hasFailed = false
  const once = <A extends unknown[], R>(write: (...args: A) => R) => {
    return (...args: A): R => {
      count += 1
      if (count !== nth) return write(...args)
      hasFailed = true
      throw full()
    }
  }
  const { runs, releases } = world.store
  runs.append = once(runs.append)
  releases.begin = once(releases.begin)
  releases.serve = once(releases.serve)
  releases.end = once(releases.end)
  return { hasFailed: () => hasFailed }
}

const migrate = { name: 'migrate', run: [{ type: 'text' as const, text: 'migrate' }], isRepeatable: false }
const app = (v: string) => anApp([aComponent('web', v, { releaseSteps: [migrate] }), aComponent('queue', v, { type: 'worker' })])

test('at whichever write the disk is full for a moment, the run waits, goes on and ends well, with every step done', async () => {
  const writes = 48
  const ends = await Promise.all(
    Array.from({ length: writes }, async (_, i) => {
      const world = new TestWorld()
      await world.up(app('a'))
      const disk = fillAt(world, i + 1)
      const { plan } = await world.planUp(app('b'))
      const { run } = world.conductor.begin(plan!, undefined)
      await world.conductor.ended(run)
      const events = world.store.runs.events(run, 0)
      const last = events.at(-1) as Extract<RunEvent, { type: 'end' }>
      const done = new Set(events.flatMap((e) => (e.type === 'step' && e.state === 'done' ? [`${e.stage}:${e.step}`] : [])))
      const wanted = plan!.stages.flatMap((stage, s) => stage.steps.map((_step, k) => `${s}:${k}`))
      return {
        hasFailed: disk.hasFailed(),
        state: last.state,
        missing: wanted.filter((step) => !done.has(step)),
        serves: world.serves(),
        starts: events.filter((e) => e.type === 'start').length,
        open: world.store.runs.open().length,
      }
    }),
  )
  for (const [i, end] of ends.entries()) {
    expect(end, `write ${i + 1}`).toMatchObject({ state: 'done', missing: [], serves: ['web r2'], starts: 1, open: 0 })
  }
  // There are fewer writes than were tried: the last ones show that all of them were.
  expect(ends[0]?.hasFailed).toBe(true)
  expect(ends.at(-1)?.hasFailed).toBe(false)
})
