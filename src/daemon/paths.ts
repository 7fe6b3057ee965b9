import { createHash } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
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

/** The same for everybody who speaks of this home, and another user's is not taken for it: see `preparePaths`. */
function elsewhere(home: string): string {
  const name = createHash('sha256').update(home).digest('hex').slice(0, 12)
  return join(tmpdir(), `landfall-${process.getuid?.() ?? 0}-${name}`)
}
