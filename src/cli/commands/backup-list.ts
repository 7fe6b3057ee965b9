import type { Run } from '../command.ts'
import { answer } from '../context.ts'
import { renderBackups } from '../render/backups.ts'
import { openSession } from '../session.ts'
import { placeOf } from '../where.ts'

export const run: Run = async (context) => {
  const session = await openSession(context)
  const found = await session.call('backup-list', await placeOf(context))
  answer(context, found, () => renderBackups(found, context.folder, context.out.look))
  return 0
}
