import type { App, Check, CheckStep, VolumeRights } from '../model/app.ts'
import type { Finding } from '../model/finding.ts'
import type {
  Intent,
  Observed,
  Outcome,
  PlanInput,
  PlanWarning,
  RouteLine,
  ServingComponent,
  Stage,
  Step,
} from '../model/plan.ts'
import { backupStage } from './backup.ts'
import { dataFindings } from './data.ts'
import type { Decision } from './decision.ts'
import { componentDigest, storedVersions } from './digest.ts'
import { awaitExternal, lifecycleWarnings, postdeployStage, predeployStage, releaseStage } from './lifecycle.ts'
import { isMigrating } from './migrates.ts'
import { inLevels } from './order.ts'
import { rebuilt } from './rebuilt.ts'
import { restoreStage } from './restore.ts'
import { retention } from './retention.ts'
import { awaitOf, HOLD_SECONDS, isInPlace, mustReplace, retireOf, rollStages, routeLines, startOf, stopOf } from './roll.ts'

type Up = Extract<Intent, { type: 'up' }>

/** From what is observed to what the manifest wants, in as few steps as that takes. */
export function planUp(input: PlanInput, intent: Up): Decision {
  const app = input.app!
  const { observed } = input
  const findings = dataFindings(app, input.data, observed)
  const chosen = chooseComponents(app, intent, observed, findings)
  const serving: Record<string, ServingComponent> = {}
  // By name, so that the order in the manifest decides nothing.
  for (const component of [...app.components].sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const old = observed.serving[component.name]
    const artifact = input.artifacts[component.name] ?? ''
    const stored = storedVersions(component, intent.stored)
    const digest = componentDigest(component, artifact, stored)
    if (!chosen.has(component.name)) {
      if (old) serving[component.name] = old
    }
    // What does not shape an instance may have changed all the same: tasks, schedules, how it is built.
    else if (old?.digest === digest) serving[component.name] = { ...old, component }
    else serving[component.name] = { release: intent.release, digest, artifact, component, stored }
  }
  const isPartial = intent.only !== undefined
  const gone = isPartial ? [] : byName(Object.values(observed.serving).filter((s) => !serving[s.component.name]))
  if (isPartial) for (const s of Object.values(observed.serving)) serving[s.component.name] ??= s

  const routes = routeLines(app.routes, serving)
  const next = Object.values(serving).filter((s) => chosen.has(s.component.name) && !isInPlace(s, observed))
  const isFresh = (s: ServingComponent) => s.release === intent.release
  const resources = next.filter((s) => s.component.resource !== undefined)
  const ours = next.filter((s) => s.component.resource === undefined)

  const fresh = ours.filter(isFresh)
  const inResources = resourceStage(app, resources, observed, input.provision)
  inResources.steps.push(...awaitExternal(input.external ?? [], byName(ours)))
  const stages: Stage[] = [predeployStage(fresh, observed), buildStage(next, observed), inResources]
  if (intent.restore) stages.push(restoreStage(intent.restore))
  const saved = intent.restore ? undefined : backupBefore(app, fresh, observed, intent.release)
  if (saved) stages.push(saved.stage)
  stages.push(
    releaseStage(
      fresh,
      Object.values(serving).filter((s) => chosen.has(s.component.name)),
      observed,
    ),
  )
  const hasNewTable = !sameLines(routes, observed.routes)
  if (ours.length > 0 || hasNewTable) {
    stages.push(...rollStages({ next: ours, observed, serving, routes, checks: ofRelease(app), release: intent.release }))
  }
  stages.push(postdeployStage(fresh))
  const old = fresh.flatMap((s) => observed.serving[s.component.name] ?? [])
  const leaving = [
    ...old.filter((s) => !ours.some((n) => n.component.name === s.component.name && mustReplace(n, observed))),
    ...gone,
  ].filter((s) => s.component.type !== 'cron')
  stages.push({ name: 'retire', downtimeSeconds: 0, steps: leaving.map(retireOf), undo: [] })

  const version = app.version === undefined ? {} : { version: app.version }
  const { troubles = [], environment } = app
  const operate = {
    checks: hosted(app),
    troubles,
    ...(environment.uptimeSeconds !== undefined && { uptimeSeconds: environment.uptimeSeconds }),
    resources: app.resources,
    ...(app.backup && { backup: app.backup }),
  }
  const outcome: Outcome = { ...version, serving, routes: app.routes, data: { ...observed.data, ...input.data }, operate }
  const isRelease = next.some(isFresh) || hasNewTable || gone.length > 0
  const release = isRelease ? intent.release : observed.serves
  if (isRelease) stages.push(retention(observed, serving, app.keep.releases))
  const warnings = [...warningsOf(app, next, gone, observed), ...lifecycleWarnings(app, fresh, observed)]
  return { ...(release && { release }), stages, warnings, outcome, findings }
}

