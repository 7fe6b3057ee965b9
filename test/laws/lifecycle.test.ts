import { afterAll, describe, expect, test } from 'vitest'
import type { App, ReleaseStep } from '../../src/model/app.ts'
import type { Step } from '../../src/model/plan.ts'
import { makePlan } from '../../src/plan/plan.ts'
import { aComponent, anApp, removeHomes, shop, TestWorld } from './world.ts'

afterAll(removeHomes)

const step = (name: string, over: Partial<ReleaseStep> = {}): ReleaseStep => ({
  name,
  run: [{ type: 'text', text: name }],
  isRepeatable: false,
  ...over,
})
const schedule = { expression: '0 3 * * *', timeZone: 'UTC', overlap: 'skip', timeoutSeconds: 60 } as const
const whole = (v: string, over = {}): App =>
  anApp([
    aComponent('web', v, {
      releaseSteps: [step('migrate')],
      bootstrap: [step('admin'), step('sample')],
      predeploy: [step('before')],
      postdeploy: [step('after')],
      ...over,
    }),
    aComponent('report', v, { type: 'cron', schedule }),
  ])
/** What runs, in the order of the plan. */
const named = (steps: Step[]) => steps.map((s) => (s.type === 'run-once' ? s.name : s.type))
const ran = (world: TestWorld) => Object.fromEntries(world.engine.runs)

describe('laws of what runs around a release', () => {
  test('once per release, and once per environment; after up the next plan is empty', async () => {
    const world = new TestWorld()
    expect(await world.up(whole('1'))).toMatchObject({ state: 'done', serving: 'r1' })
    expect(ran(world)).toEqual({ migrate: 1, admin: 1, sample: 1, after: 1 })
    expect((await world.planUp(whole('1'))).plan?.stages).toEqual([])
    await world.up(whole('2'))
    expect(ran(world)).toEqual({ before: 1, migrate: 2, admin: 1, sample: 1, after: 2 })
    expect((await world.planUp(whole('2'))).plan?.stages).toEqual([])
  })

  test('the order: before the build, release steps, bootstrap, the switch, after it', async () => {
    const world = new TestWorld()
    await world.up(whole('1'))
    const app = whole('2', { bootstrap: [step('admin'), step('later')] })
    const { plan } = await world.planUp(app)
    const order = plan!.stages.flatMap((s) => named(s.steps).map((name) => `${s.name}: ${name}`))
    const of = (...wanted: string[]) => order.filter((line) => wanted.includes(line))
    expect(
      of('predeploy: before', 'build: build', 'release: migrate', 'release: later', 'switch: route', 'postdeploy: after'),
    ).toEqual([
      'predeploy: before',
      'build: build',
      'build: build',
      'release: migrate',
      'release: later',
      'switch: route',
      'postdeploy: after',
    ])
    const before = plan!.stages[0]!.steps[0]
    expect(before).toMatchObject({ name: 'before', release: 'r1' })
  })

  test('a bootstrap that fails is due again, one that was done is not', async () => {
    const world = new TestWorld()
    world.engine.failing.add('sample')
    expect(await world.up(whole('1'))).toMatchObject({ state: 'failed' })
    expect(world.serves()).toEqual([])
    world.engine.failing.clear()
    expect(await world.up(whole('1'))).toMatchObject({ state: 'done' })
    expect(ran(world)).toMatchObject({ admin: 1, sample: 2 })
  })

  test('a bootstrap that comes to what serves is run without a release', async () => {
    const world = new TestWorld()
    await world.up(whole('1'))
    const app = whole('1', { bootstrap: [step('admin'), step('sample'), step('later')] })
    expect(await world.up(app)).toMatchObject({ state: 'done', serving: 'r1' })
    expect(ran(world)).toMatchObject({ admin: 1, later: 1 })
  })

  test('asked for by hand it runs only where that is said', async () => {
    const world = new TestWorld()
    await world.up(whole('1'))
    const plan = async (isAgain: boolean) =>
      makePlan(await world.input({ ...shop, type: 'task', component: 'web', task: 'bootstrap', nonce: 'n', isAgain }))
    expect((await plan(false)).findings).toMatchObject([{ level: 'error', code: 'E_DONE_ONCE' }])
    await world.run((await plan(true)).plan!)
    expect(ran(world)).toMatchObject({ 'admin@n': 1, 'sample@n': 1 })
  })

  test('a postdeploy step that fails undoes nothing; the others follow, and the end names it', async () => {
    const world = new TestWorld()
    world.engine.failing.add('after')
    const app = whole('1', { postdeploy: [step('after'), step('last')] })
    const end = await world.up(app)
    expect(end).toMatchObject({ type: 'end', state: 'done', serving: 'r1', message: 'r1 serves; after ended with 1' })
    expect(world.serves()).toEqual(['web r1'])
    expect(ran(world)).toMatchObject({ after: 1, last: 1 })
  })

  test('a postdeploy step that was cut off waits; either answer leaves the release serving', async () => {
    for (const decision of ['resume', 'cancel'] as const) {
      const world = new TestWorld()
      world.engine.before = (what) => {
        if (what === 'run-once after') return new Promise<void>(() => {})
        return undefined
      }
      const { plan } = await world.planUp(whole('1'))
      const { run } = world.conductor.begin(plan!, undefined)
      while (world.store.runs.lastStep(run)?.text !== 'run after of web, once, with r1') await new Promise((r) => setImmediate(r))
      const { once } = world.engine
      world.engine.once = async (s, release, component, name) => (name === 'after' ? 'lost' : once(s, release, component, name))
      await world.restart()
      expect(world.store.runs.get(run)).toMatchObject({ state: 'waiting' })
      world.conductor[decision](run)
      await world.conductor.ended(run)
      expect(world.store.runs.get(run)).toMatchObject({ state: 'done' })
      expect(world.serves()).toEqual(['web r1'])
    }
  })

  test('a step that ends sessions says so beforehand', async () => {
    const world = new TestWorld()
    const { plan } = await world.planUp(whole('1', { releaseSteps: [step('wipe', { endsSessions: true })] }))
    expect(plan?.warnings).toContainEqual(expect.objectContaining({ type: 'downtime', code: 'W_ENDS_SESSIONS' }))
  })

  test('servers of somebody else are waited for by whoever begins and needs them, and stop a release that waits in vain', async () => {
    const world = new TestWorld()
    const values = { url: { type: 'stored', name: 'DATABASE_URL', secret: true } } as const
    const plan = async (v: string, neededBy: string[]) => {
      const release = world.store.releases.next(shop)
      const input = await world.input({ ...shop, type: 'up', release, stored: {} }, whole(v))
      return makePlan({ ...input, external: [{ resource: 'db', server: 'postgres', values, neededBy }] }).plan!
    }
    const awaits = (p: Awaited<ReturnType<typeof plan>>) =>
      p.stages.flatMap((s) => s.steps).filter((s) => s.type === 'await-resource')
    expect(awaits(await plan('1', ['nobody']))).toEqual([])
    expect(awaits(await plan('1', ['web']))).toMatchObject([{ resource: 'db', release: 'r1', timeoutSeconds: 300 }])
    world.engine.sick.add('db')
    expect(await world.run(await plan('1', ['web']))).toMatchObject({ state: 'failed', error: { code: 'E_NEEDS' } })
    expect(ran(world)).toEqual({})
    world.engine.sick.clear()
    await world.run(await plan('1', ['web']))
    expect((await plan('1', ['web'])).stages).toEqual([])
    // One that has to be started anew has the release that it is of, which is on record.
    const { steps } = world.engine
    await steps.stop(
      { type: 'stop', component: 'web', release: 'r2' },
      { ...shop, run: 'run-x', signal: AbortSignal.abort(), say: () => {} },
    )
    expect(awaits(await plan('1', ['web']))).toMatchObject([{ resource: 'db', release: 'r2' }])
  })
})

