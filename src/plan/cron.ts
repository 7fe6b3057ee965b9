import type { Intent, PlanInput } from '../model/plan.ts'
import type { Decision } from './decision.ts'

/** The command of a cron component, with what serves now. Undone by nothing: it changes no release. */
export function planCron({ observed }: PlanInput, intent: Extract<Intent, { type: 'cron' }>): Decision {
  const serving = observed.serving[intent.component]
  const schedule = serving?.component.schedule
  if (!serving || !schedule) {
    const at = `components.${intent.component}`
    const message = `no cron component ${intent.component} serves`
    return { stages: [], warnings: [], findings: [{ level: 'error', code: 'E_UNKNOWN_REF', at, message, hint: 'landfall ps' }] }
  }
  const { component, release, artifact } = serving
  const command = {
    name: component.name,
    run: component.command ?? [],
    isRepeatable: false,
    timeoutSeconds: schedule.timeoutSeconds,
  }
  const step = { type: 'run-once', component, release, artifact, name: `cron@${intent.nonce}`, command } as const
  return { release, stages: [{ name: 'release', downtimeSeconds: 0, steps: [step], undo: [] }], warnings: [], findings: [] }
}
