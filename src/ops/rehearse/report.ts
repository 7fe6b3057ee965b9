import type { Holding } from '../../model/backup.ts'
import type { RunEvent } from '../../model/event.ts'
import type { Plan } from '../../model/plan.ts'
import type { SeenLock } from './watch-locks.ts'

/** What a release did to a copy of the data: how long each step took, what it kept others from, and what changed. */
export interface RehearsalReport {
  run: string
  app: string
  environment: string
  state: 'passed' | 'failed'
  message: string
  backup: { id: string; at: string; isVerified: boolean }
  /** In the order of the plan; those that did not come to pass are left out. */
  steps: { stage: string; text: string; ms: number; state: 'done' | 'failed' }[]
  /** Of the release steps alone: how long production would be busy with them. */
  releaseMs: number
  locks: SeenLock[]
  /** Tables, folders and prefixes whose count or content is another than in the backup. */
  data: { resource: string; item: string; before: number; after: number }[]
  /** Lines of the smoke checks. */
  checks: string[]
  leftOut: string[]
  /** What could not be looked at, so that nothing is said of it above. */
  unseen: string[]
  /** Empty: nothing of it is left. */
  remains: string[]
}

export function stepsOf(plan: Plan, events: RunEvent[]): Pick<RehearsalReport, 'steps' | 'releaseMs' | 'checks'> {
  const steps: RehearsalReport['steps'] = []
  const checks: string[] = []
  for (const event of events) {
    if (event.type === 'step' && !event.isUndo && event.state !== 'started') {
      const stage = plan.stages[event.stage]?.name ?? ''
      steps.push({ stage, text: event.text, ms: event.ms ?? 0, state: event.state })
    }
    if (event.type === 'line' && plan.stages[event.stage]?.steps[event.step]?.type === 'smoke') checks.push(event.text)
  }
  const releaseMs = steps.filter((s) => s.stage === 'release').reduce((sum, s) => sum + s.ms, 0)
  return { steps, releaseMs, checks }
}

/** Entries that are not as the backup held them, by name. */
export function changesOf(before: Record<string, Holding>, after: Record<string, Holding>): RehearsalReport['data'] {
  return Object.keys({ ...before, ...after })
    .sort()
    .flatMap((resource) => {
      const [then, now] = [before[resource]?.items ?? {}, after[resource]?.items ?? {}]
      return Object.keys({ ...then, ...now })
        .sort()
        .filter((item) => then[item]?.sha256 !== now[item]?.sha256)
        .map((item) => ({ resource, item, before: then[item]?.count ?? 0, after: now[item]?.count ?? 0 }))
    })
}
