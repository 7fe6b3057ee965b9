import { createHash } from 'node:crypto'
import { recipientOf } from '../../lib/age/keys.ts'
import { LandfallError } from '../../lib/error.ts'
import { failpoint } from '../../lib/failpoint.ts'
import type { BackupManifest, Holding } from '../../model/backup.ts'
import type { Finish } from '../job.ts'
import { MANIFEST, manifestText, readManifestFile } from '../manifest-file.ts'
import { ENDING, writePart } from '../parts.ts'
import { type Bench, IDENTITY, sealedIdentity } from './do-job.ts'

/** The app part, then every file is read back, then the manifest: until then it is no backup. */
export async function finish(bench: Bench, job: Finish, recipients: string[]): Promise<BackupManifest> {
  const { place, folder } = bench
  const [identity = ''] = bench.identities
  const text = Buffer.from(JSON.stringify(job.app))
  const file = `app.json${ENDING}`
  const written = await writePart(place, `${folder}/${file}`, once(text), recipients)
  const sha256 = createHash('sha256').update(text).digest('hex')
  const holds: Holding = { items: { app: { count: 1, bytes: text.length, sha256 } }, values: {}, tools: {} }
  const manifest: BackupManifest = {
    ...job.manifest,
    parts: [...job.parts, { file, ...written, kind: 'app', holds }],
    findings: job.findings,
  }
  const others = recipients.filter((r) => r !== recipientOf(identity))
  if (others.length > 0) await place.write(`${folder}/${IDENTITY}`, sealedIdentity(identity, others))
  for (const part of manifest.parts) {
    const hash = createHash('sha256')
    let bytes = 0
    for await (const chunk of place.read(`${folder}/${part.file}`)) {
      hash.update(chunk)
      bytes += chunk.length
    }
    if (bytes === part.bytes && hash.digest('hex') === part.sha256) continue
    throw new LandfallError({
      code: 'E_BACKUP',
      at: `${place.title}/${folder}/${part.file}`,
      message: `what lies there is not what was written: ${bytes} bytes in place of ${part.bytes}`,
      hint: 'the place or the way to it damages data: look there, then landfall backup create',
    })
  }
  failpoint('backup:manifest:before')
  await place.write(`${folder}/${MANIFEST}`, once(Buffer.from(manifestText(manifest, identity))))
  failpoint('backup:manifest:after')
  await readManifestFile(place, folder, bench.identities)
  return manifest
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}
