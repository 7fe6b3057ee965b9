import { readRights } from '../lib/read-rights.ts'
import { show } from '../lib/show.ts'
import type { Component, Mount } from '../model/app.ts'
import { oddCodePoint } from './names.ts'
import type { Path } from './places.ts'
import { reportUnknown } from './resolve-names.ts'
import { resourceOptions } from './resolve-resources.ts'
import type { ManifestComponent } from './schema.ts'
import type { World } from './world.ts'

/** Folders that belong to the machine: a volume in their place, or above them, would take it apart. */
const MACHINE = [
  '/bin',
  '/boot',
  '/dev',
  '/etc',
  '/lib',
  '/lib32',
  '/lib64',
  '/proc',
  '/root',
  '/run',
  '/sbin',
  '/sys',
  '/usr',
  '/var/run',
  '/var/lib/docker',
  '/var/lib/landfall',
]

/** What a component mounts: what it says, and volumes whose folder its values name. */
export function resolveMounts(world: World, name: string, component: ManifestComponent, named: Iterable<string>): Mount[] {
  const at: Path = ['components', name, 'mounts']
  const written = component.mounts ?? []
  const wishes: { volume: string; path?: string; at: Path }[] = Array.isArray(written)
    ? Object.entries(written).map(([i, volume]) => ({ volume, at: [...at, Number(i)] }))
    : Object.entries(written).map(([volume, path]) => ({ volume, path, at: [...at, volume] }))
  for (const volume of named) {
    if (!wishes.some((w) => w.volume === volume)) wishes.push({ volume, at: ['components', name] })
  }
  const mounts: Mount[] = []
  for (const wish of wishes) {
    const type = world.resources.get(wish.volume)
    if (type !== 'volume') {
      const volumes = [...world.resources].filter(([, t]) => t === 'volume').map(([n]) => n)
      if (type)
        world.remarks.error('E_UNKNOWN_REF', wish.at, `${show(wish.volume)} is of type ${type}, and only a volume can be mounted`)
      else reportUnknown(world, wish.at, wish.volume, volumes, 'volume')
      continue
    }
    if (mounts.some((m) => m.volume === wish.volume)) {
      world.remarks.error('E_DUPLICATE', wish.at, `${show(wish.volume)} is mounted here twice`, 'keep one')
      continue
    }
    if (wish.path !== undefined) checkFolder(world, wish.at, wish.path, mounts)
    mounts.push({
      volume: wish.volume,
      ...(wish.path !== undefined && { path: trim(wish.path) }),
      ...optionsOf(world, wish.volume),
    })
  }
  return mounts
}

function optionsOf(world: World, volume: string): Pick<Mount, 'writers' | 'rights'> {
  const options = resourceOptions(world, volume)
  const rights = readRights(options)
  return { writers: options.writers === 'many' ? 'many' : 'one', ...(rights && { rights }) }
}

function checkFolder(world: World, at: Path, path: string, before: Mount[]): void {
  const wrong = notAFolder(path)
  if (wrong) {
    world.remarks.error(
      'E_MOUNT',
      at,
      `${show(path)} ${wrong}`,
      'a folder inside the component such as data, or an absolute one such as /app/data',
    )
    return
  }
  const other = before.find((m) => m.path !== undefined && isInside(m.path, trim(path)))
  if (other) world.remarks.error('E_MOUNT', at, `${show(path)} and ${show(other.path)} (${other.volume}) lie one in the other`)
}

function notAFolder(path: string): string | undefined {
  if (path.length > 400 || oddCodePoint(path) || /[\s:,\\]/.test(path))
    return 'has characters that a folder to mount may not have'
  if (path.split('/').some((part) => part === '..' || part === '.') || path.includes('//')) return 'has ., .. or empty parts'
  if (path === '' || path.startsWith('~')) return 'is not a folder'
  const folder = trim(path)
  if (folder === '/' || folder === '/var' || folder === '/home' || folder === '/tmp') return 'holds more than this app'
  if (MACHINE.some((m) => folder === m || folder.startsWith(`${m}/`))) return 'belongs to the machine'
  return undefined
}

function isInside(a: string, b: string): boolean {
  return a === b || a.startsWith(`${b}/`) || b.startsWith(`${a}/`)
}

function trim(path: string): string {
  return path.length > 1 ? path.replace(/\/+$/, '') || '/' : path
}

/** Two components that write the same volume, of which only one may. */
export function checkWriters(world: World, components: Component[]): void {
  const first = new Map<string, string>()
  for (const component of components) {
    for (const mount of component.mounts) {
      if (mount.writers === 'many') continue
      const other = first.get(mount.volume)
      first.set(mount.volume, other ?? component.name)
      if (!other) continue
      const hint = `resources.${mount.volume}: { type: volume, writers: many } when both may write at once`
      const at = ['components', component.name, 'mounts', mount.volume]
      world.remarks.error('E_MOUNT', at, `the volume ${mount.volume} has one writer, and ${other} mounts it too`, hint)
    }
  }
}
