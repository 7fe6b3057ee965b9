import { LandfallError } from '../../lib/error.ts'
import type { Scope } from '../../model/plan.ts'
import { makePlan } from '../../plan/plan.ts'
import { observe } from '../observe.ts'
import type { Setting } from '../world.ts'

/** Stops all of an environment and removes every trace of it but for the journal of its runs. Done already: nothing happens. */
export async function purge(setting: Setting, scope: Scope): Promise<void> {
  const { conductor, engine, store } = setting
  for (const run of store.runs.open(scope)) {
    if (run.state === 'waiting') conductor.cancel(run.run)
    await conductor.ended(run.run)
  }
  const observed = await observe(setting, scope)
  if (observed.running.length > 0 || observed.routes.length > 0 || observed.serves) {
    const { plan } = makePlan({ artifacts: {}, data: {}, provision: {}, observed, intent: { ...scope, type: 'down' } })
    if (plan && plan.stages.length > 0) {
      const { run } = conductor.begin(plan, undefined)
      await conductor.ended(run)
      const ended = store.runs.get(run)
      if (ended?.state !== 'done') {
        throw new LandfallError({
          code: 'E_IN_USE',
          message: `${scope.app}/${scope.environment} could not be taken down: ${ended?.message ?? 'no end'}`,
          hint: `landfall down --env ${scope.environment}`,
        })
      }
    }
  }
  await engine.forget(scope)
  store.forget(scope)
}

/** What is left of an environment, for people; nothing where it is gone. */
export async function remainsOf({ engine, edge, store }: Setting, scope: Scope): Promise<string[]> {
  const seen = await engine.observe(scope)
  const routes = await edge.routes(scope)
  return [
    ...seen.running.map((r) => `${r.component} ${r.release} still runs`),
    ...seen.volumes.map((v) => `volume ${v}`),
    ...routes.map((r) => `route ${r.host}${r.path}`),
    ...store.stored.list(scope).map((e) => `value ${e.name}`),
    ...store.releases.list(scope).map((r) => `release ${r.release}`),
  ]
}
