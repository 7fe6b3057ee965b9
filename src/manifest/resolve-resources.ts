import type { Resource } from '../model/app.ts'
import type { World } from './world.ts'

/** Resources with what this environment says of them. */
export function resolveResources(world: World): Resource[] {
  return [...world.resources].map(([name, type]) => ({ name, type, options: resourceOptions(world, name) }))
}

/** Options are looked at by the resource's type. */
export function resourceOptions(world: World, name: string): Record<string, unknown> {
  const { type: _type, ...options } = world.manifest.resources?.[name] ?? {}
  const special = world.special.resources
  return { ...options, ...(special && Object.hasOwn(special, name) && special[name]) }
}
