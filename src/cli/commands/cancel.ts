import type { Run } from '../command.ts'
import { followRun } from '../follow.ts'
import { openSession } from '../session.ts'

export const run: Run = async (context, [name = '']) => {
  const session = await openSession(context)
  await session.call('cancel', { run: name })
  return followRun(context, session, name, { isCancelled: true })
}
