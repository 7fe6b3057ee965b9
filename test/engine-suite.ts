import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Component, ReleaseStep } from '../src/model/app.ts'
import type { Scope } from '../src/model/plan.ts'
import type { Engine, StepContext } from '../src/model/plug.ts'

export type Behaviour = 'serves' | 'never-healthy' | 'crashes' | 'job-succeeds' | 'job-fails' | 'static'

/** An engine to be tried, with what the suite cannot know: how a component of this engine is made to behave. */
export interface EngineBed {
  readonly engine: Engine
  /** A component that behaves so; its artifact is there. */
  a(behaviour: Behaviour, name: string, over?: Partial<Component>): Promise<{ component: Component; artifact: string }>
  /** A command for `run-once` that ends with `code`. */
  command(name: string, code: number): ReleaseStep
  /** How often that command has run. */
  runs(name: string): Promise<number>
  /** `engine` dies and another one over the same state takes its place, recovered. */
  restart(): Promise<void>
  /** Ends everything and throws when something is left. */
  close(): Promise<void>
}

const shop: Scope = { app: 'shop', environment: 'local' }
const staging: Scope = { app: 'shop', environment: 'staging' }

/** What every engine must do. `skip`: title of a test -> why this one cannot pass it; an entry that names no test fails. */
export function engineSuite(name: string, make: () => Promise<EngineBed>, skip: Record<string, string> = {}): void {
  const titles = new Set<string>()
  const law = (title: string, body: () => Promise<void>) => {
    titles.add(title)
    test.skipIf(title in skip)(title, body)
  }

  describe(`engine ${name}`, () => {
    let bed: EngineBed
    beforeEach(async () => {
      bed = await make()
      bed.engine.drained(async () => 0)
    })
    afterEach(() => bed.close())
    afterAll(() => expect(Object.keys(skip).filter((title) => !titles.has(title))).toEqual([]))

    const context = (over: Partial<StepContext> = {}): StepContext => ({
      ...shop,
      run: 'run-1',
      signal: new AbortController().signal,
      say: () => {},
      ...over,
    })
    const start = (made: { component: Component; artifact: string }, release: string, scope = shop) =>
      bed.engine.steps.start({ type: 'start', ...made, release, digest: `digest-${release}` }, context(scope))
    const healthy = ({ component }: { component: Component }, release: string, timeoutSeconds = 30, scope = shop) =>
      bed.engine.steps['await-healthy']({ type: 'await-healthy', component, release, timeoutSeconds }, context(scope))
    const up = async (made: { component: Component; artifact: string }, release: string, scope = shop) => {
      await start(made, release, scope)
      await healthy(made, release, 30, scope)
    }
    const stop = (component: string, release: string, scope = shop) =>
      bed.engine.steps.stop({ type: 'stop', component, release }, context(scope))
    const retire = (component: string, release: string, drainSeconds: number) =>
      bed.engine.steps.retire({ type: 'retire', component, release, drainSeconds }, context())
    const once = (made: { component: Component; artifact: string }, command: ReleaseStep, run = 'run-1') =>
      bed.engine.steps['run-once']({ type: 'run-once', ...made, release: 'r1', name: command.name, command }, context({ run }))
    const running = async (scope = shop) =>
      (await bed.engine.observe(scope)).running.map((r) => `${r.component} ${r.release} ${r.state} ${r.instances}`)
    const codeOf = (doing: Promise<unknown>) =>
      doing.then(
        () => 'no error',
        (error: { code?: string }) => error.code,
      )

    law('what was started and became healthy is observed, has endpoints and is listed', async () => {
      const web = await bed.a('serves', 'web', { instances: 2 })
      await up(web, 'r1')
      expect((await bed.engine.observe(shop)).running).toEqual([
        { component: 'web', release: 'r1', digest: 'digest-r1', state: 'running', instances: 2 },
      ])
      expect((await bed.engine.endpoints(shop, 'web', 'r1')).length).toBeGreaterThan(0)
      const listed = await bed.engine.instances(shop)
      expect(new Set(listed.map((i) => `${i.component} ${i.release} ${i.state}`))).toEqual(new Set(['web r1 running']))
    })

    law('a start and a wait that are done already change nothing', async () => {
      const web = await bed.a('serves', 'web')
      await up(web, 'r1')
      const before = [
        await running(),
        await bed.engine.endpoints(shop, 'web', 'r1'),
        (await bed.engine.instances()).map((i) => i.pid),
      ]
      await up(web, 'r1')
      expect([
        await running(),
        await bed.engine.endpoints(shop, 'web', 'r1'),
        (await bed.engine.instances()).map((i) => i.pid),
      ]).toEqual(before)
    })

    law('releases and scopes run beside each other, and what is observed is sorted', async () => {
      const [web, api] = [await bed.a('serves', 'web'), await bed.a('serves', 'api')]
      await up(web, 'r2')
      await up(web, 'r1')
      await up(api, 'r1')
      await up(web, 'r1', staging)
      expect(await running()).toEqual(['api r1 running 1', 'web r1 running 1', 'web r2 running 1'])
      expect(await running(staging)).toEqual(['web r1 running 1'])
      const endpoints = [...(await bed.engine.endpoints(shop, 'web', 'r1')), ...(await bed.engine.endpoints(shop, 'web', 'r2'))]
      expect(new Set(endpoints).size).toBe(2)
      await stop('web', 'r1')
      expect(await running(staging)).toEqual(['web r1 running 1'])
      await stop('web', 'r1', staging)
    })

    law('one that never becomes healthy ends the wait with E_HEALTH_TIMEOUT', async () => {
      const web = await bed.a('never-healthy', 'web')
      await start(web, 'r1')
      expect(await codeOf(healthy(web, 'r1', 0.5))).toBe('E_HEALTH_TIMEOUT')
    })

    law('one that crashes ends the wait before its time is over, with E_CRASHED', async () => {
      const web = await bed.a('crashes', 'web')
      await start(web, 'r1')
      expect(await codeOf(healthy(web, 'r1', 3600))).toBe('E_CRASHED')
    })

    law('an artifact that is not there is E_ARTIFACT_GONE, and nothing is started', async () => {
      const { component } = await bed.a('serves', 'web')
      expect(await codeOf(start({ component, artifact: 'never-built' }, 'r1'))).toBe('E_ARTIFACT_GONE')
      expect(await running()).toEqual([])
    })

    law('what was stopped is gone when the step is done, and stopping it again changes nothing', async () => {
      await up(await bed.a('serves', 'web'), 'r1')
      await stop('web', 'r1')
      expect(await running()).toEqual([])
      expect(await bed.engine.instances()).toEqual([])
      expect(await bed.engine.endpoints(shop, 'web', 'r1')).toEqual([])
      await stop('web', 'r1')
      await stop('web', 'never-started')
    })

    law('what was stopped starts again', async () => {
      const web = await bed.a('serves', 'web')
      await up(web, 'r1')
      await stop('web', 'r1')
      await up(web, 'r1')
      expect(await running()).toEqual(['web r1 running 1'])
    })

    law('a retired release with nothing in flight goes by itself', async () => {
      await up(await bed.a('serves', 'web'), 'r1')
      await retire('web', 'r1', 600)
      await retire('web', 'r1', 600)
      await until(async () => (await running()).length === 0)
    })

    law('a retired release with requests in flight drains, and can be called back', async () => {
      bed.engine.drained(async () => 1)
      const web = await bed.a('serves', 'web')
      await up(web, 'r1')
      await retire('web', 'r1', 600)
      expect(await running()).toEqual(['web r1 draining 1'])
      await up(web, 'r1')
      expect(await running()).toEqual(['web r1 running 1'])
    })

    law('a job is observed as ended once it succeeded, and a failed one ends the wait', async () => {
      const good = await bed.a('job-succeeds', 'good')
      await up(good, 'r1')
      expect(await running()).toEqual(['good r1 ended 1'])
      await up(good, 'r1')
      const bad = await bed.a('job-fails', 'bad')
      await start(bad, 'r1')
      expect(await codeOf(healthy(bad, 'r1', 3600))).toBe('E_CRASHED')
      expect(await running()).toEqual(['bad r1 failed 1', 'good r1 ended 1'])
    })

    law('static files have an endpoint and run without a wait', async () => {
      const site = await bed.a('static', 'site')
      await up(site, 'r1')
      expect(await running()).toEqual(['site r1 running 1'])
      expect(await bed.engine.endpoints(shop, 'site', 'r1')).toHaveLength(1)
      await retire('site', 'r1', 600)
      await until(async () => (await running()).length === 0)
    })

    law('a command runs once for its run, and what became of it is known', async () => {
      const web = await bed.a('serves', 'web')
      const migrate = bed.command('migrate', 0)
      expect(await bed.engine.once(shop, 'r1', 'web', 'migrate')).toBe('never-started')
      await once(web, migrate)
      await once(web, migrate)
      expect(await bed.runs('migrate')).toBe(1)
      expect(await bed.engine.once(shop, 'r1', 'web', 'migrate')).toBe('ended-0')
      expect(await bed.engine.once(staging, 'r1', 'web', 'migrate')).toBe('never-started')
      expect(await running()).toEqual([])
    })

    law('a command that fails is E_RELEASE_STEP', async () => {
      const web = await bed.a('serves', 'web')
      expect(await codeOf(once(web, bed.command('migrate', 3)))).toBe('E_RELEASE_STEP')
      expect(await bed.engine.once(shop, 'r1', 'web', 'migrate')).toBe('ended-nonzero')
    })

    law('volumes are made once per scope, keep their folder and outlive what used them', async () => {
      const volume = (scope: Scope) => bed.engine.steps.volume({ type: 'volume', name: 'data', runsAs: 'app' }, context(scope))
      await volume(shop)
      await volume(shop)
      const folder = bed.engine.volumePath(shop, 'data')
      expect(bed.engine.volumePath(staging, 'data')).not.toBe(folder)
      await up(await bed.a('serves', 'web', { mounts: [{ volume: 'data', writers: 'many' }] }), 'r1')
      await stop('web', 'r1')
      expect((await bed.engine.observe(shop)).volumes).toEqual(['data'])
      expect((await bed.engine.observe(staging)).volumes).toEqual([])
      expect(bed.engine.volumePath(shop, 'data')).toBe(folder)
    })

    law('a volume that is not there keeps what wants it from starting', async () => {
      const web = await bed.a('serves', 'web', { mounts: [{ volume: 'nowhere', writers: 'one' }] })
      expect(await codeOf(start(web, 'r1'))).toBe('E_MOUNT')
      expect(await running()).toEqual([])
    })

    law('pruning takes artifacts away, as often as it is asked, and never one that runs', async () => {
      const [web, old] = [await bed.a('serves', 'web'), await bed.a('serves', 'old')]
      await up(web, 'r1')
      const prune = () =>
        bed.engine.steps.prune({ type: 'prune', releases: ['r0'], artifacts: [web.artifact, old.artifact] }, context())
      await prune()
      await prune()
      expect((await bed.engine.observe(shop)).artifacts).toEqual([web.artifact])
      expect(await running()).toEqual(['web r1 running 1'])
    })

    law('the address of a component is its own, and stays', async () => {
      const [db, again, cache] = [
        await bed.engine.address(shop, 'db'),
        await bed.engine.address(shop, 'db'),
        await bed.engine.address(shop, 'cache'),
      ]
      expect(again).toEqual(db)
      expect(cache).not.toEqual(db)
    })

    law('everything goes on and is known again after a death of the engine', async () => {
      const [web, job] = [await bed.a('serves', 'web'), await bed.a('job-succeeds', 'job')]
      await up(web, 'r1')
      await up(job, 'r1')
      await once(web, bed.command('migrate', 0))
      const before = [await running(), await bed.engine.endpoints(shop, 'web', 'r1'), await bed.engine.address(shop, 'db')]
      const pids = (await bed.engine.instances()).map((i) => i.pid)
      await bed.restart()
      expect([await running(), await bed.engine.endpoints(shop, 'web', 'r1'), await bed.engine.address(shop, 'db')]).toEqual(
        before,
      )
      expect((await bed.engine.instances()).map((i) => i.pid)).toEqual(pids)
      expect(await bed.engine.once(shop, 'r1', 'web', 'migrate')).toBe('ended-0')
      await stop('web', 'r1')
      expect(await running()).toEqual(['job r1 ended 1'])
    })
  })
}

/** The time is a hang guard. */
async function until(isTrue: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + 30_000
  while (!(await isTrue())) {
    if (Date.now() > end) throw new Error('waited in vain')
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
