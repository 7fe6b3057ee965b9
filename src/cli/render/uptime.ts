import type { CheckUptime, OpAnswers } from '../../ops/contract.ts'
import { cleanLine } from './clean.ts'
import { localTime, uptime } from './duration.ts'
import { renderHint } from './error.ts'
import type { Look } from './look.ts'
import { table } from './table.ts'

const COLUMNS = [
  { title: 'check' },
  { title: 'now' },
  { title: 'passed', isRight: true },
  { title: 'of', isRight: true },
  { title: 'median', isRight: true },
  { title: '95 %', isRight: true },
]

/** What scheduled checks found, and every time that they did not pass. */
export function renderHistory({ app, environment, since, everySeconds, checks }: OpAnswers['uptime'], look: Look): string {
  const { paint } = look
  const asked = everySeconds === undefined ? 'not asked by itself' : `asked every ${everySeconds} s`
  const title = `${paint.bold(`${app}/${environment}`)}  ${paint.dim(`since ${localTime(since)}, ${asked}`)}`
  if (checks.length === 0) {
    const hint = `environments: { ${environment}: { uptime: 60s } }, then landfall up`
    return [title, 'nothing is on record', ...(everySeconds === undefined ? [renderHint(hint, look)] : [])].join('\n')
  }
  const rows = checks.map((c) => [
    cleanLine(c.name),
    c.isPassing ? paint.green('passes') : paint.red('fails'),
    percent(c.passed, c.asked),
    String(c.asked),
    `${c.medianMs} ms`,
    `${c.slowMs} ms`,
  ])
  return [title, ...table(COLUMNS, rows, look, '  '), ...checks.flatMap((c) => outageLines(c, look))].join('\n')
}

function outageLines({ name, outages }: CheckUptime, { paint }: Look): string[] {
  return outages.map(({ from, to, failures, because }) => {
    const length = to ? uptime(Date.parse(to) - Date.parse(from)) : 'until now'
    const times = failures === 1 ? 'once' : `${failures} times`
    return `  ${paint.dim(localTime(from))} ${cleanLine(name)} failed ${times} (${length}): ${cleanLine(because)}`
  })
}

/** Never 100 % where something failed. */
export function percent(passed: number, asked: number): string {
  const part = Math.floor((passed / asked) * 10_000) / 100
  return `${part.toFixed(part === 100 ? 0 : 2)} %`
}
