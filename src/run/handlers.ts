import { describeResult, throwOnFailure } from '../checks/result.ts'
import { runChecks } from '../checks/run-checks.ts'
import { LandfallError } from '../lib/error.ts'
import type { EngineStep, Plan, Step } from '../model/plan.ts'
import type { StepContext } from '../model/plug.ts'
import { type Crew, type DataKeeper, tableOf } from './crew.ts'

/** Carries out one step, or its like in an undo. */
export async function actOn(step: Step, plan: Plan, epoch: number, crew: Crew, ctx: StepContext): Promise<void> {
  const serving = plan.outcome?.serving ?? {}
  switch (step.type) {
    case 'route':
      return crew.edge.swap(plan, await tableOf(crew, plan, step.routes, step.internal, serving), epoch)
    case 'hold':
      return crew.edge.hold(plan, step.components, step.seconds, epoch)
    case 'smoke': {
      await crew.edge.stage(plan, await tableOf(crew, plan, step.routes, step.internal, serving))
      const results = await runChecks(crew.checks, plan, step.checks, {
        isStaged: true,
        routes: plan.outcome?.routes ?? step.routes,
        // A restore makes no release: what is on record with the one that serves counts.
        resources: (plan.outcome ?? crew.store.releases.get(plan, step.release))?.operate?.resources ?? [],
        release: step.release,
        signal: ctx.signal,
      })
      for (const r of results) ctx.say(describeResult(r))
      return throwOnFailure(results, step.release)
    }
    case 'prune':
      crew.store.releases.forget(plan, step.releases)
      return crew.engine.steps.prune(step, ctx)
    case 'backup':
    case 'verify-backup':
    case 'restore':
    case 'swap-data':
      return dataOf(crew).act(step, plan, ctx)
    default:
      return engineStep(step, crew, ctx)
  }
}

function dataOf(crew: Crew): DataKeeper {
  if (crew.data) return crew.data
  throw new LandfallError({ code: 'E_INTERNAL', message: 'nobody here carries out steps on data' })
}

function engineStep<S extends EngineStep>(step: S, crew: Crew, ctx: StepContext): Promise<void> {
  const handler = crew.engine.steps[step.type] as (step: S, ctx: StepContext) => Promise<void>
  return handler(step, ctx)
}
