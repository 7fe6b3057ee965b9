import { carryOut } from '../carry-out.ts'
import type { Run } from '../command.ts'
import { placeOf } from '../where.ts'

export const run: Run = async (context, [backup = '']) =>
  carryOut(context, {
    where: await placeOf(context),
    wish: { type: 'verify-backup', backup },
    what: 'this check of a backup',
    nothing: 'nothing to check',
    isAgreed: true,
  })
