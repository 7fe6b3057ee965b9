import type { Run } from '../command.ts'
import { answer } from '../context.ts'
import { renderEnv } from '../render/env.ts'
import { openSession } from '../session.ts'
import { whereOf } from '../where.ts'

export const run: Run = async (context) => {
  const where = await whereOf(context)
  const session = await openSession(context)
  const rows = await session.call('env-list', where)
  answer(context, rows, () => renderEnv(rows, context.out.look))
  return 0
}
