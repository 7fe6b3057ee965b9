import type { Resource } from '../model/app.ts'
import type { Observed, Scope } from '../model/plan.ts'
import { resourceTypes } from '../resources/all.gen.ts'
import type { Setting } from './world.ts'

/** Resources that a backup can carry, with the volumes that nobody else may write to meanwhile. */
function snapshotsOf(resources: Resource[]): NonNullable<Observed['snapshots']> {
  return resources.flatMap((resource) => {
    const access = resourceTypes[resource.type]?.snapshot?.access(resource)
    if (!access) return []
    const volumes = Object.values(access.values).flatMap((v) => (v.type === 'volume' ? [v.volume] : []))
    return [{ resource: resource.name, volumes: access.isQuiet ? volumes : [] }]
  })
}

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
    snapshots: snapshotsOf(outcome.operate?.resources ?? []),
    bootstrapped: store.bootstraps.list(scope),
  }
}
