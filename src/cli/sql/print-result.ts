import { cleanLine } from '../render/clean.ts'
import { padEnd, padStart, widthOf } from '../render/width.ts'

/** What a statement gave, as `pg` has it with rows as arrays of text. */
export interface SqlResult {
  command: string
  rowCount: number | null
  fields: { name: string; dataTypeID: number }[]
  rows: (string | null)[][]
}

/** Integers and other numbers stand at the right: int8, int2, int4, oid, float4, float8, numeric. */
const NUMBERS = new Set([20, 21, 23, 26, 700, 701, 1700])

/** A table with borders and a count below it, as psql prints one; for what has no rows, what was done. */
export function printResult({ command, rowCount, fields, rows }: SqlResult): string {
  if (fields.length === 0) return `${[command, rowCount ?? ''].join(' ').trim()}\n`
  const names = fields.map(({ name }) => cleanLine(name))
  const cells = rows.map((row) => row.map((cell) => (cell === null ? '' : cleanLine(cell))))
  const widths = names.map((name, i) => Math.max(widthOf(name), ...cells.map((row) => widthOf(row[i] ?? ''))))
  const line = (row: string[], pad: (text: string, i: number) => string) => `| ${row.map(pad).join(' | ')} |`
  const rule = `+${widths.map((width) => '-'.repeat(width + 2)).join('+')}+`
  const body = cells.map((row) =>
    line(row, (text, i) => (NUMBERS.has(fields[i]!.dataTypeID) ? padStart : padEnd)(text, widths[i]!)),
  )
  const head = line(names, (text, i) => padEnd(text, widths[i]!))
  const count = `(${rows.length} ${rows.length === 1 ? 'row' : 'rows'})`
  return `${[rule, head, rule, ...body, ...(body.length > 0 ? [rule] : []), count].join('\n')}\n`
}
