import { type LandfallError, shapeOf } from '../lib/error.ts'
import type { ErrorShape } from '../model/event.ts'
import type { Plan, Step } from '../model/plan.ts'
import type { StepContext } from '../model/plug.ts'
import type { Crew } from './crew.ts'

type RunOnce = Extract<Step, { type: 'run-once' }>

/** Lines of a bootstrap that are kept with its record. */
const LINES_KEPT = 200

/**
 * A command to its end. That an environment has had a bootstrap is on record before the step counts as done. Of one that may
 * fail the failure comes back instead of ending the run.
 */
export async function runOnceStep(step: RunOnce, plan: Plan, crew: Crew, ctx: StepContext): Promise<ErrorShape | undefined> {
  const lines: string[] = []
  const say = (line: string) => {
    lines.push(line)
    if (lines.length > LINES_KEPT) lines.shift()
    ctx.say(line)
  }
  try {
    await crew.engine.steps['run-once'](step, step.isBootstrap ? { ...ctx, say } : ctx)
  } catch (error) {
    if (!step.mayFail || ctx.signal.aborted) throw withBackup(error, plan, crew)
    const shape = shapeOf(error)
    for (const line of [`failed: ${shape.message}`, ...(shape.detail ?? '').split('\n')]) if (line) ctx.say(line)
    const { app, environment } = plan
    crew.store.notices.add({
      app,
      environment,
      component: step.component.name,
      release: step.release,
      at: new Date(crew.now()).toISOString(),
      code: 'note',
      message: `${shape.message}; the release serves all the same`,
    })
    return shape
  }
  if (step.isBootstrap) {
    const record = { component: step.component.name, step: step.command.name, run: ctx.run, at: crew.now() }
    crew.store.bootstraps.add(plan, { ...record, output: lines.join('\n') })
  }
  return undefined
}

/** Whoever reads that a migration failed wants to know what there is to go back to. */
function withBackup(error: unknown, plan: Plan, crew: Crew): unknown {
  const backup = plan.release && crew.store.releases.get(plan, plan.release)?.backup
  if (!backup || typeof error !== 'object' || error === null || !('detail' in error)) return error
  const failure = error as LandfallError // Made by the engine: the one class that has a detail.
  const line = `backup of before this release: ${backup}`
  return Object.assign(failure, { detail: [line, failure.detail].filter(Boolean).join('\n') })
}
