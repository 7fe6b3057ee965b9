import type { Finding } from '../model/finding.ts'
import type {
  Intent,
  Observed,
  Outcome,
  PlanInput,
  PlanWarning,
  ReleaseRecord,
  RestoreWish,
  ServingComponent,
  Stage,
  Step,
} from '../model/plan.ts'
import { goOn, pause } from './backup.ts'
import type { Decision } from './decision.ts'
import { isMigrating } from './migrates.ts'
import { inLevels } from './order.ts'
import {
  awaitOf,
  internalLines,
  isInPlace,
  mustReplace,
  type RollInput,
  retireOf,
  rollStages,
  routeLines,
  startOf,
  stopOf,
} from './roll.ts'
import { wayBack } from './way-back.ts'

/** Back to a release on record: its artifacts, its manifest, its values; and, where a person chose so, the data of then. */
export function planRollback(input: PlanInput, intent: Extract<Intent, { type: 'rollback' }>): Decision {
  const { observed } = input
  const target = observed.releases.find((r) => r.release === intent.to)
  if (!target) return refuse(unknown(intent.to, observed))
  const serving: Record<string, ServingComponent> = {}
  for (const s of Object.values(target.components)) if (!s.component.resource) serving[s.component.name] = s
  for (const s of Object.values(observed.serving)) if (s.component.resource) serving[s.component.name] = s
  const next = Object.values(serving).filter((s) => !s.component.resource && !isInPlace(s, observed))
  const lost = next.filter((s) => s.artifact !== '' && !observed.artifacts.includes(s.artifact))
  if (lost.length > 0) return refuse(gone(intent.to, lost))

  const { findings, warnings } = wayBack(intent, observed)
  if (findings.some((f) => f.level === 'error')) return { stages: [], warnings, findings }
  const routes = routeLines(target.routes, serving)
  const stages = intent.restore
    ? backWithData(intent.restore, { next, observed, serving, routes, target })
    : rollStages({ next, observed, serving, routes, checks: [], release: target.release })
  const leaving = Object.values(observed.serving).filter((s) => {
    if (s.component.type === 'cron') return false
    const stays = serving[s.component.name]
    if (stays?.release === s.release) return false
    // With its data everything stood still, and is gone already.
    if (intent.restore && s.component.type !== 'static') return false
    return !stays || !mustReplace(stays, observed)
  })
  stages.push({ name: 'retire', downtimeSeconds: 0, steps: leaving.map(retireOf), undo: [] })
  const version = target.version === undefined ? {} : { version: target.version }
  const operate = target.operate && { operate: target.operate }
  const outcome: Outcome = { ...version, serving, routes: target.routes, data: observed.data, ...operate }
  return { release: target.release, stages, warnings: [...warnings, ...stepNotes(target, observed)], outcome, findings }
}

/**
 * The data of then is filled in beside the live one while everything goes on. Then the app stands still: data and code are swapped
 * together, so that neither ever meets the other's schema.
 */
function backWithData(
  { restore, backup, resources }: RestoreWish,
  { next, observed, serving, routes, target }: Omit<RollInput, 'checks' | 'release'> & { target: ReleaseRecord },
): Stage[] {
  const isRunning = (s: ServingComponent) =>
    observed.running.some((r) => r.component === s.component.name && r.release === s.release)
  const apps = (all: Record<string, ServingComponent>) =>
    Object.values(all).filter((s) => !s.component.resource && s.component.type !== 'static' && s.component.type !== 'cron')
  const old = apps(observed.serving).filter(isRunning)
  // What runs already in the release that is gone back to stands still as well, and starts on the data of then.
  const back = apps(serving)
  const files = next.filter((s) => s.component.type === 'static')
  const swap: Step = { type: 'swap-data', restore, resources, isBack: false }
  const order = inLevels(back.map((s) => s.component)).flat()
  const started = order.flatMap((c) => [startOf(serving[c.name]!), awaitOf(serving[c.name]!)])
  const table: Step = { type: 'route', routes, internal: internalLines(serving) }
  const checks = (target.operate?.checks ?? []).filter((c) => c.on.includes('restore'))
  const smoke: Step[] =
    checks.length > 0 && routes.length > 0
      ? [{ type: 'smoke', release: target.release, routes, internal: internalLines(serving), checks }]
      : []
  return [
    { name: 'restore', downtimeSeconds: 0, steps: [{ type: 'restore', restore, backup, resources }], undo: [] },
    {
      name: 'roll',
      downtimeSeconds: 5 + back.length,
      steps: [...files.flatMap((s) => [startOf(s), awaitOf(s)]), ...pause(old, observed), swap, ...started, ...smoke],
      undo: [...back.map(stopOf), ...files.map(stopOf), { ...swap, isBack: true }, ...goOn(old, observed)],
    },
    { name: 'switch', downtimeSeconds: 0, steps: [table], undo: [] },
  ]
}

/** Release steps that change no schema are not undone either: whoever goes back must know what has run since. */
function stepNotes(target: ReleaseRecord, observed: Observed): PlanWarning[] {
  const from = observed.releases.findIndex((r) => r.release === target.release)
  const since = observed.releases.slice(from + 1)
  return Object.values(target.components).flatMap((s): PlanWarning[] => {
    const { name } = s.component
    const later = since.filter((r) => {
      const then = r.components[name]
      return then?.release === r.release && then.component.releaseSteps.some((step) => !isMigrating(step))
    })
    if (later.length === 0) return []
    const which = later.map((r) => r.release).join(', ')
    return [
      {
        type: 'note',
        code: 'W_STEPS_STAY',
        message: `release steps of ${name} that ran with ${which} are not undone: ${target.release} must work with what they left`,
      },
    ]
  })
}

function unknown(to: string, observed: Observed): Finding {
  const known = observed.releases.map((r) => r.release).join(', ')
  const hint = known ? `on record: ${known}` : 'there is no release to go back to yet: landfall up'
  return { level: 'error', code: 'E_UNKNOWN_RELEASE', at: to, message: `there is no release ${to} on record`, hint }
}

function gone(to: string, lost: ServingComponent[]): Finding {
  const which = lost.map((s) => `${s.component.name} (${s.artifact})`).join(', ')
  return {
    level: 'error',
    code: 'E_ARTIFACT_GONE',
    at: to,
    message: `cannot roll back to ${to}: the artifact of ${which} is gone`,
    hint: 'nothing was stopped; check out that version and run `landfall up`',
  }
}

function refuse(finding: Finding): Decision {
  return { stages: [], warnings: [], findings: [finding] }
}
