import { carryOut } from '../carry-out.ts'
import type { Run } from '../command.ts'
import { placeOf } from '../where.ts'

/** `server.seed`, or `seed` where only one component has it. */
export const run: Run = async (context, [name = ''], { key, again }) => {
  const dot = name.indexOf('.')
  const named = dot < 0 ? { task: name } : { component: name.slice(0, dot), task: name.slice(dot + 1) }
  const wish = { type: 'task' as const, ...named, ...(again && { again }) }
  return carryOut(context, {
    key,
    where: await placeOf(context),
    wish,
    what: `the task ${name}`,
    nothing: 'nothing to do',
    isAgreed: true,
  })
}
