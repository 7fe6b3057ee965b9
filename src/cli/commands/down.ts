import { carryOut } from '../carry-out.ts'
import type { Run } from '../command.ts'
import { placeOf } from '../where.ts'

export const run: Run = async (context, _, { key }) =>
  carryOut(context, {
    key,
    where: await placeOf(context),
    wish: { type: 'down' },
    what: 'taking everything down',
    nothing: 'nothing runs',
  })
