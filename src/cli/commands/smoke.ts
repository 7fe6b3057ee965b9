import type { Run } from '../command.ts'
import { answer } from '../context.ts'
import { renderSmoke } from '../render/smoke.ts'
import { openSession } from '../session.ts'
import { whereOf } from '../where.ts'

export const run: Run = async (context) => {
  const where = await whereOf(context)
  const session = await openSession(context)
  const result = await session.call('smoke', where)
  answer(context, result, () => renderSmoke(result, context.out.look))
  return result.results.every((r) => r.isPassed) ? 0 : 1
}
