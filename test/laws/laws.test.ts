import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import type { App } from '../../src/model/app.ts'
import { makePlan } from '../../src/plan/plan.ts'
import { aCheck, aComponent, anApp, removeHomes, shop, TestWorld } from './world.ts'

afterAll(removeHomes)

const migrate = { name: 'migrate', run: [{ type: 'text' as const, text: 'migrate' }], isRepeatable: false }
const server = (version: string, over = {}) =>
  aComponent('db', '', {
    type: 'worker',
    source: { type: 'server', resource: 'postgres', version },
    address: 'own',
    runsAs: 'server',
    rollout: 'replace',
    mounts: [{ volume: 'db-data', writers: 'one' }],
    resource: 'db',
    ...over,
  })
/** A whole little shop: a database, a web component that migrates, a worker, a job, static files. */
const wholeShop = (v: string): App =>
  anApp([
    server('17'),
    aComponent('web', v, { needs: ['db'], releaseSteps: [migrate] }),
    aComponent('queue', v, { type: 'worker', needs: ['db'] }),
    aComponent('files', v, { rollout: 'replace', mounts: [{ volume: 'files', writers: 'one' }], address: 'edge' }),
    aComponent('warm', v, { type: 'job', needs: ['web'] }),
    aComponent('site', v, { type: 'static' }),
  ])

