import { runDaemon } from '../../src/daemon/daemon.ts'
import { createLog } from '../../src/daemon/log.ts'
import { shapeOf } from '../../src/lib/error.ts'
import { homeFolder } from '../../src/lib/home.ts'
import { packageVersion } from '../../src/lib/package.ts'
import { openScriptedWorld } from './world.ts'

// The daemon's own program around a scripted world. WIRE_VERSION lets it be an older or a newer one.
const version = process.env.WIRE_VERSION ?? packageVersion
const logAt = process.argv.indexOf('--log')
const say = createLog(logAt < 0 ? undefined : process.argv[logAt + 1])
try {
  const isForeground = logAt < 0
  process.exit(await runDaemon({ home: homeFolder(), version, openWorld: openScriptedWorld, say, isForeground }))
} catch (error) {
  const { code, message } = shapeOf(error)
  say(`${code} ${message}`)
  process.exit(code === 'E_DAEMON_RUNS' ? 75 : 1)
}
