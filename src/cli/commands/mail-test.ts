import type { Run } from '../command.ts'
import { answer } from '../context.ts'
import { renderTest } from '../render/mail.ts'
import { openSession } from '../session.ts'
import { placeOf } from '../where.ts'

export const run: Run = async (context, [to], flags) => {
  const where = await placeOf(context)
  const session = await openSession(context)
  const sent = await session.call('mail-test', {
    ...where,
    ...(to !== undefined && { to }),
    ...(flags.resource !== undefined && { resource: flags.resource }),
  })
  answer(context, sent, () => renderTest(sent, context.out.look))
  return 0
}
