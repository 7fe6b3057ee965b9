import { describeStep } from '../../src/lib/describe-step.ts'
import type { App } from '../../src/model/app.ts'
import type { RunEvent } from '../../src/model/event.ts'
import type { Observed, Plan, PlanInput, Running, ServingComponent } from '../../src/model/plan.ts'
import { makePlan } from '../../src/plan/plan.ts'
import { aCheck, aComponent, anApp } from '../laws/world.ts'

// Plans of a shop as the planner makes them, and runs of them: what the command line has to show.

const nothing: Observed = { serving: {}, running: [], volumes: [], artifacts: [], routes: [], releases: [], data: {} }

export function aShop(version: string): App {
  const db = aComponent('db', '17', {
    type: 'worker',
    resource: 'db',
    source: { type: 'server', resource: 'postgres', version: '17.6' },
    mounts: [{ volume: 'db', writers: 'one' }],
    rollout: 'replace',
    address: 'own',
    runsAs: 'server',
  })
  const api = aComponent('api', version, {
    needs: ['db'],
    releaseSteps: [{ name: 'migrate', run: [{ type: 'text', text: 'migrate' }], isRepeatable: false }],
    mounts: [{ volume: 'uploads', writers: 'one' }],
    rollout: 'replace',
  })
  const web = aComponent('web', version, { instances: 2 })
  return anApp([db, api, web], {
    routes: [
      { host: 'shop.example', path: '/', to: 'web' },
      { host: 'shop.example', path: '/api', to: 'api' },
      { host: 'www.shop.example', path: '/', to: 'web' },
    ],
    checks: [aCheck('healthy', '/api/health')],
  })
}

function inputOf(app: App, observed: Observed, release: string): PlanInput {
  const artifacts = Object.fromEntries(
    app.components.map((c) => [c.name, `${c.name}-${'digest' in c.source ? c.source.digest : ''}`]),
  )
  const intent = { app: app.name, environment: app.environment.name, type: 'up' as const, release, stored: {} }
  return { app, artifacts, data: {}, provision: {}, observed, intent }
}

function planOf(input: PlanInput): Plan {
  const { plan, findings } = makePlan(input)
  if (!plan) throw new Error(JSON.stringify(findings))
  return plan
}

/** The world after a plan. */
function after(plan: Plan, app: App): Observed {
  const serving: Record<string, ServingComponent> = plan.outcome?.serving ?? {}
  const running = Object.values(serving).map(
    (s): Running => ({
      component: s.component.name,
      release: s.release,
      digest: s.digest,
      state: 'running',
      instances: s.component.instances,
    }),
  )
  const releases = [{ release: plan.release ?? '', components: serving, routes: app.routes }]
  const volumes = ['db', 'uploads']
  const artifacts = Object.values(serving).map((s) => s.artifact)
  const routes = app.routes.map((r) => ({ host: r.host, path: r.path, component: r.to, release: plan.release ?? '' }))
  return { serving, serves: plan.release ?? '', running, volumes, artifacts, routes, releases, data: {} }
}

export const firstPlan = (): Plan => planOf(inputOf(aShop('1'), nothing, 'r1'))

export function nextPlan(): Plan {
  const observed = after(firstPlan(), aShop('1'))
  return planOf(inputOf(aShop('2'), observed, 'r2'))
}

/** One component is gone from the manifest. */
export function shrinkingPlan(): Plan {
  const observed = after(firstPlan(), aShop('1'))
  const app = aShop('1')
  const less = {
    ...app,
    components: app.components.filter((c) => c.name !== 'api'),
    routes: app.routes.filter((r) => r.to !== 'api'),
  }
  return planOf(inputOf(less, observed, 'r2'))
}

export function downPlan(): Plan {
  const input = inputOf(aShop('1'), after(firstPlan(), aShop('1')), 'r1')
  const { app: _, ...rest } = input
  return planOf({ ...rest, intent: { app: 'shop', environment: 'local', type: 'down' } })
}

/** The events of a run of `plan`; with `failsAt` that step fails, and what its stage began is undone. */
export function runOf(plan: Plan, failsAt?: { stage: number; step: number }): RunEvent[] {
  const events: RunEvent[] = []
  let clock = Date.parse('2026-11-21T10:00:00Z')
  type Body = RunEvent extends infer E ? (E extends unknown ? Omit<E, 'run' | 'seq' | 'at'> : never) : never
  const add = (body: Body) => {
    clock += 400
    events.push({ run: 'run-17', seq: events.length + 1, at: new Date(clock).toISOString(), ...body } as RunEvent)
  }
  const urls = [
    { host: 'shop.example', url: 'http://localhost:18000' },
    { host: 'www.shop.example', url: 'http://localhost:18001' },
  ]
  add({ type: 'start', plan })
  for (const [stage, { steps, undo }] of plan.stages.entries()) {
    for (const [step, one] of steps.entries()) {
      const head = { type: 'step' as const, stage, step, what: one.type, text: describeStep(one) }
      add({ ...head, isUndo: false, state: 'started' })
      if (one.type === 'build')
        for (const text of ['npm ci', 'added 212 packages in 4s', '> vite build']) add({ type: 'line', stage, step, text })
      if (one.type === 'await-healthy') add({ type: 'line', stage, step, text: 'GET http://127.0.0.1:20017/health answered 503' })
      if (failsAt?.stage !== stage || failsAt.step !== step) {
        add({ ...head, isUndo: false, state: 'done', ms: one.type === 'build' ? 12_400 : 230 })
        continue
      }
      const error = {
        code: 'E_HEALTH_TIMEOUT',
        message: 'web r2 did not become healthy within 60 s',
        at: 'components.web.health',
        detail: 'GET http://127.0.0.1:20017/health answered 500\n{"ok":false,"database":"refused"}',
        hint: 'landfall logs web --release r2',
      }
      add({ ...head, isUndo: false, state: 'failed', ms: 60_000, error })
      for (const [i, step] of undo.entries()) {
        const undoing = { type: 'step' as const, stage, step: i, what: step.type, text: describeStep(step), isUndo: true }
        add({ ...undoing, state: 'started' })
        add({ ...undoing, state: 'done', ms: 120 })
      }
      add({ type: 'end', state: 'undone', message: 'r2 was undone', error, urls, serving: 'r1' })
      return events
    }
  }
  add({ type: 'end', state: 'done', message: `${plan.release} serves`, urls, ...(plan.release && { serving: plan.release }) })
  return events
}
