import { openWorld } from '../ops/all.ts'
import { runDaemon } from './daemon.ts'
import { createLog } from './log.ts'

/** The daemon in the process of whoever asks, which ends with it. */
export async function serveForeground(home: string, version: string): Promise<never> {
  // The command line's own Ctrl-C would end it in the middle of what it does.
  process.removeAllListeners('SIGINT')
  process.exit(await runDaemon({ home, version, openWorld, say: createLog(), isForeground: true }))
}
