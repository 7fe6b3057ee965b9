import { LandfallError } from '../../lib/error.ts'
import type { SnapshotTarget } from '../../model/backup.ts'
import { differences } from '../compare.ts'
import { readManifestFile } from '../manifest-file.ts'
import { readPart } from '../parts.ts'
import type { Bench } from './do-job.ts'

/** Every part is opened and restored into an instance of its own, and what that gives is compared with what the backup held. */
export async function verify(bench: Bench, targets: SnapshotTarget[]): Promise<string[]> {
  const { place, folder, identities } = bench
  const manifest = await readManifestFile(place, folder, identities)
  await noMore(bench, new Set(manifest.parts.map((p) => p.file)))
  const said: string[] = []
  for (const part of manifest.parts) {
    const path = `${folder}/${part.file}`
    if (part.kind === 'app') {
      for await (const _ of readPart(place, path, part, identities));
      continue
    }
    const resource = { name: part.resource ?? '', type: part.type ?? '', options: {} }
    const like = targets.find((t) => t.resource.name === resource.name && t.resource.type === resource.type)
    const code = await bench.code(like ?? { resource, values: {} })
    const context = await bench.context(resource.name)
    const scratch = await code.scratch(part.holds, like, context)
    try {
      await code.restore(scratch.target, 'landfall_verify', readPart(place, path, part, identities), context)
      const found = await code.inspect(scratch.target, 'landfall_verify', context)
      const different = differences(part.holds, found)
      said.push(...different.map((d) => `${resource.name}: ${d}`))
      context.say(`${resource.name}: ${different.length === 0 ? 'equal' : `${different.length} differences`}`)
    } finally {
      await scratch.close()
    }
  }
  return said
}

/** What lies beside the parts and no manifest names was put there by somebody else. */
async function noMore({ place, folder }: Bench, files: Set<string>): Promise<void> {
  const KNOWN = new Set(['manifest.json', 'identity.age'])
  const extra = (await place.list(`${folder}/`))
    .map((f) => f.path.slice(folder.length + 1))
    .find((f) => !files.has(f) && !KNOWN.has(f))
  if (extra === undefined) return
  throw new LandfallError({
    code: 'E_BACKUP_INVALID',
    at: `${place.title}/${folder}/${extra}`,
    message: 'no manifest names this file',
  })
}
