import { LandfallError } from '../../lib/error.ts'
import type { Run } from '../command.ts'
import { answer } from '../context.ts'
import { countOf } from '../flag-values.ts'
import { renderMail } from '../render/mail.ts'
import { openSession } from '../session.ts'
import { placeOf } from '../where.ts'

export const run: Run = async (context, [number], flags) => {
  const where = await placeOf(context)
  const session = await openSession(context)
  const resource = flags.resource === undefined ? {} : { resource: flags.resource }
  const id = number === undefined ? await newest() : countOf(number, '<number>', Number.MAX_SAFE_INTEGER)
  const mail = await session.call('mail-show', { ...where, ...resource, id })
  answer(context, mail, () => renderMail(mail, context.out.look))
  return 0

  async function newest(): Promise<number> {
    const [first] = (await session.call('mail-list', { ...where, ...resource, limit: 1 })).messages
    if (first) return first.id
    throw new LandfallError({ code: 'E_UNKNOWN_MESSAGE', message: 'the mailbox is empty', hint: 'landfall mail test' })
  }
}
