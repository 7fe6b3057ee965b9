import { codeOf, LandfallError } from '../../../lib/error.ts'
import type { Schedule } from '../../../model/app.ts'
import type { Plan, Scope, ServingComponent } from '../../../model/plan.ts'
import type { Notice } from '../../../model/plug.ts'
import { planCronRun } from '../../make-plan.ts'
import type { Setting } from '../../world.ts'
import type { JobsOf, ScheduledJob } from '../scheduled-job.ts'

/** Runs of a cron component that stay on record. */
const RUNS_KEPT = 50
/** While one of these goes on, what the command leans on may be gone, or be about to be another. */
const NOT_BESIDE = new Set<Plan['intent']>(['restore', 'down'])

/** Cron components of what serves: each firing is a run like any other, with a journal. */
export const cronJobs: JobsOf = (setting, scope) =>
  Object.values(setting.store.releases.serving(scope).outcome.serving).flatMap((serving) =>
    serving.component.schedule ? [jobOf(setting, scope, serving, serving.component.schedule)] : [],
  )

export function cronJobId(component: string): string {
  return `cron:${component}`
}

function jobOf(setting: Setting, scope: Scope, serving: ServingComponent, schedule: Schedule): ScheduledJob {
  const { store, conductor } = setting
  const { name } = serving.component
  const notice = (code: Notice['code'], message: string) =>
    store.notices.add({ ...scope, component: name, release: serving.release, at: new Date().toISOString(), code, message })
  const follow = async (run: string, signal: AbortSignal): Promise<void> => {
    const replace = () => {
      if (signal.reason !== 'replace') return // The daemon goes, and the command goes on without it.
      try {
        conductor.cancel(run)
      } catch (error) {
        if (codeOf(error) !== 'E_NOT_WAITING') throw error // It has ended meanwhile.
      }
    }
    signal.addEventListener('abort', replace, { once: true })
    await conductor.ended(run)
    signal.removeEventListener('abort', replace)
    const { state, message } = store.runs.get(run) ?? {}
    if (state === 'failed') notice('crashed', `${message ?? name}; it runs again when it is due (${run})`)
    store.runs.trim(scope, name, RUNS_KEPT)
  }
  return {
    id: cronJobId(name),
    scope,
    when: { type: 'cron', expression: schedule.expression, timeZone: schedule.timeZone },
    overlap: schedule.overlap,
    leftOut: () => notice('note', `${name} was due and still runs: this firing is left out`),
    underWay(signal) {
      const left = store.runs.open(scope).find((r) => r.plan.intent === 'cron' && componentOf(r.plan) === name)
      return left && follow(left.run, signal)
    },
    async run(signal) {
      const holder = store.runs.open(scope).find((r) => NOT_BESIDE.has(r.plan.intent))
      if (holder) throw new LandfallError({ code: 'E_LOCKED', message: `${holder.run} (${holder.plan.intent}) goes on` })
      const nonce = Date.now().toString(36)
      const plan = await planCronRun(setting, scope, name, nonce)
      // Gone since it was due: what serves now has no such component.
      if (!plan || signal.aborted) return
      const { run } = conductor.begin(plan, `cron:${scope.app}/${scope.environment}/${name}@${nonce}`)
      return follow(run, signal)
    },
  }
}

function componentOf(plan: Plan): string | undefined {
  const step = plan.stages[0]?.steps[0]
  return step?.type === 'run-once' ? step.component.name : undefined
}
