import { createHash } from 'node:crypto'
import { lstatSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { LandfallError } from '../lib/error.ts'
import { whyReadOnly } from '../lib/read-only.ts'

/** What the daemon keeps in LANDFALL_HOME for itself. Where nothing can be written there, it still has to be asked: elsewhere. */
export function daemonPaths(home: string) {
  const isReadOnly = whyReadOnly(home) !== undefined
  const run = isReadOnly ? elsewhere(home) : join(home, 'run')
  return {
    run,
    socket: join(run, 'landfall.sock'),
    lock: join(run, 'daemon.lock'),
    about: join(run, 'daemon.json'),
    log: isReadOnly ? join(run, 'daemon.log') : join(home, 'logs', 'daemon.log'),
  }
}

/** The same for all of one user who speak of this home. What others put there is not taken for it. */
function elsewhere(home: string): string {
  const uid = process.getuid?.() ?? 0
  const name = createHash('sha256').update(home).digest('hex').slice(0, 12)
  const folder = join(tmpdir(), `landfall-${uid}-${name}`)
  const found = lstatSync(folder, { throwIfNoEntry: false })
  if (!found || (found.isDirectory() && found.uid === uid)) return folder
  throw new LandfallError({
    code: 'E_OWNER',
    message: `${folder} belongs to another user`,
    hint: `have it removed; ${home} cannot be written to`,
  })
}
