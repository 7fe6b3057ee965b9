import type { Run } from '../command.ts'
import { answer } from '../context.ts'
import { openSession } from '../session.ts'
import { placeOf } from '../where.ts'

export const run: Run = async (context, [backup = '', ...words]) => {
  const session = await openSession(context)
  const reason = words.join(' ') || 'by hand'
  const done = await session.call('backup-hold', { ...(await placeOf(context)), backup, reason })
  answer(context, done, () => `${done.backup} stays until it is released: ${done.hold}`)
  return 0
}
