import type { Run } from '../command.ts'
import { answer } from '../context.ts'
import { readEnvironmentFile } from '../read-env-file.ts'
import { renderStored } from '../render/env.ts'
import { renderFindings } from '../render/findings.ts'
import { openSession } from '../session.ts'
import { whereOf } from '../where.ts'

/** Every bad line is told, and then none is stored. */
export const run: Run = async (context, [path = ''], { skipUnknown = false }) => {
  const where = await whereOf(context)
  const file = await readEnvironmentFile(context, path)
  const isBad = file.findings.some((f) => f.level === 'error')
  const session = await openSession(context)
  // Lines that can be read are looked at too, so that all that is wrong is known at once; with a bad one nothing is stored.
  const done = await session.call('env-import', { ...where, values: file.values, skipsUnknown: skipUnknown, isTrial: isBad })
  const findings = [...file.findings, ...done.findings]
  const { look } = context.out
  const hasErrors = findings.some((f) => f.level === 'error')
  answer(context, { ...done, findings }, () =>
    [
      ...(findings.length > 0 ? [renderFindings(findings, context.folder, look, { secret: true })] : []),
      ...(hasErrors ? ['nothing was stored'] : [renderStored(done, context.environment, look)]),
      ...(done.skipped.length > 0 ? [`left out, since the manifest does not know them: ${done.skipped.join(', ')}`] : []),
    ].join('\n\n'),
  )
  return hasErrors ? 2 : 0
}
