import { existsSync, lstatSync, mkdirSync, realpathSync } from 'node:fs'
import { dirname, isAbsolute, join, normalize } from 'node:path'
import { LandfallError } from '../../lib/error.ts'
import { paths } from './paths.ts'
import type { Wanted } from './prepare.ts'
import type { World } from './world.ts'

/**
 * Volumes that a component wants at a path of its own. Each instance gets a mount namespace in which the volume's folder lies
 * over that path; nobody else sees it. That needs root: without, the folder can only be told.
 */
export function bindsOf(world: World, w: Wanted, artifactRoot: string): { from: string; to: string }[] {
  const binds: { from: string; to: string }[] = []
  for (const mount of w.component.mounts) {
    const from = paths.volume(world.home, w, mount.volume)
    if (!existsSync(from)) throw fail(w, mount.path, `the volume ${mount.volume} is not there`)
    if (mount.path === undefined) continue
    const to = targetOf(world.home, w, mount.path, mount.volume, artifactRoot)
    if (to === from) continue
    if (!world.rights.isRoot || !world.rights.unshare) {
      throw fail(
        w,
        mount.path,
        `${mount.volume} can be mounted at ${mount.path} by root alone`,
        `read the folder from a variable: { from: ${mount.volume}.path }`,
      )
    }
    makeMountPoint(w, mount.path, to)
    binds.push({ from, to })
  }
  // The outer one first, or it would hide the inner one.
  return binds.sort((a, b) => a.to.length - b.to.length)
}

/** Folders that an instance must not lose sight of; those of the second list with all that is in them. */
const KEPT = ['/', '/bin', '/lib', '/lib64', '/run', '/sbin', '/tmp', '/usr', '/var', '/var/run']
const SYSTEM = ['/boot', '/dev', '/etc', '/proc', '/sys']

function targetOf(home: string, w: Wanted, path: string, volume: string, artifactRoot: string): string {
  const to = normalize(isAbsolute(path) ? path : join(artifactRoot, path)).replace(/(.)\/$/, '$1')
  if (to === paths.volume(home, w, volume)) return to
  const isOfSystem = KEPT.includes(to) || SYSTEM.some((folder) => isIn(folder, to))
  const isOfHome = isIn(home, to) && !to.startsWith(`${artifactRoot}/`)
  if (isOfSystem || isOfHome || isIn(to, home)) throw fail(w, path, `nothing may be mounted at ${path}`)
  return to
}

function isIn(folder: string, path: string): boolean {
  return path === folder || path.startsWith(`${folder}/`)
}

/** An empty folder to mount over, made where none is; through no link, so that it lies where it says. */
function makeMountPoint(w: Wanted, path: string, to: string): void {
  let there = to
  while (!existsSync(there)) there = dirname(there)
  if (realpathSync(there) !== there) throw fail(w, path, `${there} is reached through a link`)
  if (there === to) {
    if (!lstatSync(to).isDirectory()) throw fail(w, path, `${to} is no folder`)
    return
  }
  if (lstatSync(there).uid !== 0) throw fail(w, path, `${there} belongs to somebody else`)
  mkdirSync(to, { recursive: true, mode: 0o755 })
}

function fail(w: Wanted, path: string | undefined, message: string, hint?: string): LandfallError {
  return new LandfallError({
    code: 'E_MOUNT',
    at: `components.${w.component.name}.mounts${path ? `.${path}` : ''}`,
    message,
    ...(hint && { hint }),
  })
}
