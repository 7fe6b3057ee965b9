import type { Run } from '../command.ts'
import { answer } from '../context.ts'
import { renderNext } from '../render/env.ts'
import { openSession } from '../session.ts'
import { whereOf } from '../where.ts'

export const run: Run = async (context, names) => {
  const where = await whereOf(context)
  const session = await openSession(context)
  const done = await session.call('env-unset', { ...where, names })
  const { look } = context.out
  answer(context, done, () =>
    [
      `${look.paint.green(look.signs.ok)} ${done.unset.join(', ')} forgotten for ${context.environment}`,
      ...renderNext(done, look),
    ].join('\n'),
  )
  return 0
}
