import type { Check, Component, Route } from '../model/app.ts'
import type { InternalLine, Observed, RouteLine, ServingComponent, Stage, Step } from '../model/plan.ts'
import { inLevels } from './order.ts'

/** What an instance that stops and a new one that starts are assumed to take, where two must not run at once. */
const REPLACE_SECONDS = 5
/** How long a server that others need may take to let somebody in. */
export const NEEDS_SECONDS = 300
/** The longest that the edge keeps requests waiting. */
export const HOLD_SECONDS = 30

export interface RollInput {
  /** To be started, each with the release it will run as. */
  next: ServingComponent[]
  observed: Observed
  /** All that serves afterwards. */
  serving: Record<string, ServingComponent>
  routes: RouteLine[]
  checks: Check[]
  release: string
}

/**
 * New beside old, all of them, and only then one switch: if any does not become healthy, nothing has changed. Components that
 * must not overlap come last, so that requests wait for as short a time as can be.
 */
export function rollStages({ next: all, observed, serving, routes, checks, release }: RollInput): Stage[] {
  // What runs by a schedule is not started: it is there from the switch on.
  const next = all.filter((s) => s.component.type !== 'cron')
  const beside = next.filter((s) => !mustReplace(s, observed))
  const replaced = next.filter((s) => mustReplace(s, observed))
  const internal = internalLines(serving)
  const asItWas: Step = { type: 'route', routes: observed.routes, internal: internalLines(observed.serving) }
  const steps: Step[] = []
  const undo: Step[] = []
  // What is reached by addresses at this moment of the plan; public routes stay where they are until the switch.
  const reached = { ...observed.serving }
  const opened = new Set<string>()
  let isTouched = false
  const open = (fresh: ServingComponent[]): void => {
    const reachable = fresh.filter((s) => s.component.address === 'edge')
    if (reachable.length === 0) return
    for (const s of reachable) {
      reached[s.component.name] = s
      opened.add(s.component.name)
    }
    isTouched = true
    const lines = observed.routes.map((r) => (opened.has(r.component) ? { ...r, release: reached[r.component]!.release } : r))
    steps.push({ type: 'route', routes: lines, internal: internalLines(reached), opens: reachable.map((s) => s.component.name) })
  }
  const byName = new Map(beside.map((s) => [s.component.name, s]))
  for (const level of inLevels(beside.map((s) => s.component))) {
    const abreast = level.map((c) => byName.get(c.name)!)
    steps.push(...abreast.map(startOf), ...abreast.map(awaitOf))
    undo.unshift(...abreast.map(stopOf))
    // Nobody answers at these addresses yet, and others need them to become healthy.
    open(abreast.filter((s) => !observed.serving[s.component.name]))
  }
  if (replaced.length > 0) {
    const held = replaced
      .map((s) => s.component.name)
      .filter((name) => routes.some((r) => r.component === name) || hasAddress(next, name))
    if (held.length > 0) steps.push({ type: 'hold', components: held, seconds: HOLD_SECONDS })
    const back: Step[] = []
    for (const s of inLevels(replaced.map((r) => r.component)).flat()) {
      const fresh = replaced.find((r) => r.component.name === s.name)!
      const old = observed.serving[s.name]!
      steps.push({ type: 'stop', component: s.name, release: old.release }, startOf(fresh), awaitOf(fresh))
      back.unshift(stopOf(fresh), startOf(old), awaitOf(old))
      // The old one is gone, and who asks it while the checks are made must not wait for their end.
      open([fresh])
    }
    undo.unshift(...back)
    isTouched ||= held.length > 0
  }
  // The table as it was also ends a hold.
  if (isTouched) undo.push(asItWas)
  if (checks.length > 0 && steps.length > 0 && routes.length > 0) steps.push({ type: 'smoke', release, routes, internal, checks })
  return [
    { name: 'roll', downtimeSeconds: 0, steps, undo },
    {
      name: 'switch',
      downtimeSeconds: replaced.length * REPLACE_SECONDS,
      steps: [{ type: 'route', routes, internal }],
      undo: [asItWas],
    },
  ]
}

/** Two of it must not run at once, and one runs. */
export function mustReplace(next: ServingComponent, observed: Observed): boolean {
  const old = observed.serving[next.component.name]
  if (!old || old.release === next.release) return false
  const isRunning = observed.running.some((r) => r.component === next.component.name && r.release === old.release)
  return isRunning && (next.component.rollout === 'replace' || old.component.rollout === 'replace')
}

export function routeLines(routes: Route[], serving: Record<string, ServingComponent>): RouteLine[] {
  return routes
    .flatMap((r) => {
      const to = serving[r.to]
      return to ? [{ host: r.host, path: r.path, component: r.to, release: to.release }] : []
    })
    .sort((a, b) => (`${a.host} ${a.path}` < `${b.host} ${b.path}` ? -1 : 1))
}

export function internalLines(serving: Record<string, ServingComponent>): InternalLine[] {
  return Object.values(serving)
    .filter((s) => s.component.address === 'edge')
    .map((s) => ({ component: s.component.name, release: s.release }))
    .sort((a, b) => (a.component < b.component ? -1 : 1))
}

/** Runs what it should, as the engine sees it. Whether it is healthy at this moment is the engine's care, not a plan's. */
export function isInPlace(wanted: ServingComponent, observed: Observed): boolean {
  if (wanted.component.type === 'cron') {
    const there = observed.serving[wanted.component.name]
    return there?.release === wanted.release && there.digest === wanted.digest
  }
  return observed.running.some(
    (r) =>
      r.component === wanted.component.name &&
      r.release === wanted.release &&
      r.digest === wanted.digest &&
      (r.state === 'running' || r.state === 'ended'),
  )
}

export function startOf(s: ServingComponent): Step {
  return { type: 'start', component: s.component, release: s.release, digest: s.digest, artifact: s.artifact }
}
export function awaitOf(s: ServingComponent): Step {
  return { type: 'await-healthy', component: s.component, release: s.release, timeoutSeconds: timeoutOf(s.component) }
}
export function stopOf(s: ServingComponent): Step {
  return { type: 'stop', component: s.component.name, release: s.release }
}
export function retireOf(s: ServingComponent): Step {
  return { type: 'retire', component: s.component.name, release: s.release, drainSeconds: s.component.stop.drainSeconds }
}

function timeoutOf(component: Component): number {
  if (component.type === 'job') return component.build.timeoutSeconds
  const { type, timeoutSeconds } = component.health ?? { type: undefined, timeoutSeconds: 60 }
  // What others need may have much to read before it lets anybody in.
  return type === 'resource' ? Math.max(timeoutSeconds, NEEDS_SECONDS) : timeoutSeconds
}

function hasAddress(next: ServingComponent[], name: string): boolean {
  return next.some((s) => s.component.name === name && s.component.address === 'edge')
}
