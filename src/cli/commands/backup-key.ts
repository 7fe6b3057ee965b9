import type { Run } from '../command.ts'
import { answer } from '../context.ts'
import { openSession } from '../session.ts'

export const run: Run = async (context) => {
  const session = await openSession(context)
  const key = await session.call('backup-key', {})
  answer(context, key, () => key.identity.trimEnd())
  return 0
}
