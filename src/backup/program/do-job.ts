import { createReadStream } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { recipientOf } from '../../lib/age/keys.ts'
import { decrypt, encrypt } from '../../lib/age/stream.ts'
import { codeOf, LandfallError } from '../../lib/error.ts'
import type { BackupManifest, SnapshotCode, SnapshotContext, SnapshotTarget } from '../../model/backup.ts'
import type { Finding } from '../../model/finding.ts'
import { resourceTypes } from '../../resources/all.gen.ts'
import type { Job, JobAnswers } from '../job.ts'
import { readManifestFile } from '../manifest-file.ts'
import { readPart } from '../parts.ts'
import { openPlace } from '../places/open-place.ts'
import type { Place } from '../places/place.ts'
import { finish } from './finish.ts'
import { restore } from './restore.ts'
import { take } from './take.ts'
import { verify } from './verify.ts'

export type Ears = Pick<SnapshotContext, 'signal' | 'say' | 'find'>
type Of<T extends Job['type']> = Extract<Job, { type: T }>

/** What every part of the work is given. */
export interface Bench {
  place: Place
  folder: string
  identities: string[]
  /** A context with a scratch folder of its own. */
  context(name: string): Promise<SnapshotContext>
  code(target: SnapshotTarget): Promise<SnapshotCode>
}

export async function doJob(job: Job, given: Ears): Promise<JobAnswers[Job['type']]> {
  const found: Finding[] = []
  const ears: Ears = {
    ...given,
    find(finding) {
      found.push(finding)
      given.find(finding)
    },
  }
  const bench: Bench = {
    place: openPlace(job.at, ears.signal),
    folder: job.folder,
    identities: job.identities,
    async context(name) {
      const scratch = join(job.scratch, name)
      await rm(scratch, { recursive: true, force: true })
      // Servers of another uid work in there.
      await mkdir(scratch, { recursive: true, mode: 0o711 })
      return { ...ears, home: job.home, scratch }
    },
    code: codeOfTarget,
  }
  switch (job.type) {
    case 'take': {
      const parts = await take(bench, job.targets, job.recipients)
      if (!job.finish) return { parts }
      const all = { ...job.finish, parts: [...job.finish.parts, ...parts], findings: [...job.finish.findings, ...found] }
      return { parts, manifest: await finish(bench, all, job.recipients) }
    }
    case 'verify':
      return { differences: await verify(bench, job.targets) }
    case 'restore':
      return { differences: await restore(bench, job.place, job.aims) }
    case 'restore-file':
      return restoreFile(bench, job)
    case 'swap':
      for (const target of job.targets) {
        const code = await bench.code(target)
        await code[job.isBack ? 'swapBack' : 'swap'](target, job.place, await bench.context(target.resource.name))
      }
      return {}
    case 'drop':
      for (const target of job.targets) {
        await (await bench.code(target)).drop(target, job.place, job.which, await bench.context(target.resource.name))
      }
      return {}
    case 'inspect': {
      const holdings: JobAnswers['inspect']['holdings'] = {}
      for (const target of job.targets) {
        const { name } = target.resource
        holdings[name] = await (await bench.code(target)).inspect(target, undefined, await bench.context(name))
      }
      return { holdings }
    }
    case 'read':
      return readAll(bench)
    case 'list':
      return { files: await bench.place.list(job.prefix) }
    case 'remove':
      await bench.place.remove(job.folder)
      return {}
  }
}

async function codeOfTarget({ resource }: SnapshotTarget): Promise<SnapshotCode> {
  const code = await resourceTypes[resource.type]?.snapshot?.load()
  if (code) return code
  throw new LandfallError({ code: 'E_INTERNAL', message: `nobody here knows how to back up a ${resource.type}` })
}

async function restoreFile(bench: Bench, { place, target, file }: Of<'restore-file'>): Promise<JobAnswers['restore-file']> {
  const code = await bench.code(target)
  const context = await bench.context(target.resource.name)
  if (!code.foreign) {
    throw new LandfallError({
      code: 'E_TARGET',
      message: `a ${target.resource.type} takes no files of others`,
      at: target.resource.name,
    })
  }
  const read = () => createReadStream(file, { highWaterMark: 1024 * 1024 })
  await code.foreign.check(read(), file, context)
  await code.restore(target, place, await code.foreign.plain(read(), file, context), context)
  return { holding: await code.inspect(target, place, context) }
}

export const IDENTITY = 'identity.age'

/** The key that signs, sealed to the recovery key: whoever has that one alone can tell too whether something was altered. */
export async function* sealedIdentity(identity: string, to: string[]): AsyncGenerator<Uint8Array> {
  async function* text() {
    yield Buffer.from(identity)
  }
  yield* encrypt(text(), to)
}

async function readAll(bench: Bench): Promise<JobAnswers['read']> {
  const { place, folder } = bench
  const identities = [...bench.identities, ...(await sealedOnes(bench))]
  const manifest: BackupManifest = await readManifestFile(place, folder, identities)
  const part = manifest.parts.find((p) => p.kind === 'app')
  if (!part)
    throw new LandfallError({ code: 'E_BACKUP_INVALID', at: `${place.title}/${folder}`, message: 'the manifest names no app' })
  const chunks: Uint8Array[] = []
  for await (const chunk of readPart(place, `${folder}/${part.file}`, part, identities)) chunks.push(chunk)
  return { manifest, app: JSON.parse(Buffer.concat(chunks).toString('utf8')) as unknown, identities }
}

async function sealedOnes({ place, folder, identities }: Bench): Promise<string[]> {
  const chunks: Uint8Array[] = []
  try {
    for await (const chunk of decrypt(place.read(`${folder}/${IDENTITY}`), identities)) chunks.push(chunk)
    const identity = Buffer.concat(chunks).toString('utf8')
    recipientOf(identity)
    return [identity]
  } catch (error) {
    // Not sealed to any of ours, or not there: then one of ours must be the one itself.
    if (codeOf(error)?.startsWith('E_')) return []
    throw error
  }
}
