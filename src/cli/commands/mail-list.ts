import type { Run } from '../command.ts'
import { answer } from '../context.ts'
import { countOf } from '../flag-values.ts'
import { renderMails } from '../render/mail.ts'
import { openSession } from '../session.ts'
import { placeOf } from '../where.ts'

export const run: Run = async (context, _args, flags) => {
  const where = await placeOf(context)
  const session = await openSession(context)
  const found = await session.call('mail-list', {
    ...where,
    ...(flags.resource !== undefined && { resource: flags.resource }),
    ...(flags.to !== undefined && { to: flags.to }),
    ...(flags.limit !== undefined && { limit: countOf(flags.limit, '--limit', 1000) }),
  })
  answer(context, found, () => renderMails(found, context.out.look))
  return 0
}
