import { innerValues } from '../../lib/inner-values.ts'
import type { App, Component, Resource } from '../../model/app.ts'
import type { Finding } from '../../model/finding.ts'
import type { Value } from '../../model/value.ts'
import { readOptions } from './options.ts'

/** What PostgreSQL keeps back for its superuser. */
const RESERVED = 3

/**
 * Whether the server has a session for everybody who may want one: `pool` of them for each instance, twice where old and new ones run
 * side by side during a release. Of a server that is not ours nothing is known, unless `connections` says it.
 */
export function checkPool(resource: Resource, app: App): Finding[] {
  const { urlFrom, connections, pool } = readOptions(resource)
  if (urlFrom && resource.options.connections === undefined) return []
  const wishes = app.components
    .filter((c) => logsIn(c, resource.name))
    .map((c) => ({ name: c.name, most: pool * instancesOf(c) }))
  const sum = wishes.reduce((total, { most }) => total + most, 0)
  const there = connections - RESERVED
  if (sum <= there) return []
  const each = wishes.map(({ name, most }) => `${name} ${most}`).join(', ')
  const message = `${each}: with a pool of ${pool} they may want ${sum} sessions at once during a release, and there are ${there}`
  const hint = `set \`pool\` to what each instance really opens (give it to the app: { from: ${resource.name}.poolSize }), or raise \`connections\``
  return [{ level: 'warning', code: 'W_POOL', at: 'pool', message, hint }]
}

const instancesOf = ({ instances, rollout }: Component) => instances * (rollout === 'overlap' ? 2 : 1)

function logsIn({ env }: Component, resource: string): boolean {
  const names = (value: Value): boolean =>
    (value.type === 'output' && value.resource === resource && (value.field === 'url' || value.field === 'password')) ||
    innerValues(value).some(names)
  return Object.values(env).some(names)
}
