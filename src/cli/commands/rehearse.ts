import type { Run } from '../command.ts'
import { emit } from '../context.ts'
import { followRun } from '../follow.ts'
import { renderRehearsal } from '../render/rehearsal.ts'
import { openSession } from '../session.ts'
import { whereOf } from '../where.ts'

/** Nothing that serves is changed, so nobody is asked. Ctrl-C leaves it to the daemon, which removes it all the same. */
export const run: Run = async (context, [backup]) => {
  const where = await whereOf(context)
  const session = await openSession(context)
  const begun = await session.call('rehearse', { ...where, ...(backup !== undefined && { backup }) })
  if (!context.isJson) context.err.say(`rehearses with ${begun.backup} of ${begun.at}; what serves is not touched\n`)
  await followRun(context, session, begun.run, { isEndTold: true })
  const report = await session.call('rehearsal', { run: begun.run })
  if (context.isJson) emit(context, { type: 'rehearsal', report })
  else context.out.say(renderRehearsal(report, context.out.look))
  return report.state === 'passed' && report.remains.length === 0 ? 0 : 1
}
