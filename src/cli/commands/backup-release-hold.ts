import type { Run } from '../command.ts'
import { answer } from '../context.ts'
import { openSession } from '../session.ts'
import { placeOf } from '../where.ts'

export const run: Run = async (context, [backup = '']) => {
  const session = await openSession(context)
  const done = await session.call('backup-hold', { ...(await placeOf(context)), backup })
  answer(context, done, () => `${done.backup} goes when its time has come`)
  return 0
}
