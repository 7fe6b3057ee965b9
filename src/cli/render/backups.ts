import type { OpAnswers } from '../../ops/contract.ts'
import { renderFindings } from './findings.ts'
import type { Look } from './look.ts'
import { type Column, table } from './table.ts'

/** Newest first: what is there, whether it was proven, and why it stays. */
export function renderBackups({ backups, restores, remarks }: OpAnswers['backup-list'], folder: string, look: Look): string {
  const { paint } = look
  const columns: Column[] = [
    ...['backup', 'state', 'why'].map((title) => ({ title })),
    { title: 'size', isRight: true },
    { title: 'holds' },
    { title: '', paint: (text) => text },
  ]
  const rows = backups.map((b) => [
    b.id,
    b.state === 'verified' ? paint.green(b.state) : b.state === 'failed' ? paint.red(b.state) : paint.yellow(b.state),
    b.before ? `before ${b.before}` : b.why,
    sizeText(b.bytes),
    b.holds.join(', '),
    [b.hold === undefined ? '' : `held: ${b.hold}`, b.trouble ?? ''].filter(Boolean).join('; '),
  ])
  const parts = [rows.length === 0 ? 'there is no backup yet: landfall backup create' : table(columns, rows, look).join('\n')]
  const open = restores.filter((r) => r.state === 'swapped')
  for (const r of open)
    parts.push(`${r.id} (${r.resources.join(', ')} from ${r.backup || 'a file'}) waits: landfall backup confirm ${r.id}`)
  if (remarks.length > 0) parts.push(renderFindings(remarks, folder, look))
  return parts.join('\n')
}

export function sizeText(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`
  const power = Math.min(Math.floor(Math.log2(bytes) / 10), 4)
  return `${(bytes / 1024 ** power).toFixed(1)} ${['B', 'KiB', 'MiB', 'GiB', 'TiB'][power]}`
}
