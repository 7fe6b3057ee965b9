import type { ContractLine } from '../../lib/env/sample.ts'
import type { EnvGroup } from '../../model/app.ts'
import { cleanLine } from './clean.ts'
import type { Look } from './look.ts'
import { table } from './table.ts'

const TITLES = ['name', 'needed', 'from', 'rules', 'for', 'about'] as const
const cellsOf = (l: ContractLine) => [l.name, l.needed, l.from, l.rules, l.components, l.about]

export function renderContract(lines: ContractLine[], groups: EnvGroup[], look: Look): string {
  if (lines.length === 0) return 'the app names no variables'
  const columns = TITLES.map((title) => (title === 'about' ? { title, paint: look.paint.dim } : { title }))
  const rows = lines.map((line) => cellsOf(line).map((cell) => cleanLine(cell)))
  const rules = groups.map((g) => `${g.name}: ${RULES[g.rule]} ${g.names.join(', ')}${g.about ? ` (${cleanLine(g.about)})` : ''}`)
  return [...table(columns, rows, look), ...(rules.length > 0 ? ['', ...rules] : [])].join('\n')
}

/** For a README or a guide. */
export function markdownContract(lines: ContractLine[], groups: EnvGroup[]): string {
  const row = (cells: readonly string[]) => `| ${cells.map((c) => escaped(c)).join(' | ')} |`
  const rules = groups.map(
    (g) =>
      `- \`${g.name}\`: ${RULES[g.rule]} ${g.names.map((n) => `\`${n}\``).join(', ')}${g.about ? ` (${escaped(g.about)})` : ''}`,
  )
  const table = lines.map((line) => row([`\`${line.name}\``, ...cellsOf(line).slice(1)]))
  return [row(TITLES), row(TITLES.map(() => '---')), ...table, ...(rules.length > 0 ? ['', ...rules] : [])].join('\n')
}

const RULES = { allOrNone: 'all or none of', oneOf: 'exactly one of', anyOf: 'at least one of' } as const

function escaped(text: string): string {
  return cleanLine(text).replace(/[|<>\\]/g, (c) => `\\${c}`)
}
