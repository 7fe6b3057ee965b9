import { spawnSync } from 'node:child_process'
import { chmodSync, chownSync, existsSync, lchownSync, lstatSync, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { LandfallError } from '../../lib/error.ts'
import type { Component, VolumeRights } from '../../model/app.ts'
import type { Scope } from '../../model/plan.ts'
import { paths } from './paths.ts'
import { UID_RANGE, uidOf } from './uids.ts'

/** Whose rights instances have, and by which programs they get them. */
export interface Rights {
  isRoot: boolean
  setpriv?: string
  unshare?: string
  /** Undefined where we are not root: then it is our own user. */
  uid(scope: Scope, runsAs: Component['runsAs'] | 'build'): number | undefined
}

export function openRights(home: string): Rights {
  const isRoot = process.getuid?.() === 0
  const setpriv = findSetpriv(isRoot)
  const unshare = isRoot ? ['/usr/bin/unshare', '/bin/unshare'].find((f) => existsSync(f)) : undefined
  return {
    isRoot,
    ...(setpriv && { setpriv }),
    ...(unshare && { unshare }),
    uid(scope, runsAs) {
      if (!isRoot) return undefined
      if (!setpriv) {
        throw new LandfallError({
          code: 'E_SETPRIV',
          message: 'setpriv of util-linux is not on this machine, and nothing of an app may run as root',
          hint: 'install util-linux (Alpine: apk add setpriv), or run Landfall as an ordinary user',
        })
      }
      const isUsed = (owner: string) => {
        const [app = '', environment = '', who = ''] = owner.split('/')
        const other = { app, environment }
        return existsSync(paths.volumes(home, other)) || existsSync(paths.personal(home, other, who))
      }
      return uidOf(`${scope.app}/${scope.environment}/${runsAs}`, { home, file: paths.memory(home, 'uids.json'), isUsed })
    },
  }
}

/** The one that can do what we ask of it: BusyBox has a smaller one of the same name. */
function findSetpriv(isRoot: boolean): string | undefined {
  const uid = String(UID_RANGE.first)
  const drop = isRoot ? ['--reuid', uid, '--regid', uid, '--clear-groups'] : []
  return ['/usr/bin/setpriv', '/bin/setpriv'].find(
    (file) => existsSync(file) && spawnSync(file, [...drop, '--no-new-privs', '--', '/bin/true'], { env: {} }).status === 0,
  )
}

/** A folder that belongs to an instance's user. */
export function makeOwnFolder(path: string, mode: number, uid: number | undefined): void {
  mkdirSync(path, { recursive: true, mode })
  if (uid !== undefined && lstatSync(path).uid !== uid) chownSync(path, uid, uid)
}

/** The folder and all in it, where it belongs to another: a home that came from another machine, or to root from a user. */
export function giveTree(path: string, uid: number, gid = uid): void {
  if (lstatSync(path).uid === uid) return
  const give = (at: string) => {
    if (lstatSync(at).isDirectory()) for (const name of readdirSync(at)) give(join(at, name))
    lchownSync(at, uid, gid)
  }
  give(path)
}

/** What a manifest asks for; `own` is the uid of those who work in the folder, absent where we are not root. */
export function giveRights(
  path: string,
  { uid, gid, mode }: VolumeRights,
  own: number | undefined,
  say: (line: string) => void,
): void {
  if (own === undefined) {
    if (uid !== undefined) say(`only root can give ${path} to uid ${uid}: it stays ours`)
  } else if (uid !== undefined) {
    giveTree(path, uid, gid ?? own)
    chownSync(path, uid, gid ?? own)
  }
  // Beside another owner its users come in through the group.
  const bits = mode ?? (uid === undefined ? undefined : 0o770)
  if (bits !== undefined) chmodSync(path, bits)
}