/** What serves is backed up before a release changes its schema. */
function backupBefore(app: App, fresh: ServingComponent[], observed: Observed, release: string) {
  if (app.backup?.beforeMigrations === false || !observed.serves || (observed.snapshots ?? []).length === 0) return undefined
  const steps = byName(fresh).flatMap((s) => s.component.releaseSteps.filter(isMigrating).map((step) => ({ s, step })))
  if (steps.length === 0) return undefined
  // Nothing is known of a step without a check: it may change something each time.
  const unless = steps.flatMap(({ s, step }) =>
    step.check ? [{ component: s.component, release: s.release, artifact: s.artifact, check: step.check }] : [],
  )
  const isKnown = unless.length === steps.length
  return backupStage(observed, { why: 'release', before: release, unless: isKnown ? unless : [], nonce: release })
}

/** A check without a host asks the first one of the manifest. */
function hosted(app: App): Check[] {
  const [first] = app.routes
  const withHost = (s: CheckStep): CheckStep =>
    (s.type === 'http' || s.type === 'websocket') && s.host === undefined && first ? { ...s, host: first.host } : s
  return app.checks.map((c) => ({ ...c, steps: c.steps.map(withHost) }))
}

function ofRelease(app: App): Check[] {
  return hosted(app).filter((c) => c.on.includes('release'))
}

/** Those named by hand with what they need and does not serve yet; all where none is named. */
function chooseComponents(app: App, intent: Up, observed: Observed, findings: Finding[]): Set<string> {
  if (!intent.only) return new Set(app.components.map((c) => c.name))
  const byName = new Map(app.components.map((c) => [c.name, c]))
  const chosen = new Set<string>()
  const add = (name: string) => {
    const component = byName.get(name)
    if (!component || chosen.has(name)) return
    chosen.add(name)
    for (const need of component.needs) if (!observed.serving[need]) add(need)
  }
  for (const name of intent.only) {
    if (!byName.has(name)) {
      const known = [...byName.keys()].sort().join(', ')
      findings.push({
        level: 'error',
        code: 'E_UNKNOWN_REF',
        at: `components.${name}`,
        message: `there is no component \`${name}\``,
        hint: `components: ${known}`,
      })
    }
    add(name)
  }
  return chosen
}

function buildStage(next: ServingComponent[], observed: Observed): Stage {
  const missing = next.filter((s) => s.artifact !== '' && !observed.artifacts.includes(s.artifact))
  const steps: Step[] = []
  const seen = new Set<string>()
  for (const s of byName(missing)) {
    if (seen.has(s.artifact)) continue
    seen.add(s.artifact)
    steps.push({ type: 'build', component: s.component, artifact: s.artifact })
  }
  return { name: 'build', downtimeSeconds: 0, steps, undo: [] }
}

