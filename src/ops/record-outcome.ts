import type { Plan } from '../model/plan.ts'
import type { Store } from '../store/store.ts'

/**
 * Whether a plan without steps changes what operating goes by all the same: checks, schedules, tasks, when backups are made.
 * Nothing runs otherwise for it, so it needs no run.
 */
export function hasNewRecord(store: Store, plan: Plan): boolean {
  if (plan.intent !== 'up' || plan.stages.length > 0 || !plan.outcome) return false
  const { release, outcome } = store.releases.serving(plan)
  return release !== undefined && release === plan.release && JSON.stringify(outcome) !== JSON.stringify(plan.outcome)
}

export function recordOutcome(store: Store, plan: Plan): void {
  if (!plan.outcome || !plan.release) return
  store.releases.amend(plan, plan.release, plan.outcome)
  store.releases.serve(plan, plan.release, plan.outcome)
}
