import type { Run } from '../command.ts'
import { answer } from '../context.ts'
import { renderPs } from '../render/ps.ts'
import { openSession } from '../session.ts'

export const run: Run = async (context) => {
  const session = await openSession(context)
  const { isFolderGiven, isEnvironmentGiven, folder, environment } = context
  const found = await session.call('ps', { ...(isFolderGiven && { folder }), ...(isEnvironmentGiven && { environment }) })
  answer(context, found, () => renderPs(found, context.out.look))
  return 0
}
