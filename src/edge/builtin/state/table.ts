import type { Scope } from '../../../model/plan.ts'
import type { EdgeTable } from '../../../model/plug.ts'

/** All that is served, as it lies on the disk. */
export interface Tables {
  generation: number
  /** By `app/environment`. */
  scopes: Record<string, ScopeTable>
}
export interface ScopeTable extends Scope {
  /** Of the run that wrote last: an earlier run that wakes up late is refused. */
  epoch: number
  table: EdgeTable
  hold?: Hold
}
export interface Hold {
  components: string[]
  /** Milliseconds since the epoch, so that an edge that was started anew goes on waiting. */
  until: number
}

export const emptyTable: EdgeTable = { routes: [], internal: [] }

export function scopeKey(scope: Scope): string {
  return `${scope.app}/${scope.environment}`
}

/** Hosts of this environment also get a port of their own, since their names need not resolve. */
export function isLocal(scope: Scope): boolean {
  return scope.environment === 'local'
}
