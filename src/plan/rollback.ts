import type { Finding } from '../model/finding.ts'
import type { Intent, Observed, Outcome, PlanInput, PlanWarning, ReleaseRecord, ServingComponent } from '../model/plan.ts'
import type { Decision } from './decision.ts'
import { isInPlace, mustReplace, retireOf, rollStages, routeLines } from './roll.ts'

/** Back to a release on record: its artifacts, its manifest, its values. Resources stay as they are: data has no way back here. */
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

  const routes = routeLines(target.routes, serving)
  const stages = rollStages({ next, observed, serving, routes, checks: [], release: target.release })
  const leaving = Object.values(observed.serving).filter((s) => {
    if (s.component.type === 'cron') return false
    const stays = serving[s.component.name]
    if (stays?.release === s.release) return false
    return !stays || !mustReplace(stays, observed)
  })
  stages.push({ name: 'retire', downtimeSeconds: 0, steps: leaving.map(retireOf), undo: [] })
  const version = target.version === undefined ? {} : { version: target.version }
  const operate = target.operate && { operate: target.operate }
  const outcome: Outcome = { ...version, serving, routes: target.routes, data: observed.data, ...operate }
  return { release: target.release, stages, warnings: schemaNotes(target, observed), outcome, findings: [] }
}

/** Release steps are not undone: whoever goes back must know what has run since. */
function schemaNotes(target: ReleaseRecord, observed: Observed): PlanWarning[] {
  const from = observed.releases.findIndex((r) => r.release === target.release)
  const since = observed.releases.slice(from + 1)
  return Object.values(target.components).flatMap((s): PlanWarning[] => {
    const { name } = s.component
    const later = since.filter(
      (r) =>
        r.components[name] && r.components[name].component.releaseSteps.length > 0 && r.components[name].release === r.release,
    )
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
