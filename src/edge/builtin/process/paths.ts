import { join } from 'node:path'

/** What the edge keeps in LANDFALL_HOME. */
export function edgePaths(home: string) {
  const run = join(home, 'run')
  const folder = join(home, 'edge')
  const logs = join(home, 'logs', 'edge')
  return {
    run,
    folder,
    logs,
    /** A link to the socket of the process that serves, so that it can be moved to the next one at once. */
    control: join(run, 'edge.sock'),
    controlOf: (pid: number) => join(run, `edge.${pid}.sock`),
    about: join(run, 'edge.json'),
    tables: join(folder, 'table.json'),
    ports: join(folder, 'ports.json'),
    accessLog: join(logs, 'access.log'),
    log: join(logs, 'edge.log'),
  }
}
export type EdgePaths = ReturnType<typeof edgePaths>
