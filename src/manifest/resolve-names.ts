import { nearest } from '../lib/nearest.ts'
import { show, showBare } from '../lib/show.ts'
import { valueAt } from './issues.ts'
import { RESERVED_NAMES } from './names.ts'
import type { Path, Places } from './places.ts'
import type { World } from './world.ts'

const RUNS_HERE = new Set(['web', 'worker', 'job', 'static', 'cron', 'artifact'])

/** Sorts what the manifest names into what this version carries out and what it does not. `data` is the file as written. */
export function resolveNames(world: World, data: unknown, places: Places): void {
  const { manifest, remarks } = world
  for (const [name, component] of Object.entries(manifest.components)) {
    checkReserved(world, ['components', name], name)
    if (RUNS_HERE.has(component.type)) world.components.set(name, component)
    else world.absent.set(name, `is of type ${component.type}, which this version does not run`)
  }
  for (const [name, resource] of Object.entries(manifest.resources ?? {})) {
    const at: Path = ['resources', name]
    checkReserved(world, at, name)
    if (Object.hasOwn(manifest.components, name)) {
      const other = places.at(['components', name], 'key')
      remarks.key('E_DUPLICATE', at, `a component has this name too, at ${other}`, 'give one of them another name')
    }
    addResource(world, name, resource.type, at)
  }
  for (const group of ['components', 'resources']) {
    for (const name of Object.keys((valueAt(data, [group]) as object | undefined) ?? {})) {
      const isKnown = world.components.has(name) || world.resources.has(name) || world.absent.has(name)
      if (!isKnown) world.absent.set(name, 'has mistakes of its own')
    }
  }
}

function addResource(world: World, name: string, type: string, at: Path): void {
  if (type === 'volume' || world.outputs(type)) {
    world.resources.set(name, type)
    return
  }
  world.absent.set(name, `is of type ${showBare(type)}, which this version does not provide`)
  const known = ['postgres', 'redis', 'mail', 'bucket', 'volume'].filter((t) => t === 'volume' || world.outputs(t))
  const close = nearest(type, known)
  const hint = close ? `did you mean \`${close}\`?` : `known types: ${known.join(', ')}`
  world.remarks.error('E_UNKNOWN_TYPE', [...at, 'type'], `${show(type)} is not a type of resource`, hint)
}

function checkReserved(world: World, at: Path, name: string): void {
  if (!RESERVED_NAMES.has(name)) return
  world.remarks.key('E_RESERVED', at, `${show(name)} is reserved`, 'choose another name')
}

/** Reports a name that nothing has; nothing where it is only absent, which was said before. */
export function reportUnknown(world: World, at: Path, name: string, known: Iterable<string>, what: string): void {
  const because = world.absent.get(name)
  const all = [...known]
  if (because) {
    if (because === 'has mistakes of its own') return
    world.remarks.error(
      'E_UNKNOWN_REF',
      at,
      `${show(name)} ${because}`,
      `leave it out, or name one of: ${all.join(', ') || 'none'}`,
    )
    return
  }
  const close = nearest(name, all)
  const hint = close
    ? `did you mean \`${close}\`?`
    : all.length > 0
      ? `there are: ${all.slice(0, 12).join(', ')}`
      : `there is no ${what} yet`
  world.remarks.error('E_UNKNOWN_REF', at, `there is no ${what} ${show(name)}`, hint)
}
