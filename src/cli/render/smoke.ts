import type { OpAnswers } from '../../ops/contract.ts'
import { cleanText } from './clean.ts'
import { duration } from './duration.ts'
import type { Look } from './look.ts'
import { table } from './table.ts'

const COLUMNS = [{ title: '' }, { title: '' }, { title: '' }, { title: '', isRight: true }, { title: '', isRight: true }]

export function renderSmoke({ release, results }: OpAnswers['smoke'], look: Look): string {
  const { paint, signs } = look
  if (results.length === 0) return 'the manifest has no checks'
  const rows = results.map((r) => [
    r.isPassed ? paint.green(signs.ok) : paint.red(signs.failed),
    r.name,
    paint.dim(r.request),
    r.status === undefined ? '' : String(r.status),
    paint.dim(r.ms < 1000 ? `${Math.round(r.ms)} ms` : duration(r.ms)),
  ])
  const lines = table(COLUMNS, rows, look).flatMap((line, i) => {
    const because = results[i]?.because
    return because
      ? [
          line,
          ...cleanText(because)
            .split('\n')
            .map((l) => `   ${paint.dim(signs.bar)} ${l}`),
        ]
      : [line]
  })
  const failed = results.filter((r) => !r.isPassed).length
  const on = release ? ` on ${release}` : ''
  const last =
    failed === 0 ? paint.green(`${results.length} passed${on}`) : paint.red(`${failed} of ${results.length} failed${on}`)
  return [...lines, last].join('\n')
}
