import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { generateIdentity, recipientOf } from '../../lib/age/keys.ts'
import type { BackupManifest } from '../../model/backup.ts'
import type { Finish, Job, JobAnswers } from '../job.ts'
import { doJob, type Ears } from './do-job.ts'

const ID = '20261121T032700Z-kqmw'
const FOLDER = `shop/local/${ID}`

function aHome() {
  const home = mkdtempSync(join(tmpdir(), 'backup-job-'))
  onTestFinished(() => rmSync(home, { recursive: true, force: true }))
  const files = join(home, 'files')
  mkdirSync(files)
  writeFileSync(join(files, 'photo.jpg'), 'pixels')
  const ears: Ears = { signal: AbortSignal.timeout(20_000), say: () => {}, find: () => {} }
  const identity = generateIdentity()
  const head = {
    home,
    scratch: join(home, 'scratch'),
    at: { place: { type: 'folder' as const, path: join(home, 'b') } },
    folder: FOLDER,
  }
  const target = { resource: { name: 'files', type: 'volume', options: {} }, values: { folder: files } }
  const manifest: Finish['manifest'] = {
    format: 1,
    app: 'shop',
    environment: 'local',
    id: ID,
    at: '2026-11-21T03:27:00.000Z',
    why: 'hand',
    tools: {},
    recipients: [recipientOf(identity)],
  }
  const take = (recipients = [recipientOf(identity)]): Job => ({
    ...head,
    identities: [identity],
    type: 'take',
    recipients,
    targets: [{ target, file: 'files.tar.zst.age' }],
    finish: { app: { app: 'shop', environment: 'local', values: [] }, manifest, parts: [], findings: [] },
  })
  return { home, ears, identity, head, target, take, path: join(home, 'b', FOLDER) }
}

test('with the recovery key alone a backup is read, and an altered one is refused', async () => {
  const { ears, head, identity, take, path } = aHome()
  const recovery = generateIdentity()
  const { manifest } = (await doJob(take([recipientOf(identity), recipientOf(recovery)]), ears)) as JobAnswers['take']
  const read = async (...identities: string[]) => (await doJob({ ...head, identities, type: 'read' }, ears)) as JobAnswers['read']
  expect((await read(recovery)).manifest).toEqual(manifest as BackupManifest)
  expect((await read(recovery)).identities).toContain(identity)
  expect((await read(identity)).app).toMatchObject({ app: 'shop' })
  await expect(read(generateIdentity())).rejects.toMatchObject({ code: 'E_DECRYPT' })
  const file = join(path, 'manifest.json')
  writeFileSync(file, readFileSync(file, 'utf8').replace('"hand"', '"schedule"'))
  await expect(read(recovery)).rejects.toMatchObject({ code: 'E_BACKUP_INVALID' })
})

test('verify says what differs, and a file that nobody named is no part of a backup', async () => {
  const { ears, head, identity, take, target, path } = aHome()
  await doJob(take(), ears)
  const verify = async () =>
    (await doJob({ ...head, identities: [identity], type: 'verify', targets: [target] }, ears)) as JobAnswers['verify']
  expect((await verify()).differences).toEqual([])
  expect(readdirSync(path).sort()).toEqual(['app.json.zst.age', 'files.tar.zst.age', 'manifest.json'])
  writeFileSync(join(path, 'more.sql'), '')
  await expect(verify()).rejects.toMatchObject({ code: 'E_BACKUP_INVALID', at: expect.stringContaining('more.sql') })
  rmSync(join(path, 'more.sql'))
  rmSync(join(path, 'files.tar.zst.age'))
  await expect(verify()).rejects.toMatchObject({ code: 'E_BACKUP_INVALID', at: expect.stringContaining('files.tar.zst.age') })
})
