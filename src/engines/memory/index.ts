import { LandfallError } from '../../lib/error.ts'
import type { Running, Scope } from '../../model/plan.ts'
import type { Engine, EngineType, Instance, OnceState } from '../../model/plug.ts'

/** An engine without processes: what the laws of plan and run are tried on, thousands of times. */
export interface MemoryEngine extends Engine {
  /** Components that never become healthy, by `component@digest` or component name. */
  sick: Set<string>
  /** Commands that fail, by step name. */
  failing: Set<string>
  /** How often each command has run. */
  runs: Map<string, number>
  /** Called before every step: the place to die or to fail. */
  before: (what: string) => void | Promise<void>
}

const memory: EngineType = {
  name: 'memory',
  can: { images: true, build: true, edge: true },
  connect: async () => connectMemory(),
}
export default memory

export function connectMemory(): MemoryEngine {
  const running = new Map<string, Running & Scope>()
  const volumes = new Map<string, Set<string>>()
  const artifacts = new Set<string>()
  const once = new Map<string, OnceState>()
  const place = (s: Scope) => `${s.app}/${s.environment}`
  const key = (s: Scope, component: string, release: string) => `${place(s)}/${component}/${release}`
  const of = (s: Scope) => [...running.values()].filter((r) => place(r) === place(s))
  const engine: MemoryEngine = {
    sick: new Set(),
    failing: new Set(),
    runs: new Map(),
    before: () => {},
    check: async () => [],
    observe: async (s) => ({
      running: of(s)
        .map(({ app: _a, environment: _e, ...r }) => r)
        .sort((a, b) => (`${a.component} ${a.release}` < `${b.component} ${b.release}` ? -1 : 1)),
      volumes: [...(volumes.get(place(s)) ?? [])].sort(),
      artifacts: [...artifacts].sort(),
    }),
    instances: async (s) => [...running.values()].filter((r) => !s || place(r) === place(s)).map(instanceOf),
    endpoints: async (s, component, release) => {
      const r = running.get(key(s, component, release))
      return r && r.state === 'running' ? [`memory://${component}/${release}/${r.digest}`] : []
    },
    async *logs() {},
    exec: async () => 0,
    steps: {
      build: async (step) => {
        await engine.before(`build ${step.artifact}`)
        artifacts.add(step.artifact)
      },
      volume: async (step, ctx) => {
        await engine.before(`volume ${step.name}`)
        volumes.set(place(ctx), (volumes.get(place(ctx)) ?? new Set()).add(step.name))
      },
      'run-once': async (step, ctx) => {
        await engine.before(`run-once ${step.name}`)
        const id = `${key(ctx, step.component.name, step.release)}/${step.name}`
        if (once.get(id) === 'ended-0') return
        engine.runs.set(step.name, (engine.runs.get(step.name) ?? 0) + 1)
        if (engine.failing.has(step.name)) {
          once.set(id, 'ended-nonzero')
          throw new LandfallError({ code: 'E_RELEASE_STEP', message: `${step.name} ended with 1` })
        }
        once.set(id, 'ended-0')
      },
      start: async (step, ctx) => {
        await engine.before(`start ${step.component.name}`)
        const { name, type, instances } = step.component
        if (step.artifact && !artifacts.has(step.artifact))
          throw new LandfallError({ code: 'E_ARTIFACT_GONE', message: `${step.artifact} is not there` })
        for (const m of step.component.mounts) {
          if (!volumes.get(place(ctx))?.has(m.volume))
            throw new LandfallError({ code: 'E_MOUNT', message: `${m.volume} is not there` })
          const other = of(ctx).find((r) => r.component === name && r.release !== step.release && r.state === 'running')
          if (m.writers === 'one' && other)
            throw new LandfallError({ code: 'E_TWO_WRITERS', message: `${name} ${other.release} still writes` })
        }
        const state = type === 'job' ? 'ended' : 'running'
        running.set(key(ctx, name, step.release), {
          app: ctx.app,
          environment: ctx.environment,
          component: name,
          release: step.release,
          digest: step.digest,
          state,
          instances,
        })
      },
      'await-healthy': async (step) => {
        await engine.before(`await-healthy ${step.component.name}`)
        if (engine.sick.has(step.component.name)) {
          throw new LandfallError({
            code: 'E_HEALTH_TIMEOUT',
            message: `${step.component.name} ${step.release} did not become healthy`,
          })
        }
      },
      'await-resource': async (step) => {
        await engine.before(`await-resource ${step.resource}`)
        if (engine.sick.has(step.resource)) {
          throw new LandfallError({ code: 'E_NEEDS', message: `${step.resource} took no login` })
        }
      },
      retire: async (step, ctx) => {
        await engine.before(`retire ${step.component}`)
        running.delete(key(ctx, step.component, step.release))
      },
      stop: async (step, ctx) => {
        await engine.before(`stop ${step.component}`)
        running.delete(key(ctx, step.component, step.release))
      },
      prune: async (step) => {
        await engine.before('prune')
        for (const a of step.artifacts) artifacts.delete(a)
      },
    },
    recover: async () => {},
    address: async () => ({ host: '127.0.0.1', port: 1 }),
    volumePath: (s, v) => `/memory/${place(s)}/${v}`,
    drained: () => {},
    once: async (s, release, component, name) => once.get(`${key(s, component, release)}/${name}`) ?? 'never-started',
    onEndpoints: () => {},
    forget: async (s) => void volumes.delete(place(s)),
    close: async () => {},
  }
  return engine
}

function instanceOf(r: Running & Scope): Instance {
  return {
    id: `${r.app}-${r.environment}-${r.component}-${r.release}-0`,
    app: r.app,
    environment: r.environment,
    component: r.component,
    release: r.release,
    index: 0,
    state: r.state === 'ended' ? 'ended' : 'running',
    restarts: 0,
  }
}
