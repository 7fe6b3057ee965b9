import { join, relative, resolve } from 'node:path'
import { LandfallError } from '../../lib/error.ts'
import type { Run } from '../command.ts'
import { answer } from '../context.ts'
import { renderExport } from '../render/export.ts'
import { optionsOf, today } from '../target-flags.ts'
import { whereOf } from '../where.ts'

/** Runs in this very process, and needs no daemon. Ends 0 also when much is lost, and says so; `--strict` makes that a failure. */
export const run: Run = async (context, [target], flags) => {
  if (target === undefined)
    throw new LandfallError({ code: 'E_USAGE', message: 'a target is missing', hint: 'landfall export compose' })
  const where = await whereOf(context)
  const out = resolve(flags.out ?? where.folder)
  const { exportApp } = await import('../../ops/export.ts')
  const { compareExport, writeExport } = await import('../../ops/write-export.ts')
  const found = await exportApp({
    ...where,
    environment: context.isEnvironmentGiven ? context.environment : 'production',
    target,
    options: optionsOf(flags.option),
    out,
    today: today(),
  })
  const isLossy = flags.strict === true && found.totals.lost > 0
  if (flags.check) {
    const { checkVersions } = await import('../../ops/check-versions.ts')
    const states = compareExport(found, out).filter((s) => s.state !== 'same')
    const versions = checkVersions(found, where.folder, out)
    const isDrift = states.length > 0 || versions.length > 0
    answer(context, { ...found, drift: states, versions }, () =>
      renderExport(found, { states, versions, out, isCheck: true }, context),
    )
    return isDrift || isLossy ? 1 : 0
  }
  const states = writeExport(found, out, flags.force === true)
  const written = states.filter((s) => s.state !== 'same').map((s) => relative(process.cwd(), join(out, s.path)))
  answer(context, { ...found, written }, () => renderExport(found, { states, versions: [], out, isCheck: false }, context))
  return found.findings.some((f) => f.level === 'error') || isLossy ? 1 : 0
}
