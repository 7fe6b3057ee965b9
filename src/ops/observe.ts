import type { Observed, Scope } from '../model/plan.ts'
import type { Setting } from './world.ts'

/** The world as it is: the engine's, the edge's and the store's part of it. */
export async function observe({ engine, edge, store }: Setting, scope: Scope): Promise<Observed> {
  const [seen, routes] = await Promise.all([engine.observe(scope), edge.routes(scope)])
  const { release, outcome } = store.releases.serving(scope)
  return {
    serving: outcome.serving,
    ...(release && { serves: release }),
    ...seen,
    routes: [...routes].sort((a, b) => (`${a.host} ${a.path}` < `${b.host} ${b.path}` ? -1 : 1)),
    releases: store.releases.list(scope),
    data: outcome.data,
    bootstrapped: store.bootstraps.list(scope),
  }
}
