import type { Run } from '../command.ts'
import { answer } from '../context.ts'

export const run: Run = async (context, _, { edge }) => {
  const { home, version, err } = context
  const { ensureDaemon, findDaemon, stopDaemon } = await import('../../daemon/start.ts')
  // The edge is a process of its own that only a daemon knows how to end.
  if (edge && !(await findDaemon(home).catch(() => undefined)))
    await ensureDaemon({ home, version, say: (line) => err.say(line) })
  const stopped = await stopDaemon(home, { edge: edge === true })
  const rest = edge ? 'apps run on, but nothing reaches them' : 'apps and edge go on'
  answer(context, { stopped }, () => (stopped.length === 0 ? 'no daemon runs' : `stopped: ${stopped.join(', ')}; ${rest}`))
  return 0
}
