import { statSync } from 'node:fs'
import { userInfo } from 'node:os'
import { dirname } from 'node:path'
import type { Finding } from '../../model/finding.ts'
import type { World } from './world.ts'

/** What this machine lacks or cannot enforce. */
export function check(world: World): Finding[] {
  const { rights, cgroups } = world
  const findings: Finding[] = []
  const add = (level: Finding['level'], code: string, message: string, hint?: string) =>
    findings.push({ level, code, at: 'machine', message, ...(hint && { hint }) })
  if (process.platform !== 'linux') {
    add('error', 'E_PLATFORM', `the process engine needs Linux; this is ${process.platform}`, 'use an engine that runs images')
    return findings
  }
  if (!rights.isRoot) {
    add(
      'warning',
      'W_SAME_USER',
      `instances run as ${userInfo().username}, the user of Landfall itself: an app can read what Landfall keeps`,
      'run Landfall as root: each environment then gets a user of its own',
    )
  }
  if (!rights.setpriv && rights.isRoot) {
    add(
      'error',
      'E_SETPRIV',
      'setpriv of util-linux is not on this machine, and nothing of an app may run as root',
      'install util-linux (Alpine: apk add setpriv)',
    )
  } else if (!rights.setpriv) {
    add('warning', 'W_NEW_PRIVILEGES', 'setpriv is not on this machine: instances could gain rights through setuid programs')
  }
  const missing = [!cgroups.canMemory && 'memory', !cgroups.canCpus && 'cpu'].filter((m) => m !== false)
  if (missing.length > 0) {
    const hint = rights.isRoot
      ? 'run on a machine whose control groups may be written'
      : 'run Landfall as root, or with a delegated control group'
    add(
      'warning',
      'W_LIMITS',
      `limits of ${missing.join(' and ')} are not enforced: ${cgroups.reason ?? 'no control groups'}`,
      hint,
    )
  }
  const closed = rights.isRoot ? closedFolder(world.home) : undefined
  if (closed !== undefined) {
    add(
      'error',
      'E_HOME',
      `instances cannot reach their files: ${closed} is closed to other users`,
      `chmod o+x ${closed}, or move LANDFALL_HOME`,
    )
  }
  return findings
}

/** A folder on the way to our home that the instances' users may not walk through. */
function closedFolder(home: string): string | undefined {
  const folders: string[] = []
  for (let at = home; at !== dirname(at); at = dirname(at)) folders.unshift(at)
  return folders.find((folder) => (statSync(folder).mode & 0o001) === 0)
}
