import { join, relative } from 'node:path'
import type { Finding } from '../../model/finding.ts'
import type { ExportAnswer } from '../../ops/export.ts'
import type { WriteState } from '../../ops/write-export.ts'
import type { Context } from '../context.ts'
import { renderFindings } from './findings.ts'
import { renderSteps, renderTotals, renderVerdicts } from './report.ts'

const PROOF = {
  runs: 'what it writes was run on the platform in our tests',
  valid: "checked against the platform's schema, not run there by us",
  unproven: 'neither run there by us nor checked by the platform',
}
const STATES = { new: 'wrote', changed: 'wrote anew', foreign: 'wrote over', same: 'unchanged' }
const DRIFT = {
  new: 'is missing',
  changed: 'differs from what would be written',
  foreign: 'was not written by an export',
  same: 'agrees',
}

export function renderExport(
  found: ExportAnswer,
  { states, versions, out, isCheck }: { states: WriteState[]; versions: Finding[]; out: string; isCheck: boolean },
  context: Context,
): string {
  const { look } = context.out
  const { paint, signs } = look
  const shown = (path: string) => relative(process.cwd(), join(out, path)) || path
  const findings = [...found.findings, ...versions]
  const end = isCheck
    ? states.length === 0 && versions.length === 0
      ? `${paint.green(signs.ok)} what is there is what would be written`
      : `${paint.red(signs.failed)} ${states.length + versions.length} ${states.length + versions.length === 1 ? 'thing differs' : 'things differ'}`
    : `${paint.green(signs.ok)} ${found.app} for ${found.title}, ${found.environment}`
  return [
    renderVerdicts(found.verdicts, look),
    ...(findings.length > 0 ? [renderFindings(findings, context.folder, look)] : []),
    ...(found.steps.length > 0 && !isCheck ? [renderSteps(found.steps, look)] : []),
    ...(states.length > 0 ? [states.map((s) => `  ${shown(s.path)}: ${(isCheck ? DRIFT : STATES)[s.state]}`).join('\n')] : []),
    `${end}; ${renderTotals(found.totals)}\n${paint.dim(`${found.title}: ${PROOF[found.proof]}`)}`,
  ].join('\n\n')
}

export interface ToldExport {
  target: string
  totals: ExportAnswer['totals']
  /** Paths from the manifest's folder. */
  files: WriteState[]
  versions: Finding[]
  findings: Finding[]
}

/** All that a list of exports gave: a line for each, and the files that are not as they were. What each lost is for `landfall export <target>`. */
export function renderExports(all: ToldExport[], isCheck: boolean, { out: { look }, folder }: Context): string {
  const { paint, signs } = look
  const words = isCheck ? DRIFT : STATES
  const lines = all.flatMap(({ target, totals, files, versions }) => {
    const differing = files.filter((f) => f.state !== 'same')
    const isBad = isCheck && (differing.length > 0 || versions.length > 0)
    const head = `${isBad ? paint.red(signs.failed) : paint.green(signs.ok)} ${target.padEnd(15)} ${paint.dim(renderTotals(totals))}`
    return [head, ...differing.map((f) => `    ${f.path}: ${words[f.state]}`)]
  })
  const findings = all.flatMap((one) => [...one.versions, ...one.findings.filter((f) => f.level === 'error')])
  return [...lines, ...(findings.length > 0 ? ['', renderFindings(findings, folder, look)] : [])].join('\n')
}