describe('laws of plan and run', () => {
  test('after up, the next plan is empty', async () => {
    const world = new TestWorld()
    expect(await world.up(wholeShop('1'))).toMatchObject({ type: 'end', state: 'done', serving: 'r1' })
    expect((await world.planUp(wholeShop('1'))).plan?.stages).toEqual([])
    expect(await world.up(wholeShop('2'))).toMatchObject({ state: 'done', serving: 'r2' })
    expect((await world.planUp(wholeShop('2'))).plan?.stages).toEqual([])
  })

  test('only what changed is released, and the rest stays what it is', async () => {
    const world = new TestWorld()
    await world.up(wholeShop('1'))
    const app = wholeShop('1')
    app.components[1] = aComponent('web', '2', { needs: ['db'], releaseSteps: [migrate] })
    await world.up(app)
    expect(await world.runs()).toEqual([
      'db r1 running',
      'files r1 running',
      'queue r1 running',
      'site r1 running',
      'warm r1 ended',
      'web r2 running',
    ])
  })

  test('components named by hand are released alone, with what they need and nobody serves yet', async () => {
    const world = new TestWorld()
    await world.up(wholeShop('1'), ['queue'])
    expect(await world.runs()).toEqual(['db r1 running', 'queue r1 running'])
    await world.up(wholeShop('2'), ['web'])
    expect(await world.runs()).toEqual(['db r1 running', 'queue r1 running', 'web r2 running'])
  })

  test('a changed value makes a new release of what uses it, with the artifact it had', async () => {
    const world = new TestWorld()
    const app = anApp([
      aComponent('web', '1', { env: { KEY: { type: 'stored', name: 'KEY', secret: true } } }),
      aComponent('other', '1'),
    ])
    world.stored = { KEY: 1 }
    await world.up(app)
    world.stored = { KEY: 2 }
    const { plan } = await world.planUp(app)
    expect(plan!.stages.map((s) => s.name)).toEqual(['roll', 'switch', 'retire'])
    await world.run(plan!)
    expect(await world.runs()).toEqual(['other r1 running', 'web r2 running'])
  })

  test('an address that nobody had answers before those who need it are asked, and one that is replaced before the checks', async () => {
    const world = new TestWorld()
    const check = aCheck('home', '/')
    const app = (v: string) =>
      anApp(
        [
          aComponent('backend', v, { address: 'edge', rollout: 'replace', mounts: [{ volume: 'data', writers: 'one' }] }),
          aComponent('frontend', v, { needs: ['backend'] }),
        ],
        { routes: [{ host: 'shop.localhost', path: '/', to: 'frontend' }], checks: [check] },
      )
    const order = async (v: string) => {
      const { plan } = await world.planUp(app(v))
      const roll = plan!.stages.find((s) => s.name === 'roll')!
      await world.run(plan!)
      return roll.steps.map((s) =>
        'component' in s && typeof s.component === 'object' ? `${s.type} ${s.component.name}` : s.type,
      )
    }
    expect(await order('1')).toEqual([
      'start backend',
      'await-healthy backend',
      'route',
      'start frontend',
      'await-healthy frontend',
      'smoke',
    ])
    expect(await order('2')).toEqual([
      'start frontend',
      'await-healthy frontend',
      'hold',
      'stop',
      'start backend',
      'await-healthy backend',
      'route',
      'smoke',
    ])
    expect(world.edge.table(shop).internal).toMatchObject([{ component: 'backend', release: 'r2' }])
    const { plan } = await world.planUp(app('3'))
    world.edge.ask = async () => ({ status: 500, headers: {}, body: '', ms: 1 })
    expect(await world.run(plan!)).toMatchObject({ state: 'undone', serving: 'r2' })
    expect(world.edge.table(shop).internal).toMatchObject([{ component: 'backend', release: 'r2' }])
    expect(await world.runs()).toEqual(['backend r2 running', 'frontend r2 running'])
  })

  test('same inputs, same plan, in whatever order they come', async () => {
    const world = new TestWorld()
    await world.up(wholeShop('1'))
    const input = await world.input({ ...shop, type: 'up', release: 'r2', stored: { A: 1, B: 2 } }, wholeShop('2'))
    const plan = makePlan(input).plan
    fc.assert(
      fc.property(fc.shuffledSubarray(input.app!.components, { minLength: input.app!.components.length }), (components) => {
        const shuffled = makePlan({ ...input, app: { ...input.app!, components } }).plan
        expect({ ...shuffled, outcome: undefined, id: '' }).toEqual({ ...plan, outcome: undefined, id: '' })
      }),
    )
    expect(makePlan(structuredClone(input)).plan).toEqual(plan)
  })

  test('a plan survives JSON', async () => {
    const { plan } = await new TestWorld().planUp(wholeShop('1'))
    expect(JSON.parse(JSON.stringify(plan))).toEqual(plan)
  })

  test('every step may be run twice', async () => {
    const world = new TestWorld()
    for (const version of ['1', '2']) {
      const { plan } = await world.planUp(wholeShop(version))
      const twice = { ...plan!, stages: plan!.stages.map((s) => ({ ...s, steps: s.steps.flatMap((step) => [step, step]) })) }
      expect(await world.run(twice)).toMatchObject({ state: 'done' })
      expect(world.engine.runs.get('migrate')).toBe(Number(version))
      expect((await world.planUp(wholeShop(version))).plan?.stages).toEqual([])
    }
  })

  test('a broken release leaves the old one serving, wherever it breaks', async () => {
    for (const name of ['web', 'queue', 'warm', 'files', 'site']) {
      const world = new TestWorld()
      await world.up(wholeShop('1'))
      const before = await world.runs()
      world.engine.sick.add(name)
      // Whatever is put back must become healthy again.
      world.engine.before = (what) => void (what.startsWith('stop') && world.engine.sick.clear())
      const replaced = name === 'files'
      if (replaced) {
        let asked = 0
        world.engine.sick.clear()
        world.engine.before = (what) => {
          if (what !== 'await-healthy files') return
          asked += 1
          if (asked === 1) throw new Error('does not come up')
        }
      }
      expect(await world.up(wholeShop('2')), name).toMatchObject({ type: 'end', state: 'undone', serving: 'r1' })
      expect(await world.runs(), name).toEqual(before)
      expect(world.serves(), name).toEqual(['web r1'])
      expect(world.edge.held.size).toBe(0)
    }
  })

  test('a release step that fails ends the release before anything is started', async () => {
    const world = new TestWorld()
    await world.up(wholeShop('1'))
    world.engine.failing.add('migrate')
    const before = await world.runs()
    expect(await world.up(wholeShop('2'))).toMatchObject({ state: 'failed', error: { code: 'E_RELEASE_STEP' } })
    expect(await world.runs()).toEqual(before)
  })

  test('rollback brings back the release with its values, and leaves resources alone', async () => {
    const world = new TestWorld()
    await world.up(wholeShop('1'))
    await world.up(wholeShop('2'))
    expect(await world.rollback('r1')).toMatchObject({ state: 'done', serving: 'r1' })
    expect(await world.runs()).toEqual([
      'db r1 running',
      'files r1 running',
      'queue r1 running',
      'site r1 running',
      'warm r1 ended',
      'web r1 running',
    ])
    expect((await world.planUp(wholeShop('1'))).plan?.stages).toEqual([])
  })

  test('rollback says before it stops anything that an artifact is gone', async () => {
    const world = new TestWorld()
    await world.up(anApp([aComponent('web', '1')]))
    await world.up(anApp([aComponent('web', '2')]))
    await world.engine.steps.prune(
      { type: 'prune', releases: [], artifacts: ['web-1'] },
      { ...shop, run: '', signal: new AbortController().signal, say: () => {} },
    )
    const { plan, findings } = makePlan(await world.input({ ...shop, type: 'rollback', to: 'r1' }))
    expect(plan).toBeUndefined()
    expect(findings[0]).toMatchObject({ code: 'E_ARTIFACT_GONE', level: 'error' })
  })

  test('data never starts empty: a changed version, type or name is refused with the move named', async () => {
    const world = new TestWorld()
    const withDb = (name: string, options = {}) =>
      anApp([aComponent('web', '1')], { resources: [{ name, type: 'postgres', options }] })
    await world.run((await world.planUp(withDb('db'), undefined, { db: { type: 'postgres', version: '17' } })).plan!)
    const codes = async (app: App, data: Record<string, { type: string; version: string }>) =>
      (await world.planUp(app, undefined, data)).findings.map((f) => f.code)
    expect(await codes(withDb('db'), { db: { type: 'postgres', version: '18' } })).toEqual(['E_RESOURCE_VERSION'])
    expect(await codes(withDb('db'), { db: { type: 'redis', version: '7' } })).toEqual(['E_RESOURCE_TYPE'])
    expect(await codes(withDb('main'), { main: { type: 'postgres', version: '17' } })).toEqual(['E_RESOURCE_RENAMED'])
    expect(await codes(withDb('main', { startEmpty: true }), { main: { type: 'postgres', version: '17' } })).toEqual([])
    expect(await codes(withDb('db'), { db: { type: 'postgres', version: '17' } })).toEqual([])
  })

  test('down stops users before what they use, keeps data and releases, and up brings all back', async () => {
    const world = new TestWorld()
    await world.up(wholeShop('1'))
    const order: string[] = []
    world.engine.before = (what) => void (what.startsWith('stop') && order.push(what.slice(5)))
    await world.run(makePlan(await world.input({ ...shop, type: 'down' })).plan!)
    expect(order.indexOf('web')).toBeLessThan(order.indexOf('db'))
    expect(await world.runs()).toEqual([])
    expect(world.serves()).toEqual([])
    expect((await world.observed()).volumes).toEqual(['db-data', 'files'])
    world.engine.before = () => {}
    expect(await world.up(wholeShop('1'))).toMatchObject({ state: 'done', serving: 'r2' })
  })

  test('retention never takes what serves, what served before, or one of the newest', async () => {
    const world = new TestWorld()
    for (let v = 1; v <= 6; v++) await world.up(anApp([aComponent('web', `${v}`), aComponent('old', '1')]))
    const { releases, artifacts } = await world.observed()
    expect(releases.map((r) => r.release)).toEqual(['r1', 'r3', 'r4', 'r5', 'r6'])
    expect(artifacts).toEqual(['old-1', 'web-1', 'web-3', 'web-4', 'web-5', 'web-6'])
    expect(await world.rollback('r3')).toMatchObject({ state: 'done' })
  })
})

