import type { Look } from './look.ts'
import { padEnd, padStart, widthOf } from './width.ts'

export interface Column {
  title: string
  /** Numbers stand at the right. */
  isRight?: boolean
}

/** Lined-up rows under dim titles; a column without content is left out. Cells may be painted. */
export function table(columns: Column[], rows: string[][], look: Look, indent = ''): string[] {
  const used = columns.map((column, i) => ({ column, i })).filter(({ i }) => rows.some((row) => row[i]))
  const widths = used.map(({ column, i }) => Math.max(widthOf(column.title), ...rows.map((row) => widthOf(row[i] ?? ''))))
  const line = (cells: string[]) =>
    (indent + cells.map((cell, k) => (used[k]?.column.isRight ? padStart : padEnd)(cell, widths[k] ?? 0)).join('  ')).trimEnd()
  return [
    ...(used.some(({ column }) => column.title) ? [line(used.map(({ column }) => look.paint.dim(column.title)))] : []),
    ...rows.map((row) => line(used.map(({ i }) => row[i] ?? ''))),
  ]
}
