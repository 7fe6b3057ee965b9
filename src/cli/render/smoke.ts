import type { OpAnswers } from '../../ops/contract.ts'
import { cleanText } from './clean.ts'
import { duration, localTime } from './duration.ts'
import { renderHint } from './error.ts'
import type { Look } from './look.ts'
import { table } from './table.ts'

type CheckResult = OpAnswers['smoke']['results'][number]

const COLUMNS = [{ title: '' }, { title: '' }, { title: '' }, { title: '', isRight: true }, { title: '', isRight: true }]

export function renderSmoke({ release, results }: OpAnswers['smoke'], look: Look): string {
  const { paint } = look
  if (results.length === 0) return 'the manifest has no checks'
  const rows = results.map((r) => [
    signOf(r, look),
    r.name,
    paint.dim(r.request),
    r.status === undefined ? '' : String(r.status),
    r.state === 'passed' || r.state === 'failed' ? paint.dim(r.ms < 1000 ? `${Math.round(r.ms)} ms` : duration(r.ms)) : '',
  ])
  const lines = table(COLUMNS, rows, look).flatMap((line, i) => [line, ...below(results[i]!, look)])
  const on = release ? ` on ${release}` : ''
  const count = (state: CheckResult['state']) => results.filter((r) => r.state === state).length
  const failed = count('failed')
  const parts = [
    ...(failed > 0 ? [`${failed} of ${results.length} failed${on}`] : [`${count('passed')} passed${on}`]),
    ...(count('not-run') > 0 ? [`${count('not-run')} not run`] : []),
    ...(count('unsigned') > 0 ? [`${count('unsigned')} for a person to look at`] : []),
  ]
  const colour = failed > 0 ? paint.red : parts.length > 1 ? paint.yellow : paint.green
  const [unsigned] = results.filter((r) => r.state === 'unsigned')
  const next = unsigned ? [renderHint(`landfall smoke --sign '${unsigned.name}' once it looks right`, look)] : []
  return [...lines, colour(parts.join(', ')), ...next].join('\n')
}

function signOf(r: CheckResult, { paint, signs }: Look): string {
  if (r.state === 'passed') return paint.green(signs.ok)
  return r.state === 'failed' ? paint.red(signs.failed) : paint.yellow('?')
}

function below({ because, signed, state }: CheckResult, { paint, signs }: Look): string[] {
  const text = signed ? `signed by ${signed.by} for ${signed.release}, ${localTime(new Date(signed.at).toISOString())}` : because
  if (!text) return []
  const said = state === 'not-run' ? `not run: ${text}` : text
  return cleanText(said)
    .split('\n')
    .map((line) => `   ${paint.dim(signs.bar)} ${line}`)
}
