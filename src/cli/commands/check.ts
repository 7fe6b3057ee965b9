import type { Run } from '../command.ts'
import { answer } from '../context.ts'
import { renderFindings } from '../render/findings.ts'
import { whereOf } from '../where.ts'

/** Runs in this very process: nothing has to be started to read a file. */
export const run: Run = async (context) => {
  const where = await whereOf(context)
  const { check } = await import('../../ops/check.ts')
  const result = await check(where)
  const { paint, signs } = context.out.look
  const errors = result.findings.filter((f) => f.level === 'error').length
  answer(context, result, () =>
    [
      ...(result.findings.length > 0 ? [renderFindings(result.findings, context.folder, context.out.look)] : []),
      ...(errors === 0 ? [`${paint.green(signs.ok)} ${result.app ?? context.folder} for ${result.environment} is in order`] : []),
    ].join('\n\n'),
  )
  return errors > 0 ? 2 : 0
}
