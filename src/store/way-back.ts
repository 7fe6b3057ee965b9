import { existsSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Finding } from '../model/finding.ts'
import type { Keys } from './keys.ts'

/**
 * Why the loss of this machine's disk would take the way back along: nobody made a recovery key, so that what opens the stored
 * values and the backups is nowhere else; or the backups lie on the disk of the store. `folder` absent: they are not here at all,
 * or not what is asked about. Empty where both are apart.
 */
export function wayBackFindings(keys: Pick<Keys, 'recovery'>, home: string, folder?: string): Finding[] {
  const findings: Finding[] = []
  if (!keys.recovery()) {
    findings.push({
      level: 'warning',
      code: 'W_NO_RECOVERY_KEY',
      at: home,
      message: 'there is no recovery key: what opens the stored values and the backups is on this disk alone',
      hint: 'landfall env recovery-key, and keep it elsewhere',
    })
  }
  if (folder !== undefined && sharesDisk(home, folder)) {
    findings.push({
      level: 'warning',
      code: 'W_SAME_DISK',
      at: folder,
      message: 'backups lie on the disk of what they are made of: its loss takes both',
      hint: 'backup: { to: … } with a folder on another disk, or a bucket',
    })
  }
  return findings
}

/** By the device of both, or of the nearest folder above that is there. */
function sharesDisk(home: string, folder: string): boolean {
  return deviceOf(home) === deviceOf(folder)
}

function deviceOf(path: string): number {
  return existsSync(path) || dirname(path) === path ? statSync(path).dev : deviceOf(dirname(path))
}
