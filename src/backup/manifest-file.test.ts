import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { generateIdentity, recipientOf } from '../lib/age/keys.ts'
import type { BackupManifest } from '../model/backup.ts'
import { MANIFEST, manifestText, readManifestFile } from './manifest-file.ts'
import { readPart, writePart } from './parts.ts'
import { openFolder } from './places/folder.ts'

const identity = generateIdentity()
const holds = { items: { 'table "public"."t"': { count: 1, bytes: 2, sha256: 'a'.repeat(64) } }, values: { x: 'y' }, tools: {} }
const whole: BackupManifest = {
  format: 1,
  app: 'shop',
  environment: 'local',
  id: '20261121T032700Z-kqmw',
  at: '2026-11-21T03:27:00.000Z',
  why: 'hand',
  parts: [
    { file: 'db.sql.zst.age', bytes: 10, sha256: 'b'.repeat(64), kind: 'resource', resource: 'db', type: 'postgres', holds },
  ],
  findings: [],
  tools: { landfall: '0.1.0' },
  recipients: [recipientOf(identity)],
}

async function* once(bytes: Uint8Array | string) {
  yield Buffer.from(bytes)
}
function aFolder() {
  const folder = mkdtempSync(join(tmpdir(), 'backup-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return openFolder(folder)
}
async function reading(text: string, identities: string[] | undefined = [identity]) {
  const place = aFolder()
  await place.write(`b/${MANIFEST}`, once(text))
  return readManifestFile(place, 'b', identities)
}
type Loose = { manifest: Record<string, unknown> & { parts: Record<string, unknown>[] }; signature?: string }
const changed = (change: (of: Loose) => void) => {
  const json = JSON.parse(manifestText(whole, identity)) as Loose
  change(json)
  return JSON.stringify(json)
}

test('a manifest is read as it was written', async () => {
  expect(await reading(manifestText(whole, identity))).toEqual(whole)
  expect(await reading(manifestText(whole, identity), undefined)).toEqual(whole)
  expect(await reading(manifestText(whole, identity), [generateIdentity(), identity])).toEqual(whole)
})

test.each<[string, (of: Loose) => void, string]>([
  [
    'a table that is missing',
    (m) => void delete (m.manifest.parts[0]!.holds as { items?: unknown }).items,
    'parts.0.holds.items',
  ],
  ['a further key', (m) => void Object.assign(m.manifest, { extra: 1 }), 'extra'],
  ['size 0', (m) => void Object.assign(m.manifest.parts[0]!, { bytes: 0 }), 'empty'],
  ['a wrong checksum', (m) => void Object.assign(m.manifest.parts[0]!, { sha256: 'x' }), 'parts.0.sha256'],
  ['a file elsewhere', (m) => void Object.assign(m.manifest.parts[0]!, { file: '../../etc/passwd' }), 'parts.0.file'],
  ['no signature', (m) => void delete m.signature, 'signature'],
  ['a format to come', (m) => void Object.assign(m.manifest, { format: 2 }), 'format'],
  ['other counts', (m) => void Object.assign(m.manifest.parts[0]!, { bytes: 11 }), 'altered'],
])('a manifest with %s is refused by name', async (_title, change, says) => {
  await expect(reading(changed(change))).rejects.toMatchObject({
    code: 'E_BACKUP_INVALID',
    message: expect.stringContaining(says),
  })
})

test('one that is missing, empty or cut off is none', async () => {
  for (const text of ['', '{', manifestText(whole, identity).slice(0, 200)]) {
    await expect(reading(text)).rejects.toMatchObject({ code: 'E_BACKUP_INVALID' })
  }
  await expect(readManifestFile(aFolder(), 'b', [identity])).rejects.toMatchObject({
    code: 'E_BACKUP_INVALID',
    at: expect.stringContaining('manifest.json'),
  })
})

test('with a key that did not make it, it is said which one is wanted', async () => {
  const other = generateIdentity()
  await expect(reading(manifestText(whole, identity), [other])).rejects.toMatchObject({
    code: 'E_DECRYPT',
    detail: `keys wanted: ${recipientOf(identity)}\nkeys given: ${recipientOf(other)}`,
  })
})

test('a part comes back as it was; cut off, flipped or another one, it does not', async () => {
  const place = aFolder()
  const bytes = Buffer.from(Array.from({ length: 300_000 }, (_, i) => (i * i) >> 3))
  const is = await writePart(place, 'b/p', once(bytes), [recipientOf(identity)])
  const read = async (of = is, keys = [identity]) => {
    const chunks: Uint8Array[] = []
    for await (const chunk of readPart(place, 'b/p', of, keys)) chunks.push(chunk)
    return Buffer.concat(chunks)
  }
  expect(await read()).toEqual(bytes)
  await expect(read(is, [generateIdentity()])).rejects.toMatchObject({ code: 'E_DECRYPT' })
  await expect(read({ ...is, sha256: 'c'.repeat(64) })).rejects.toMatchObject({ code: 'E_BACKUP_INVALID' })
  const file: Uint8Array[] = []
  for await (const chunk of place.read('b/p')) file.push(chunk)
  const whole = Buffer.concat(file)
  for (const length of [1, 100, 1000, whole.length - 1]) {
    await place.write('b/p', once(whole.subarray(0, length)))
    await expect(read(), String(length)).rejects.toMatchObject({ code: 'E_BACKUP_TRUNCATED', at: expect.stringContaining('b/p') })
  }
  for (const at of [50, 150, whole.length >> 1, whole.length - 1]) {
    const copy = Buffer.from(whole)
    copy[at]! ^= 4
    await place.write('b/p', once(copy))
    await expect(read(), String(at)).rejects.toMatchObject({ code: expect.stringMatching(/E_BACKUP_INVALID|E_DECRYPT/) })
  }
})

test('what fails while it is written leaves nothing', async () => {
  const place = aFolder()
  async function* failing() {
    yield Buffer.alloc(100_000)
    throw new Error('pg_dump died')
  }
  await expect(writePart(place, 'b/p', failing(), [recipientOf(identity)])).rejects.toThrow('pg_dump died')
  expect(await place.list('b/')).toEqual([])
})
