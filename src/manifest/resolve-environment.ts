import { nearest } from '../lib/nearest.ts'
import { show } from '../lib/show.ts'
import type { Remarks } from './remarks.ts'
import { reportUnknown } from './resolve-names.ts'
import type { Manifest } from './schema.ts'
import type { World } from './world.ts'

/** What the manifest says about the environment. Only `local` need not be declared: a misspelt name must not be a new one. */
export function specialOf(manifest: Manifest, environment: string, remarks: Remarks, isExport = false): World['special'] {
  const declared = manifest.environments ?? {}
  const special = Object.hasOwn(declared, environment) ? declared[environment] : undefined
  if (environment === 'local' && special?.protect) {
    remarks.error(
      'E_CONFLICT',
      ['environments', 'local', 'protect'],
      '`local` is the environment to try things in',
      'leave it out',
    )
  }
  if (special || environment === 'local') return special ?? {}
  // What goes to another platform is rarely the local one, and need not be one of ours.
  if (isExport && environment === 'production') return {}
  const names = ['local', ...Object.keys(declared)]
  const close = nearest(environment, names)
  const hint = close
    ? `did you mean \`${close}\`?`
    : `there are: ${names.join(', ')}; a new one is declared by \`environments: { ${environment.slice(0, 40)}: {} }\``
  remarks.add('error', 'E_UNKNOWN_ENVIRONMENT', ['environments'], `there is no environment ${show(environment)}`, hint)
  return {}
}

/** Names in every environment, not only in this one: a mistake in production's should be found on a laptop. */
export function checkEnvironments(world: World): void {
  for (const [environment, { scale, resources }] of Object.entries(world.manifest.environments ?? {})) {
    for (const component of Object.keys(scale ?? {})) {
      if (world.components.get(component)?.type === 'static') {
        const at = ['environments', environment, 'scale', component]
        world.remarks.key('E_NOT_HERE', at, 'a static component runs nothing: the edge serves its files', 'leave it out')
      }
      if (world.components.has(component)) continue
      reportUnknown(world, ['environments', environment, 'scale', component], component, world.components.keys(), 'component')
    }
    for (const [resource, options] of Object.entries(resources ?? {})) {
      const at = ['environments', environment, 'resources', resource]
      if (Object.hasOwn(options, 'type')) {
        world.remarks.error(
          'E_CONFLICT',
          [...at, 'type'],
          'a resource is of one type everywhere',
          'declare two resources, or leave it out',
        )
      }
      if (world.resources.has(resource) || Object.hasOwn(world.manifest.resources ?? {}, resource)) continue
      reportUnknown(world, at, resource, world.resources.keys(), 'resource')
    }
  }
}
