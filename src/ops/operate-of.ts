import { LandfallError } from '../lib/error.ts'
import type { Operate, Scope } from '../model/plan.ts'
import type { Store } from '../store/store.ts'

/** What operating an environment goes by: that of the release that serves, or, where nothing does, of the last good one. */
export function operateOf(store: Store, scope: Scope): Operate | undefined {
  return store.releases.serving(scope).outcome.operate ?? store.releases.list(scope).at(-1)?.operate
}

export function notUp(scope: Scope): LandfallError {
  const environment = scope.environment === 'local' ? '' : ` --env ${scope.environment}`
  return new LandfallError({
    code: 'E_NOT_UP',
    message: `nothing of ${scope.app}/${scope.environment} serves`,
    hint: `landfall up${environment}`,
  })
}
