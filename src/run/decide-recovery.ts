import type { Plan } from '../model/plan.ts'
import type { OnceState } from '../model/plug.ts'
import type { Progress } from './progress.ts'

export interface Recovery {
  action: 'resume' | 'undo' | 'wait'
  text: string
}

/**
 * What becomes of a run whose daemon died. Before the switch it is undone, from the switch on it goes forward. Only a command of
 * the app whose end nobody saw makes it ask: running it again is a person's decision. Pure.
 */
export function decideRecovery(plan: Plan, progress: Progress, once: OnceState | undefined): Recovery {
  if (progress.isUndoing) return { action: 'undo', text: 'goes on undoing what had been begun' }
  const open = progress.open
  const step = open && plan.stages[open.stage]?.steps[open.step]
  if (step?.type === 'run-once') {
    const name = `${step.command.name} of ${step.component.name}`
    if (once === 'running') return { action: 'resume', text: `${name} is still running: waits for its end` }
    if (once === 'ended-0') return { action: 'resume', text: `${name} has ended with 0 meanwhile` }
    if (once === 'ended-nonzero') return { action: 'resume', text: `${name} has failed meanwhile` }
    if (once === 'never-started') return { action: 'resume', text: `${name} had not been started` }
    if (plan.intent === 'cron') return { action: 'undo', text: `${name} was cut off; it runs again when it is due` }
    if (step.command.isRepeatable) return { action: 'resume', text: `${name} was cut off and is safe to repeat` }
    return { action: 'wait', text: `${name} was cut off, and whether it did its work nobody saw` }
  }
  if (progress.isSuspended) return { action: 'resume', text: 'goes on where it was stopped' }
  if (progress.isSwitched) return { action: 'resume', text: 'had begun to switch: goes on to the end' }
  if (plan.intent !== 'up' && plan.intent !== 'rollback')
    return { action: 'resume', text: 'goes on: every step of it is safe to repeat' }
  const where = plan.stages[open?.stage ?? Math.max(...progress.touched, 0)]?.name ?? 'build'
  return { action: 'undo', text: `interrupted in ${where}: the daemon died; what had been begun is undone` }
}
