import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { CheckDeps } from '../../src/checks/deps.ts'
import { connectMemoryEdge, type MemoryEdge } from '../../src/edge/memory/index.ts'
import { connectMemory, type MemoryEngine } from '../../src/engines/memory/index.ts'
import type { App, Check, Component, ReleaseStep } from '../../src/model/app.ts'
import type { RunEvent } from '../../src/model/event.ts'
import type { DataVersion, Intent, Observed, Plan, PlanInput } from '../../src/model/plan.ts'
import { makePlan } from '../../src/plan/plan.ts'
import { Conductor } from '../../src/run/conductor.ts'
import { openAll, type Store } from '../../src/store/store.ts'

const homes: string[] = []
/** Folders of every world so far. */
export function removeHomes(): void {
  for (const home of homes.splice(0)) rmSync(home, { recursive: true, force: true })
}

export const shop = { app: 'shop', environment: 'local' }

/** A component with the defaults of a manifest; `version` stands for its source's content. */
export function aComponent(name: string, version: string, over: Partial<Component> = {}): Component {
  return {
    name,
    type: 'web',
    source: { type: 'folder', path: '/src', digest: version },
    build: { builder: 'command', options: {}, env: {}, timeoutSeconds: 60, limits: {} },
    command: [{ type: 'text', text: 'serve' }],
    env: {},
    health: { type: 'http', path: '/health', everySeconds: 2, timeoutSeconds: 60 },
    needs: [],
    instances: 1,
    limits: {},
    releaseSteps: [],
    mounts: [],
    stop: { drainSeconds: 30, signal: 'SIGTERM', graceSeconds: 10 },
    rollout: 'overlap',
    runsAs: 'app',
    tasks: {},
    ...over,
  }
}

/** A request that must be answered with 200. */
export function aCheck(name: string, path: string): Check {
  const expect = { status: 200 }
  const step = { type: 'http' as const, method: 'GET' as const, path, headers: {}, redirects: 0, expect, capture: [] }
  return { name, on: ['release', 'schedule', 'restore'], steps: [step] }
}

export function anApp(components: Component[], over: Partial<App> = {}): App {
  const first = components.find((c) => c.type === 'web' || c.type === 'static')
  return {
    name: 'shop',
    environment: { name: 'local', isProtected: false },
    components,
    resources: [],
    routes: first ? [{ host: 'shop.localhost', path: '/', to: first.name }] : [],
    checks: [],
    contract: [],
    keep: { releases: 3 },
    ...over,
  }
}

/** The real planner, store and runner on the memory engine and edge. */
export class TestWorld {
  store: Store
  engine: MemoryEngine
  edge: MemoryEdge
  conductor: Conductor
  readonly home = mkdtempSync(join(tmpdir(), 'landfall-laws-'))
  stored: Record<string, number> = {}
  /** Checks ask the edge, and find no mailbox and no database. */
  readonly checks: CheckDeps

  constructor() {
    homes.push(this.home)
    this.store = openAll(this.home)
    this.engine = connectMemory()
    this.edge = connectMemoryEdge()
    this.checks = {
      edge: this.edge,
      mailbox: () => undefined,
      database: () => Promise.reject(new Error('there is no database')),
      signature: () => undefined,
    }
    this.conductor = this.newConductor()
  }

  private newConductor(): Conductor {
    return new Conductor(
      { engine: this.engine, edge: this.edge, store: this.store, checks: this.checks, now: () => Date.now() },
      () => {},
    )
  }

  async observed(): Promise<Observed> {
    const { running, volumes, artifacts } = await this.engine.observe(shop)
    const { release, outcome } = this.store.releases.serving(shop)
    return {
      serving: outcome.serving,
      ...(release && { serves: release }),
      running,
      volumes,
      artifacts,
      routes: await this.edge.routes(shop),
      releases: this.store.releases.list(shop),
      data: outcome.data,
      bootstrapped: this.store.bootstraps.list(shop),
    }
  }

  async input(
    intent: Intent,
    app?: App,
    data: Record<string, DataVersion> = {},
    provision: Record<string, ReleaseStep[]> = {},
  ): Promise<PlanInput> {
    const artifacts = Object.fromEntries(
      (app?.components ?? []).map((c) => [c.name, `${c.name}-${c.source.type === 'folder' ? c.source.digest : 'server'}`]),
    )
    return { ...(app && { app }), artifacts, data, provision, observed: await this.observed(), intent }
  }

  async planUp(app: App, only?: string[], data?: Record<string, DataVersion>) {
    const release = this.store.releases.next(shop)
    return makePlan(await this.input({ ...shop, type: 'up', release, stored: this.stored, ...(only && { only }) }, app, data))
  }

  async up(app: App, only?: string[]): Promise<RunEvent> {
    const { plan, findings } = await this.planUp(app, only)
    if (!plan) throw new Error(JSON.stringify(findings))
    return this.run(plan)
  }

  async rollback(to: string): Promise<RunEvent> {
    return this.run(makePlan(await this.input({ ...shop, type: 'rollback', to, data: 'keep' })).plan!)
  }

  /** Carries a plan out and gives its last event. */
  async run(plan: Plan): Promise<RunEvent> {
    const { run } = this.conductor.begin(plan, undefined)
    await this.conductor.ended(run)
    return this.store.runs.events(run, 0).at(-1)!
  }

  /** What a request would meet. */
  serves(): string[] {
    return this.edge.table(shop).routes.map((r) => `${r.component} ${r.release}`)
  }

  async runs(): Promise<string[]> {
    return (await this.engine.observe(shop)).running.map((r) => `${r.component} ${r.release} ${r.state}`)
  }

  /** A new daemon over the same store, engine and edge. */
  async restart(): Promise<void> {
    this.store.close()
    homes.push(this.home)
    this.store = openAll(this.home)
    this.engine.before = () => {}
    this.edge.before = () => {}
    this.conductor = this.newConductor()
    await this.conductor.recover()
    for (const r of this.store.runs.open()) await this.conductor.ended(r.run)
  }
}