/** Volumes first; then servers in the order they need each other, each ready before anything of ours starts. */
function resourceStage(app: App, next: ServingComponent[], observed: Observed, provision: PlanInput['provision']): Stage {
  const steps: Step[] = missingVolumes(app, observed)
  const undo: Step[] = []
  let downtimeSeconds = 0
  for (const component of inLevels(next.map((s) => s.component)).flat()) {
    const s = next.find((n) => n.component.name === component.name)!
    const old = observed.serving[component.name]
    if (mustReplace(s, observed) && old) {
      downtimeSeconds += 3
      steps.push(stopOf(old))
      undo.unshift(stopOf(s), startOf(old), awaitOf(old))
    } else undo.unshift(stopOf(s))
    steps.push(startOf(s), awaitOf(s))
    for (const command of provision[component.name] ?? []) {
      steps.push({ type: 'run-once', component, release: s.release, artifact: s.artifact, name: command.name, command })
    }
  }
  // What was made is never unmade: an empty volume does no harm, a removed one might.
  return { name: 'resources', downtimeSeconds, steps, undo }
}

function missingVolumes(app: App, observed: Observed): Step[] {
  const wanted = new Map<string, Extract<Step, { type: 'volume' }>>()
  for (const { mounts, runsAs } of app.components) {
    for (const { volume: name, rights } of mounts) wanted.set(name, { type: 'volume', name, runsAs, ...(rights && { rights }) })
  }
  const had = new Map(
    Object.values(observed.serving).flatMap((s) => s.component.mounts.map((m) => [m.volume, m.rights] as const)),
  )
  // Rights that are no longer written down stay as they are.
  const isOther = ({ name, rights }: { name: string; rights?: VolumeRights }) =>
    rights !== undefined && JSON.stringify(rights) !== JSON.stringify(had.get(name))
  const steps = [...wanted.values()].filter((step) => !observed.volumes.includes(step.name) || isOther(step))
  return steps.sort((a, b) => (a.name < b.name ? -1 : 1))
}

function warningsOf(app: App, next: ServingComponent[], gone: ServingComponent[], observed: Observed): PlanWarning[] {
  const warnings: PlanWarning[] = []
  for (const s of byName(next)) {
    const { name } = s.component
    if (mustReplace(s, observed)) {
      const why = s.component.resource
        ? `${name} is one server with one data folder: it stops and starts again, and what uses it waits or fails meanwhile`
        : `two instances of ${name} must not write at once: requests wait while it is replaced, at most ${HOLD_SECONDS} s`
      warnings.push({ type: 'downtime', code: 'W_REPLACED', message: why })
    }
    const { health } = s.component
    if (
      s.component.type === 'web' &&
      health?.type === 'http' &&
      health.path === '/' &&
      health.status === undefined &&
      health.json === undefined
    ) {
      warnings.push({
        type: 'note',
        code: 'W_DEFAULT_HEALTH',
        message: `${name} has no health check of its own: GET / below 500 counts as healthy`,
      })
    }
    const old = observed.serving[name]
    if (old) warnings.push(...rotated(app, s, old), ...rebuilt(s, old))
  }
  for (const s of gone) {
    const kept = s.component.mounts.map((m) => m.volume)
    const data = kept.length > 0 ? `; its data stays (${kept.join(', ')})` : ''
    warnings.push({
      type: 'destructive',
      code: 'W_COMPONENT_GONE',
      message: `${s.component.name} is no longer in the manifest and will be stopped${data}`,
    })
  }
  return warnings
}

/** A stored value got a new version since this component started: what its contract says of that. */
function rotated(app: App, next: ServingComponent, old: ServingComponent): PlanWarning[] {
  return app.contract
    .filter((e) => e.onRotate && old.stored[e.name] !== undefined && next.stored[e.name] !== old.stored[e.name])
    .map((e) => ({ type: 'note', code: 'W_ROTATED', message: `${e.name} has a new value: ${e.onRotate}` }))
}

function sameLines(a: RouteLine[], b: RouteLine[]): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}

function byName(list: ServingComponent[]): ServingComponent[] {
  return [...list].sort((a, b) => (a.component.name < b.component.name ? -1 : 1))
}
