import type { App, Component } from '../src/model/app.ts'
import type { PlanInput } from '../src/model/plan.ts'
import { makePlan } from '../src/plan/plan.ts'
import { medianTime, ms, type Section } from './section.ts'

/** The plan for an app with very many components: first release, and the one where a tenth has changed. */
export default async function plan(): Promise<Section> {
  const rows: string[][] = [['components', 'first release', 'a tenth changed', 'nothing changed']]
  for (const count of [10, 100, 1000]) {
    const first = inputOf(appOf(count))
    const { plan: made } = makePlan(first)
    if (!made?.outcome) throw new Error('no plan')
    const serving = made.outcome.serving
    const running = Object.values(serving).map((s) => ({
      component: s.component.name,
      release: s.release,
      digest: s.digest,
      state: 'running' as const,
      instances: 1,
    }))
    const observed = { ...first.observed, serving, serves: 'r1', running, routes: routesOf(made), artifacts: ['a'] }
    const again: PlanInput = { ...first, observed, intent: { ...first.intent, release: 'r2' } as PlanInput['intent'] }
    const changed: PlanInput = { ...again, app: appOf(count, 10) }
    if (makePlan(again).plan?.stages.length !== 0) throw new Error('nothing changed, and yet the plan has steps')
    const times = [first, changed, again].map((input) => medianTime(20, () => makePlan(input)))
    rows.push([String(count), ...(await Promise.all(times)).map(ms)])
  }
  return {
    title: 'Making a plan',
    text: 'The pure function from app and observed world to plan, without reading manifest or sources.',
    table: rows,
    broken: [],
  }
}

function routesOf(plan: NonNullable<ReturnType<typeof makePlan>['plan']>): PlanInput['observed']['routes'] {
  const step = plan.stages.flatMap((s) => s.steps).find((s) => s.type === 'route')
  return step?.type === 'route' ? step.routes : []
}

function appOf(count: number, changedEvery = Number.POSITIVE_INFINITY): App {
  const components = Array.from({ length: count }, (_, i): Component => {
    const text = i % changedEvery === 0 ? 'other' : 'same'
    return {
      name: `c${i}`,
      type: 'web',
      source: { type: 'folder', path: `/c${i}`, digest: 'd' },
      build: { builder: 'node', options: {}, env: {}, timeoutSeconds: 600, limits: {} },
      command: [{ type: 'text', text: 'node' }],
      env: { A: { type: 'text', text } },
      health: { type: 'http', path: '/', everySeconds: 2, timeoutSeconds: 60 },
      needs: i % 10 === 0 ? [] : [`c${i - (i % 10)}`],
      instances: 1,
      limits: {},
      releaseSteps: [],
      mounts: [],
      stop: { drainSeconds: 300, signal: 'SIGTERM', graceSeconds: 30 },
      rollout: 'overlap',
      runsAs: 'app',
      tasks: {},
    }
  })
  return {
    name: 'many',
    environment: { name: 'local', isProtected: false },
    components,
    resources: [],
    routes: components.map((c) => ({ host: `${c.name}.example`, path: '/', to: c.name })),
    checks: [],
    contract: [],
    keep: { releases: 5 },
  }
}

function inputOf(app: App): PlanInput {
  return {
    app,
    observed: { serving: {}, running: [], volumes: [], artifacts: [], routes: [], releases: [], data: {} },
    intent: { app: app.name, environment: 'local', type: 'up', release: 'r1', stored: {} },
    artifacts: Object.fromEntries(app.components.map((c) => [c.name, 'a'])),
    data: {},
    provision: {},
  }
}
