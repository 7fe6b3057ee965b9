import type { Run } from '../command.ts'
import { answer } from '../context.ts'
import { openSession } from '../session.ts'

export const run: Run = async (context) => {
  const session = await openSession(context)
  const done = await session.call('env-rotate-key', {})
  const { paint, signs } = context.out.look
  answer(context, done, () => {
    const values = `${done.values} ${done.values === 1 ? 'value' : 'values'}`
    return `${paint.green(signs.ok)} ${values} sealed anew: key ${done.from} opens nothing any more, ${done.to} does`
  })
  return 0
}
