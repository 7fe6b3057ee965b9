import { openWorld } from '../ops/all.ts'
import { runDaemon } from './daemon.ts'
import { createLog } from './log.ts'

/** The daemon in the process of whoever asks, which ends with it. */
export async function serveForeground(home: string, version: string): Promise<number> {
  const code = await runDaemon({ home, version, openWorld, say: createLog(), isForeground: true })
  process.exit(code)
}
