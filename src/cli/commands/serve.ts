import type { Run } from '../command.ts'
import { answer } from '../context.ts'

export const run: Run = async (context, _, { foreground }) => {
  const { home, version, err } = context
  if (foreground) {
    const { serveForeground } = await import('../../daemon/foreground.ts')
    return serveForeground(home, version)
  }
  const { ensureDaemon, findDaemon } = await import('../../daemon/start.ts')
  const before = await findDaemon(home).catch(() => undefined)
  const about = await ensureDaemon({ home, version, say: (line) => err.say(line) })
  const verb = before?.pid === about.pid ? 'already serves' : 'serves'
  answer(context, about, () => `landfall ${about.version} ${verb} ${home}, pid ${about.pid}`)
  return 0
}
