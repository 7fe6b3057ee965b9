import { shapeOf } from '../lib/error.ts'
import { homeFolder } from '../lib/home.ts'
import { packageVersion } from '../lib/package.ts'
import { openWorld } from '../ops/all.ts'
import { runDaemon } from './daemon.ts'
import { createLog } from './log.ts'

// The daemon's own program, as start.ts starts it: `--log` names the file that stderr is bound to.
const at = process.argv.indexOf('--log')
const say = createLog(at < 0 ? undefined : process.argv[at + 1])
try {
  const options = { home: homeFolder(), version: packageVersion, openWorld, say, isForeground: false }
  process.exit(await runDaemon(options))
} catch (error) {
  const { code, message, detail } = shapeOf(error)
  say(`${code} ${message}${detail ? `\n${detail}` : ''}`)
  process.exit(code === 'E_DAEMON_RUNS' ? 75 : 1)
}
