import { carryOut } from '../carry-out.ts'
import type { Run } from '../command.ts'
import { placeOf } from '../where.ts'

export const run: Run = async (context, _args, { key, verify }) =>
  carryOut(context, {
    key,
    where: await placeOf(context),
    wish: { type: 'backup', verify: verify !== false },
    what: 'this backup',
    nothing: 'nothing to back up',
    isAgreed: context.yes === undefined && !context.canAsk,
  })
