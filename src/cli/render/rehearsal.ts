import type { RehearsalReport } from '../../ops/rehearse/report.ts'
import { cleanLine, cleanText } from './clean.ts'
import { duration } from './duration.ts'
import type { Look } from './look.ts'
import { table } from './table.ts'

const SLOWEST = 8
const TABLES = 12

/** What a release would do to the data, in the order in which people want to know it. */
export function renderRehearsal(report: RehearsalReport, look: Look): string {
  const { paint, signs } = look
  const isPassed = report.state === 'passed'
  const head = isPassed ? `${paint.green(signs.ok)} ${report.message}` : `${paint.red(signs.failed)} ${cleanText(report.message)}`
  const proven = report.backup.isVerified ? 'verified' : 'never proven by a restore'
  const parts = [
    `\n${head}\n  ${report.app}/${report.environment}, copied from ${report.backup.id} of ${report.backup.at} (${proven})`,
    section('Durations', durations(report, look), look),
    section('Locks that others would have waited for', locks(report, look), look),
    section('Data that changed', changes(report, look), look),
    section(
      'Checks',
      report.checks.map((line) => `  ${cleanLine(line)}`),
      look,
    ),
    section(
      'Could not be looked at',
      report.unseen.map((line) => `  ${paint.yellow(cleanLine(line))}`),
      look,
    ),
    section(
      'Left out',
      report.leftOut.map((line) => `  ${line}`),
      look,
    ),
  ]
  if (report.remains.length > 0)
    parts.push(
      section(
        'Not removed',
        report.remains.map((r) => `  ${paint.red(r)}`),
        look,
      ),
    )
  else parts.push(paint.dim('\nThe copy and all that it ran are removed; what serves was not touched.'))
  return parts.filter(Boolean).join('\n')
}

function section(title: string, lines: string[], { paint }: Look): string {
  return lines.length === 0 ? '' : `\n${paint.bold(title)}\n${lines.join('\n')}`
}

function durations({ steps, releaseMs }: RehearsalReport, look: Look): string[] {
  const slowest = [...steps].sort((a, b) => b.ms - a.ms).slice(0, SLOWEST)
  const shown = steps.filter((s) => slowest.includes(s) || s.state === 'failed')
  return [
    ...table(
      [{ title: 'step' }, { title: 'took', isRight: true }],
      shown.map((s) => [s.state === 'failed' ? look.paint.red(s.text) : s.text, duration(s.ms)]),
      look,
      '  ',
    ),
    ...(releaseMs > 0 ? [`  release steps in all: ${duration(releaseMs)}`] : []),
  ]
}

function locks({ locks, unseen }: RehearsalReport, look: Look): string[] {
  if (locks.length === 0) return unseen.length > 0 ? [] : [look.paint.dim('  none seen')]
  return table(
    [{ title: 'table' }, { title: 'lock' }, { title: 'held', isRight: true }, { title: 'keeps out' }],
    locks.map((l) => [`${l.resource} ${l.table}`, l.mode, duration(l.ms), l.keepsOut]),
    look,
    '  ',
  )
}

function changes({ data, unseen }: RehearsalReport, look: Look): string[] {
  if (data.length === 0) return unseen.length > 0 ? [] : [look.paint.dim('  none')]
  const lines = table(
    [{ title: 'what' }, { title: 'before', isRight: true }, { title: 'after', isRight: true }],
    data.slice(0, TABLES).map((d) => [`${d.resource} ${d.item}`, String(d.before), String(d.after)]),
    look,
    '  ',
  )
  return data.length > TABLES ? [...lines, `  and ${data.length - TABLES} more`] : lines
}
