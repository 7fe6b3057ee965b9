import { nearest } from '../lib/nearest.ts'
import { show } from '../lib/show.ts'
import { placesOf } from './declare-variables.ts'
import type { ResolvedVariable } from './resolve-env.ts'
import type { World } from './world.ts'

/** Where an app may live besides its environments: the engine here, and the platforms that Landfall writes files for. */
const TARGETS = [
  ...['process', 'docker', 'kubernetes', 'compose', 'dockerfile', 'cloudron', 'coolify', 'render', 'northflank', 'railway'],
  ...['github-pages', 'github-release', 'github-actions', 'gitea-actions', 'jenkins', 'procfile', 'kamal', 'env'],
]

/** A misspelt name in `only` would keep a variable out everywhere, and one in `forbidden` nowhere. */
export function checkPlaces(world: World, { options, path }: ResolvedVariable): void {
  const known = ['local', ...Object.keys(world.manifest.environments ?? {}), ...TARGETS]
  for (const key of ['only', 'forbidden'] as const) {
    for (const place of placesOf(options[key]) ?? []) {
      if (known.includes(place)) continue
      const close = nearest(place, known)
      const hint = close ? `did you mean \`${close}\`?` : `environments: ${known.slice(0, known.indexOf('process')).join(', ')}`
      world.remarks.error('E_UNKNOWN_REF', [...path, key], `${show(place)} is neither an environment nor a target`, hint)
    }
  }
  if (options.requiredIf === undefined) return
  const at = [...path, 'requiredIf']
  const [other = ''] = typeof options.requiredIf === 'string' ? [options.requiredIf] : Object.keys(options.requiredIf)
  reportUnknownVariable(world, at, other)
  if (options.required !== undefined) {
    world.remarks.error('E_CONFLICT', at, 'and `required` both say when it is needed', 'keep one of them')
  }
}

/** Names of all variables of the manifest, wherever they are declared. */
function variableNames(world: World): Set<string> {
  const { manifest, special } = world
  const all = [manifest.env, special.env, ...Object.values(manifest.components).map((c) => c.env)]
  return new Set(all.flatMap((env) => Object.keys(env ?? {})))
}

export function reportUnknownVariable(world: World, at: (string | number)[], name: string): boolean {
  const known = variableNames(world)
  if (known.has(name)) return false
  const close = nearest(name, known)
  const hint = close ? `did you mean \`${close}\`?` : `declare it under env: ${name.slice(0, 60)}: { required: false }`
  world.remarks.error('E_UNKNOWN_REF', at, `there is no variable ${show(name)}`, hint)
  return true
}
