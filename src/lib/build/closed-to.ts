import { realpathSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Identity } from './build-types.ts'

/** The folder on the way to `path` that this user may not enter, or `path` itself; `undefined` where it can be used. */
export function closedTo(identity: Identity, path: string): string | undefined {
  const real = realpathSync(path)
  const way = [real]
  while (dirname(way[0] as string) !== way[0]) way.unshift(dirname(way[0] as string))
  return way.find((at) => !mayUse(identity, at))
}

/** Execute is what both a folder to be entered and a program need. */
function mayUse({ uid, gid }: Identity, path: string): boolean {
  const found = statSync(path)
  if (found.uid === uid) return (found.mode & 0o100) !== 0
  if (found.gid === gid) return (found.mode & 0o010) !== 0
  return (found.mode & 0o001) !== 0
}
