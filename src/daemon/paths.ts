import { join } from 'node:path'

/** What the daemon keeps in LANDFALL_HOME for itself. */
export function daemonPaths(home: string) {
  const run = join(home, 'run')
  return {
    run,
    socket: join(run, 'landfall.sock'),
    lock: join(run, 'daemon.lock'),
    about: join(run, 'daemon.json'),
    log: join(home, 'logs', 'daemon.log'),
  }
}
