import { LandfallError } from '../../lib/error.ts'
import type { BackupPart, SnapshotTarget } from '../../model/backup.ts'
import { writePart } from '../parts.ts'
import type { Bench } from './do-job.ts'

/** One part for each, one after the other. What fails leaves nothing of its own. */
export async function take(
  bench: Bench,
  targets: { target: SnapshotTarget; file: string }[],
  recipients: string[],
): Promise<BackupPart[]> {
  const parts: BackupPart[] = []
  for (const { target, file } of targets) {
    const { name, type } = target.resource
    const context = await bench.context(name)
    const code = await bench.code(target)
    const { stream, holding } = code.dump(target, context)
    const written = await writePart(bench.place, `${bench.folder}/${file}`, stream, recipients)
    if (context.signal.aborted) throw new LandfallError({ code: 'E_CANCELLED', message: 'cancelled by hand' })
    parts.push({ file, ...written, kind: 'resource', resource: name, type, holds: holding() })
    context.say(`${name}: ${sizeText(written.bytes)}`)
  }
  return parts
}

export function sizeText(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`
  const power = Math.min(Math.floor(Math.log2(bytes) / 10), 4)
  return `${(bytes / 1024 ** power).toFixed(1)} ${['B', 'KiB', 'MiB', 'GiB', 'TiB'][power]}`
}
