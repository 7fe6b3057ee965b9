import { homedir } from 'node:os'
import { join, resolve } from 'node:path'

/** The one folder that holds everything Landfall keeps. `bin/landfall.cjs` repeats this rule for old Nodes. */
export function homeFolder(env: NodeJS.ProcessEnv = process.env): string {
  if (env.LANDFALL_HOME) return resolve(env.LANDFALL_HOME)
  if (process.getuid?.() === 0) return '/var/lib/landfall'
  return join(env.XDG_DATA_HOME || join(env.HOME || homedir(), '.local', 'share'), 'landfall')
}
