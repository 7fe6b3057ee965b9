import { carryOut } from '../carry-out.ts'
import type { Run } from '../command.ts'
import { placeOf } from '../where.ts'

export const run: Run = async (context, [release], { key }) => {
  const wish = { type: 'rollback' as const, ...(release !== undefined && { to: release }) }
  return carryOut(context, { key, where: await placeOf(context), wish, what: 'this rollback', nothing: 'nothing to do' })
}
