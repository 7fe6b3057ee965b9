import type { EnvRow } from '../../ops/contract.ts'
import { cleanLine } from './clean.ts'
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
  if (source === 'missing') return ''
  if (isSecret || value === undefined) return paint.dim(source === 'resource' ? '' : '(secret)')
  return cutTo(cleanLine(value), 40)
}

function sourceOf({ source, isRequired, version }: EnvRow, { paint }: Look): string {
  if (source === 'missing') return isRequired ? paint.red('missing') : paint.dim('not set')
  const text = version === undefined || version === 1 ? source : `${source}, v${version}`
  return source === 'set' || source === 'generated' ? paint.green(text) : paint.dim(text)
}
