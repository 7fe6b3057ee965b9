import type { EnvRow, OpAnswers } from '../../ops/contract.ts'
import { cleanLine } from './clean.ts'
import { renderHint } from './error.ts'
import type { Look } from './look.ts'
import { type Column, table } from './table.ts'
import { cutTo } from './width.ts'

const columnsOf = ({ paint }: Look): Column[] => [
  ...['name', 'value', 'source', 'for'].map((title) => ({ title })),
  { title: 'about', paint: paint.dim },
]

export function renderEnv(rows: EnvRow[], look: Look): string {
  if (rows.length === 0) return 'the app names no variables'
  const { paint } = look
  const missing = rows.filter((r) => r.source === 'missing' && r.isRequired).map((r) => r.name)
  const cells = rows.map((row) => [
    row.name,
    shownValue(row, look),
    sourceOf(row, look),
    paint.dim(row.components.length === 0 ? '' : row.components.join(', ')),
    cleanLine(row.about ?? ''),
  ])
  const lines = table(columnsOf(look), cells, look)
  if (missing.length > 0) lines.push('', `${paint.cyan('next:')} landfall env set ${missing[0]}`)
  return lines.join('\n')
}

function shownValue({ isSecret, value, source }: EnvRow, { paint }: Look): string {
  if (source === 'missing' || source === 'kept-out') return ''
  if (isSecret || value === undefined) return paint.dim(source === 'resource' ? '' : '(secret)')
  return cutTo(cleanLine(value), 40)
}

function sourceOf({ source, isRequired, version }: EnvRow, { paint }: Look): string {
  if (source === 'kept-out') return paint.dim('not for here')
  if (source === 'missing') return isRequired ? paint.red('missing') : paint.dim('not set')
  const text = version === undefined || version === 1 ? source : `${source}, v${version}`
  return source === 'default' || source === 'resource' ? paint.dim(text) : paint.green(text)
}

/** What a change of stored values means: they are stored, and something must be done for them to count. */
export function renderStored({ set, next, rebuild }: OpAnswers['env-set'], environment: string, look: Look): string {
  const { paint, signs } = look
  return [`${paint.green(signs.ok)} ${set.join(', ')} stored for ${environment}`, ...renderNext({ next, rebuild }, look)].join(
    '\n',
  )
}

export function renderNext({ next, rebuild }: Pick<OpAnswers['env-set'], 'next' | 'rebuild'>, look: Look): string[] {
  const built =
    rebuild.length > 0
      ? [`  built into ${rebuild.join(', ')}: the next release will rebuild ${rebuild.length === 1 ? 'it' : 'them'}`]
      : []
  return [...built, ...next.map((line) => renderHint(line, look))]
}
