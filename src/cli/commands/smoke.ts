import { userInfo } from 'node:os'
import type { Run } from '../command.ts'
import { answer } from '../context.ts'
import { renderSmoke } from '../render/smoke.ts'
import { openSession } from '../session.ts'
import { hasManifest, noManifest, placeOf } from '../where.ts'

export const run: Run = async (context, _args, flags) => {
  if (!hasManifest(context.folder)) throw noManifest(context.folder)
  const where = await placeOf(context)
  const session = await openSession(context)
  if (flags.sign !== undefined) {
    const signed = await session.call('smoke-sign', { ...where, check: flags.sign, by: flags.by ?? userInfo().username })
    const { paint, signs } = context.out.look
    answer(context, signed, () => `${paint.green(signs.ok)} ${signed.check} of ${signed.release} signed by ${signed.by}`)
    return 0
  }
  if (flags.history) {
    const { renderHistory } = await import('../render/uptime.ts')
    const history = await session.call('uptime', {
      ...where,
      ...(flags.since !== undefined && { since: await timeOf(flags.since) }),
    })
    answer(context, history, () => renderHistory(history, context.out.look))
    return 0
  }
  const result = await session.call('smoke', where)
  answer(context, result, () => renderSmoke(result, context.out.look))
  return result.results.some((r) => r.state === 'failed') ? 1 : 0
}

async function timeOf(text: string): Promise<number> {
  return (await import('../flag-values.ts')).timeOf(text)
}
