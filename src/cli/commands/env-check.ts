import type { Finding } from '../../model/finding.ts'
import type { Run } from '../command.ts'
import type { Context } from '../context.ts'
import { answer } from '../context.ts'
import { asked, together } from '../plan-with-sources.ts'
import { readEnvironmentFile } from '../read-env-file.ts'
import { renderFindings } from '../render/findings.ts'
import { openSession } from '../session.ts'
import { type Where, whereOf } from '../where.ts'

/** What a release would find wrong with the environment, without one. */
export const run: Run = async (context, [path]) => {
  const where = await whereOf(context)
  const findings = path === undefined ? await checkStored(context, where) : await checkFile(context, where, path)
  const { look } = context.out
  const errors = findings.filter((f) => f.level === 'error').length
  answer(context, { environment: context.environment, findings }, () =>
    [
      ...(findings.length > 0 ? [renderFindings(findings, context.folder, look, { secret: path !== undefined })] : []),
      ...(errors === 0
        ? [`${look.paint.green(look.signs.ok)} the environment ${context.environment} has what the app needs`]
        : []),
    ].join('\n\n'),
  )
  return errors > 0 ? 2 : 0
}

async function checkStored(context: Context, where: Where): Promise<Finding[]> {
  const session = await openSession(context)
  const first = await session.call('env-check', where)
  if (!first.wants) return first.findings
  const { given, findings } = await asked(where.folder, first.wants)
  const { findings: others } = await session.call('env-check', { ...where, given })
  return together(findings, others)
}

async function checkFile(context: Context, where: Where, path: string): Promise<Finding[]> {
  const file = await readEnvironmentFile(context, path)
  const ops = await import('../../ops/env-check.ts')
  const others = await ops.checkFile(where, file.values)
  // With lines that cannot be read nobody knows what the file lacks.
  const isCut = file.findings.some((f) => f.level === 'error')
  return [...file.findings, ...others.filter((f) => !isCut || !['E_ENV_MISSING', 'E_ENV_GROUP'].includes(f.code))]
}
