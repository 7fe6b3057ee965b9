import { join, relative, resolve } from 'node:path'
import { LandfallError } from '../../lib/error.ts'
import type { Flags, Run } from '../command.ts'
import { answer, type Context } from '../context.ts'
import { renderExport, renderExports } from '../render/export.ts'
import { optionsOf, today } from '../target-flags.ts'
import { type Where, whereOf } from '../where.ts'

/** Runs in this very process, and needs no daemon. Ends 0 also when much is lost, and says so; `--strict` makes that a failure. */
export const run: Run = async (context, [target], flags) => {
  const where = await whereOf(context)
  const { EXPORTS_FILE, hasExportsFile } = await import('../../ops/exports-file.ts')
  if (target === undefined && hasExportsFile(where.folder)) return exportListed(context, where, flags)
  if (target === undefined) {
    const hint = `landfall export compose, or a list of exports in ${EXPORTS_FILE}`
    throw new LandfallError({ code: 'E_USAGE', message: 'a target is missing', hint })
  }
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

/** What landfall.exports.yaml lists, each with its own options and places. */
async function exportListed(context: Context, where: Where, flags: Flags): Promise<number> {
  for (const name of ['out', 'option'] as const) {
    if (flags[name] === undefined && !(name === 'option' && context.isEnvironmentGiven)) continue
    const message = `the list of exports says where each goes and how; --${flags[name] === undefined ? 'env' : name} is for one target`
    throw new LandfallError({ code: 'E_USAGE', message, hint: 'landfall export <target>' })
  }
  const { exportAll } = await import('../../ops/export-all.ts')
  const { compareExport, writeExport } = await import('../../ops/write-export.ts')
  const { checkVersions } = await import('../../ops/check-versions.ts')
  const { folder, config } = where
  const all = await exportAll({ folder, config, today: today() })
  const compared = all.map((one) => ({ ...one, states: compareExport(one.answer, one.out) }))
  if (!flags.check) {
    // Those that are refused come first: then nothing is written at all.
    const isRefused = ({ states }: (typeof compared)[number]) => states.some((s) => s.state === 'foreign')
    for (const { answer: found, out } of compared.toSorted((a, b) => Number(isRefused(b)) - Number(isRefused(a))))
      writeExport(found, out, flags.force === true)
  }
  const told = compared.map(({ line, out, answer: found, states }) => ({
    target: line.target,
    out: line.out,
    totals: found.totals,
    files: states.map(({ path, state }) => ({ path: relative(folder, join(out, path)), state })),
    versions: flags.check ? checkVersions(found, folder, out) : [],
    findings: found.findings,
  }))
  const isDrift = told.some((t) => t.versions.length > 0 || t.files.some((f) => f.state !== 'same'))
  const isBad = told.some((t) => t.findings.some((f) => f.level === 'error') || (flags.strict === true && t.totals.lost > 0))
  answer(context, { exports: told }, () => renderExports(told, flags.check === true, context))
  return isBad || (flags.check === true && isDrift) ? 1 : 0
}
