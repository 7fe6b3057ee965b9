import type { Run } from '../command.ts'
import { answer } from '../context.ts'
import { renderFindings } from '../render/findings.ts'
import { openSession } from '../session.ts'
import { hasManifest } from '../where.ts'

export const run: Run = async (context) => {
  const session = await openSession(context)
  const { folder, environment, isFolderGiven } = context
  // Without a manifest here the question is about the machine alone.
  const result = await session.call('doctor', isFolderGiven || hasManifest(folder) ? { folder, environment } : {})
  const { look } = context.out
  answer(context, result, () => {
    const width = Math.max(0, ...Object.keys(result.facts).map((name) => name.length))
    const facts = Object.entries(result.facts).map(([name, value]) => `${look.paint.dim(name.padEnd(width))}  ${value}`)
    const findings =
      result.findings.length > 0
        ? renderFindings(result.findings, folder, look)
        : `${look.paint.green(look.signs.ok)} nothing to do`
    return [...facts, '', findings].join('\n')
  })
  return result.findings.some((f) => f.level === 'error') ? 1 : 0
}
