import { relative } from 'node:path'
import type { Run } from '../command.ts'
import { answer } from '../context.ts'
import { renderHint } from '../render/error.ts'
import { renderFindings } from '../render/findings.ts'
import { renderManifest } from '../render/manifest.ts'
import { renderSteps, renderTotals, renderVerdicts } from '../render/report.ts'
import { optionsOf } from '../target-flags.ts'

/** Runs in this very process, and needs no daemon. */
export const run: Run = async (context, [path = '.'], flags) => {
  const { importProject, writeImported } = await import('../../ops/import.ts')
  const from = flags.from?.split(',').filter(Boolean)
  const found = await importProject({ path, ...(from && { from }), options: optionsOf(flags.option) })
  const { look } = context.out
  const file = flags.dry ? undefined : writeImported(found, flags.force === true)
  const errors = found.findings.filter((f) => f.level === 'error')
  const isLossy = flags.strict === true && found.totals.lost > 0
  answer(context, { ...found, ...(file && { file }) }, () =>
    [
      ...(file ? [] : [renderManifest({ text: found.text, guesses: [] }, look)]),
      ...found.sources.map((s) => `${look.paint.bold(`${s.title}: ${s.files.join(', ')}`)}\n${renderVerdicts(s.verdicts, look)}`),
      ...(found.findings.length > 0 ? [renderFindings(found.findings, found.folder, look)] : []),
      ...(found.steps.length > 0 ? [renderSteps(found.steps, look)] : []),
      `${look.paint.green(look.signs.ok)} ${file ? `wrote ${relative(process.cwd(), file) || file}` : 'nothing was written'}; ${renderTotals(found.totals)}${file ? `\n${renderHint('landfall check', look)}` : ''}`,
    ].join('\n\n'),
  )
  return errors.length > 0 || isLossy ? 1 : 0
}
