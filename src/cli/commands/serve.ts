import { userInfo } from 'node:os'
import type { Run } from '../command.ts'
import { answer } from '../context.ts'

export const run: Run = async (context, _, { foreground, unit }) => {
  const { home, version, err } = context
  if (unit) {
    const { unitText } = await import('../render/unit.ts')
    const isRoot = process.getuid?.() === 0
    const user = isRoot ? {} : { user: userInfo().username }
    context.out.write(unitText({ node: process.execPath, cli: process.argv[1] ?? '', home, ...user }))
    return 0
  }
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
