import { confirm } from '../ask.ts'
import type { Run } from '../command.ts'
import { answer } from '../context.ts'
import { openSession } from '../session.ts'
import { placeOf } from '../where.ts'

export const run: Run = async (context, [restore = '']) => {
  const session = await openSession(context)
  await confirm(context, `What was there before ${restore} is removed. Go ahead?`, 'this')
  const done = await session.call('backup-confirm', { ...(await placeOf(context)), restore })
  answer(context, done, () => `${done.restore} is confirmed: what ${done.resources.join(', ')} was before is gone`)
  return 0
}