describe('a dead daemon', () => {
  /** Dies (hangs for ever) at the nth thing that is done, then a new daemon takes over. */
  async function dieAt(n: number, world: TestWorld, change: () => Promise<unknown>): Promise<boolean> {
    let count = 0
    let isDead = false
    const died = new Promise<void>((resolve) => {
      const hook = () => {
        count += 1
        if (count < n) return
        isDead = true
        resolve()
        return new Promise<void>(() => {})
      }
      world.engine.before = hook
      world.edge.before = hook
    })
    await Promise.race([died, change()])
    world.engine.before = () => {}
    world.edge.before = () => {}
    return isDead
  }

  test('wherever it dies, the run ends, one whole release serves, and the next up finishes', async () => {
    for (let n = 1; n < 100; n++) {
      const world = new TestWorld()
      await world.up(wholeShop('1'))
      const isDead = await dieAt(n, world, () => world.up(wholeShop('2')))
      if (!isDead) {
        expect(n).toBeGreaterThan(15)
        return
      }
      await world.restart()
      const last = world.store.runs.list(shop, 1)[0]!
      expect(['done', 'failed', 'undone', 'waiting'], `death ${n}`).toContain(last.state)
      const serving = new Set(world.serves().map((s) => s.split(' ')[1]))
      expect(serving.size, `death ${n}: ${world.serves()}`).toBe(1)
      expect(world.edge.held.size).toBe(0)
      if (last.state === 'failed' || last.state === 'undone')
        expect(last.error).toMatchObject({ code: 'E_INTERRUPTED', message: expect.stringMatching(/interrupted in/) })
      if (last.state === 'waiting') {
        world.conductor.resume(last.run)
        await world.conductor.ended(last.run)
        expect(world.store.runs.get(last.run)?.state).toBe('done')
      }
      await world.up(wholeShop('2'))
      expect((await world.planUp(wholeShop('2'))).plan?.stages, `death ${n}`).toEqual([])
      const alone = (await world.runs()).map((r) => r.split(' ')[0])
      expect(new Set(alone).size, `death ${n}`).toBe(alone.length)
    }
  })

  test('and dying again while it undoes or resumes changes nothing about that', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 4 }), async (deaths) => {
        const world = new TestWorld()
        await world.up(wholeShop('1'))
        await dieAt(deaths[0]!, world, () => world.up(wholeShop('2')))
        for (const n of deaths.slice(1)) await dieAt(n, world, () => world.restart())
        await world.restart()
        for (const r of world.store.runs.open()) {
          world.conductor.cancel(r.run)
          await world.conductor.ended(r.run)
        }
        expect(world.store.runs.open()).toEqual([])
        expect(new Set(world.serves().map((s) => s.split(' ')[1])).size).toBe(1)
        expect(await world.up(wholeShop('3'))).toMatchObject({ state: 'done' })
        expect((await world.planUp(wholeShop('3'))).plan?.stages).toEqual([])
      }),
      { numRuns: 30 },
    )
  })

  test('a late write of a run that another daemon took over is refused', async () => {
    const world = new TestWorld()
    await world.up(wholeShop('1'))
    await dieAt(3, world, () => world.up(wholeShop('2')))
    const old = world.store.runs.list(shop, 1)[0]!
    await world.restart()
    await world.up(wholeShop('3'))
    await expect(world.edge.swap(shop, { routes: [], internal: [] }, old.epoch)).rejects.toMatchObject({ code: 'E_FENCED' })
  })
})

