import { openWorld } from '../ops/all.ts'
import { runDaemon } from './daemon.ts'
import { createLog } from './log.ts'

/** The daemon in the process of whoever asks, which ends with it. */
export async function serveForeground(home: string, version: string): Promise<never> {
  // The command line's own answers to signals would end it in the middle of what it does.
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP', 'uncaughtException']) process.removeAllListeners(name)
  process.exit(await runDaemon({ home, version, openWorld, say: createLog(), isForeground: true }))
}
