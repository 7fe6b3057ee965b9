import { confirm } from '../ask.ts'
import type { Run } from '../command.ts'
import { answer } from '../context.ts'
import { openSession } from '../session.ts'
import { placeOf } from '../where.ts'

export const run: Run = async (context, [backup = '']) => {
  const session = await openSession(context)
  await confirm(context, `The backup ${backup} is removed. Go ahead?`, 'this')
  const done = await session.call('backup-delete', { ...(await placeOf(context)), backup })
  answer(context, done, () => `${done.backup} is removed`)
  return 0
}
