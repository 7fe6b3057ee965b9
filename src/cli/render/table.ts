import type { Look } from './look.ts'
import { padEnd, padStart, widthOf, wrap } from './width.ts'

export interface Column {
  title: string
  /** Numbers stand at the right. */
  isRight?: boolean
  /** For a last column of prose, which is broken over lines before it is painted; other cells come painted. */
  paint?: (text: string) => string
}

/** With less room beside the other cells, prose stands below them. */
const LEAST_PROSE = 30

/** Lined-up rows under dim titles; a column without content is left out. */
export function table(columns: Column[], rows: string[][], look: Look, indent = ''): string[] {
  const used = columns.map((column, i) => ({ column, i })).filter(({ i }) => rows.some((row) => row[i]))
  const widths = used.map(({ column, i }) => Math.max(widthOf(column.title), ...rows.map((row) => widthOf(row[i] ?? ''))))
  const pad = (cell: string, k: number) => (used[k]?.column.isRight ? padStart : padEnd)(cell, widths[k] ?? 0)
  const line = (cells: string[]) => (indent + cells.map(pad).join('  ')).trimEnd()
  const titles = line(used.map(({ column }) => look.paint.dim(column.title)))
  const body = rows.flatMap((row) => {
    const cells = used.map(({ i }) => row[i] ?? '')
    const paint = used.at(-1)?.column.paint
    if (!paint) return [line(cells)]
    const prose = cells.pop() ?? ''
    const start = indent + cells.map((cell, k) => `${pad(cell, k)}  `).join('')
    const beside = look.columns === undefined ? undefined : look.columns - widthOf(start)
    if (beside !== undefined && prose && beside < LEAST_PROSE) {
      const below = `${indent}  `
      return [start.trimEnd(), ...wrap(prose, look.columns! - below.length).map((text) => below + paint(text))]
    }
    return wrap(prose, beside).map((text, n) => `${n === 0 ? start : ' '.repeat(widthOf(start))}${text && paint(text)}`.trimEnd())
  })
  return [...(used.some(({ column }) => column.title) ? [titles] : []), ...body]
}
