import type { RunRow } from '../../ops/contract.ts'
import { cleanLine } from './clean.ts'
import { duration, localTime } from './duration.ts'
import type { Look } from './look.ts'
import { type Column, table } from './table.ts'

const COLUMNS: Column[] = [
  ...['run', 'app', 'what', 'release', 'state', 'started'].map((title) => ({ title })),
  { title: 'took', isRight: true },
  { title: '', paint: (text) => text },
]

export function renderRuns(runs: RunRow[], look: Look): string {
  if (runs.length === 0) return 'no run yet'
  const rows = runs.map((r) => [
    r.run,
    `${r.app}/${r.environment}`,
    r.of ? `${r.intent} ${r.of}` : r.intent,
    r.release ?? '',
    stateOf(r, look),
    localTime(r.startedAt),
    r.endedAt ? duration(Date.parse(r.endedAt) - Date.parse(r.startedAt)) : '',
    r.state === 'done' ? '' : cleanLine(r.message ?? r.step ?? ''),
  ])
  return table(COLUMNS, rows, look).join('\n')
}

function stateOf({ state }: RunRow, { paint }: Look): string {
  if (state === undefined) return paint.cyan('goes on')
  if (state === 'done') return paint.green(state)
  return state === 'failed' || state === 'undone' ? paint.red(state) : paint.yellow(state)
}