describe('two at once', () => {
  test('the second is told who has it, since when and at which step', async () => {
    const world = new TestWorld()
    world.engine.before = () => new Promise(() => {})
    const { plan } = await world.planUp(wholeShop('1'))
    world.conductor.begin(plan!, 'a')
    expect(() => world.conductor.begin(plan!, 'b')).toThrow(
      expect.objectContaining({ code: 'E_LOCKED', message: expect.stringMatching(/run-1 .*get postgres/) }),
    )
    expect(world.conductor.begin(plan!, 'a').run).toBe('run-1')
  })

  test('a cancelled run is undone; from the switch on it is too late', async () => {
    const world = new TestWorld()
    await world.up(wholeShop('1'))
    const before = await world.runs()
    const { plan } = await world.planUp(wholeShop('2'))
    let run = ''
    world.engine.before = (what) => void (what === 'await-healthy web' && world.conductor.cancel(run))
    run = world.conductor.begin(plan!, undefined).run
    await world.conductor.ended(run)
    expect(world.store.runs.get(run)?.state).toBe('cancelled')
    expect(await world.runs()).toEqual(before)
    world.engine.before = () => {}
    let refusal: unknown
    world.edge.before = () => {
      if (world.store.runs.lastStep(run)?.stage !== world.store.runs.get(run)!.plan.stages.findIndex((s) => s.name === 'switch'))
        return
      try {
        world.conductor.cancel(run)
      } catch (error) {
        refusal = error
      }
    }
    run = world.conductor.begin((await world.planUp(wholeShop('2'))).plan!, undefined).run
    await world.conductor.ended(run)
    expect(refusal).toMatchObject({ code: 'E_TOO_LATE' })
    expect(world.store.runs.get(run)?.state).toBe('done')
  })
})

test('a plan for 1,000 components is made of all of them', async () => {
  const components = Array.from({ length: 1000 }, (_, i) => aComponent(`c${i}`, '1', { needs: i % 10 ? [`c${i - 1}`] : [] }))
  const { plan } = await new TestWorld().planUp(anApp(components))
  expect(plan!.stages.find((s) => s.name === 'roll')!.steps.filter((s) => s.type === 'start')).toHaveLength(1000)
})