describe('laws of cron components', () => {
  test('nothing of it is started or stopped; it serves with the release, and goes back with it', async () => {
    const world = new TestWorld()
    await world.up(whole('1', { releaseSteps: [] }))
    expect(await world.runs()).toEqual(['web r1 running'])
    await world.up(whole('2', { releaseSteps: [] }))
    expect(await world.runs()).toEqual(['web r2 running'])
    expect(world.store.releases.serving(shop).outcome.serving.report?.release).toBe('r2')
    await world.rollback('r1')
    expect(world.store.releases.serving(shop).outcome.serving.report?.release).toBe('r1')
  })

  test('its runs take no lock: a release begins beside one, and the same firing is the same run', async () => {
    const world = new TestWorld()
    await world.up(whole('1'))
    let go = () => {}
    const gate = new Promise<void>((resolve) => {
      go = resolve
    })
    world.engine.before = (what) => (what === 'run-once cron@1' ? gate : undefined)
    const { plan } = makePlan(await world.input({ ...shop, type: 'cron', component: 'report', nonce: '1' }))
    const first = world.conductor.begin(plan!, 'cron:shop/local/report@1')
    expect(world.conductor.begin(plan!, 'cron:shop/local/report@1').run).toBe(first.run)
    expect(await world.up(whole('2'))).toMatchObject({ state: 'done', serving: 'r2' })
    go()
    await world.conductor.ended(first.run)
    expect(world.store.runs.lastOf(shop, 'report')).toMatchObject({ run: first.run, state: 'done' })
    expect(world.store.releases.serving(shop).release).toBe('r2')
  })

  test('one that was cut off ends as failed, and asks nobody', async () => {
    const world = new TestWorld()
    await world.up(whole('1'))
    world.engine.before = (what) => (what.startsWith('run-once cron') ? new Promise<void>(() => {}) : undefined)
    const { plan } = makePlan(await world.input({ ...shop, type: 'cron', component: 'report', nonce: '1' }))
    const { run } = world.conductor.begin(plan!, 'cron:shop/local/report@1')
    while (!world.store.runs.lastStep(run)) await new Promise((r) => setImmediate(r))
    world.engine.once = async () => 'lost'
    await world.restart()
    expect(world.store.runs.get(run)).toMatchObject({ state: 'failed', error: { code: 'E_INTERRUPTED' } })
    expect(world.serves()).toEqual(['web r1'])
  })

  test('only the newest of its runs stay on record', async () => {
    const world = new TestWorld()
    await world.up(whole('1'))
    for (let n = 1; n <= 5; n++) {
      const { plan } = makePlan(await world.input({ ...shop, type: 'cron', component: 'report', nonce: String(n) }))
      const { run } = world.conductor.begin(plan!, `cron:shop/local/report@${n}`)
      await world.conductor.ended(run)
    }
    world.store.runs.trim(shop, 'report', 2)
    expect(world.store.runs.list(shop, 100).map((r) => r.plan.intent)).toEqual(['cron', 'cron', 'up'])
  })
})

test('a migration that fails names the backup of before it', async () => {
  const world = new TestWorld()
  await world.up(whole('1'))
  world.engine.failing.add('migrate')
  world.engine.before = (what) => {
    if (what === 'run-once migrate') world.store.releases.setBackup(shop, 'r2', 'backup-7')
  }
  const end = await world.up(whole('2'))
  expect(end).toMatchObject({ state: 'failed', serving: 'r1', error: { detail: 'backup of before this release: backup-7' } })
})
