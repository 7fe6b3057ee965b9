import { LandfallError } from '../../lib/error.ts'
import { show } from '../../lib/show.ts'
import { askSecret } from '../ask.ts'
import type { Run } from '../command.ts'
import { answer, type Context } from '../context.ts'
import { renderStored } from '../render/env.ts'
import { renderFindings } from '../render/findings.ts'
import { openSession } from '../session.ts'
import { whereOf } from '../where.ts'

export const run: Run = async (context, assignments) => {
  const where = await whereOf(context)
  const values = await readAssignments(context, assignments)
  const session = await openSession(context)
  const done = await session.call('env-set', { ...where, values })
  const { look } = context.out
  answer(context, done, () =>
    [
      ...(done.findings.length > 0 ? [renderFindings(done.findings, context.folder, look)] : []),
      renderStored(done, context.environment, look),
    ].join('\n'),
  )
  return 0
}

async function readAssignments(context: Context, assignments: string[]): Promise<{ name: string; value: string }[]> {
  const bare = assignments.filter((a) => !a.includes('='))
  if (bare.length > 1 && !context.canAsk) {
    throw new LandfallError({
      code: 'E_INPUT',
      message: `stdin holds one value, and ${bare.length} names want one: ${bare.join(', ')}`,
    })
  }
  const values: { name: string; value: string }[] = []
  for (const assignment of assignments) {
    const at = assignment.indexOf('=')
    const name = at < 0 ? assignment : assignment.slice(0, at)
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
      const message = `not a name of a variable: ${show(name)}`
      throw new LandfallError({ code: 'E_ENV_KEY', message, hint: 'letters, digits and underscores, not a digit first' })
    }
    values.push({ name, value: at < 0 ? await readValue(context, name) : assignment.slice(at + 1) })
  }
  return values
}

async function readValue(context: Context, name: string): Promise<string> {
  if (context.canAsk) return askSecret(name)
  if (process.stdin.isTTY) {
    throw new LandfallError({
      code: 'E_CONFIRM',
      message: `${name} has no value, and nobody may be asked`,
      hint: `give it on stdin: landfall env set ${name} < file`,
    })
  }
  let text = ''
  process.stdin.setEncoding('utf8')
  for await (const part of process.stdin) text += part
  // The newline that an editor or `echo` put behind it is not meant.
  return text.replace(/\r?\n$/, '')
}
