import { resolve } from 'node:path'
import { LandfallError } from '../../lib/error.ts'
import type { Run } from '../command.ts'
import { answer } from '../context.ts'
import { renderExport } from '../render/export.ts'
import { renderTotals, renderVerdicts } from '../render/report.ts'
import { optionsOf, today } from '../target-flags.ts'

/** From one platform's files to another's, with the manifest in memory alone. Needs no daemon. */
export const run: Run = async (context, [path = '.'], flags) => {
  if (flags.to === undefined)
    throw new LandfallError({ code: 'E_USAGE', message: '--to is missing', hint: 'landfall convert . --to kubernetes' })
  const { importProject } = await import('../../ops/import.ts')
  const { exportApp } = await import('../../ops/export.ts')
  const from = flags.from?.split(',').filter(Boolean)
  const read = await importProject({ path, isData: true, ...(from && { from }) })
  const out = resolve(flags.out ?? read.folder)
  const input = {
    folder: read.folder,
    manifest: read.manifest,
    environment: context.isEnvironmentGiven ? context.environment : 'production',
    target: flags.to,
    out,
    today: today(),
  }
  const found = await exportApp({ ...input, options: optionsOf(flags.option) })
  const { writeExport } = await import('../../ops/write-export.ts')
  const states = writeExport(found, out, flags.force === true)
  const { look } = context.out
  const both = { ...found, findings: [...read.findings, ...found.findings] }
  answer(context, { read: { ...read, text: undefined }, written: found }, () =>
    [
      ...read.sources.map((s) => `${look.paint.bold(`${s.title}: ${s.files.join(', ')}`)}\n${renderVerdicts(s.verdicts, look)}`),
      `read: ${renderTotals(read.totals)}`,
      look.paint.bold(found.title),
      renderExport(both, { states, versions: [], out, isCheck: false }, context),
    ].join('\n\n'),
  )
  const isLossy = flags.strict === true && read.totals.lost + found.totals.lost > 0
  return both.findings.some((f) => f.level === 'error') || isLossy ? 1 : 0
}
