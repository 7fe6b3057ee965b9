import {
  appendFileSync,
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pack } from 'tar-stream'
import { expect, onTestFinished, test } from 'vitest'
import type { Finding } from '../../../model/finding.ts'
import { code } from './code.ts'

function aVolume() {
  const home = mkdtempSync(join(tmpdir(), 'volume-snapshot-'))
  onTestFinished(() => rmSync(home, { recursive: true, force: true }))
  const found: Finding[] = []
  const signal = AbortSignal.timeout(30_000)
  const ctx = { signal, say: () => {}, scratch: join(home, 'scratch'), home, find: (f: Finding) => void found.push(f) }
  const folder = join(home, 'files')
  mkdirSync(folder)
  const target = { resource: { name: 'files', type: 'volume', options: {} }, values: { folder } }
  return { home, folder, ctx, target, found }
}
type Volume = ReturnType<typeof aVolume>
async function dumped({ target, ctx }: Volume, onChunk = (_: number) => {}) {
  const { stream, holding } = code.dump(target, ctx)
  const chunks: Uint8Array[] = []
  for await (const chunk of stream) {
    chunks.push(Buffer.from(chunk))
    onChunk(chunks.length)
  }
  return { tar: Buffer.concat(chunks), holding: holding() }
}
async function* once(bytes: Uint8Array) {
  yield bytes
}

test('files, links, rights and odd names come back; the swap goes both ways and may be repeated', async () => {
  const volume = aVolume()
  const { folder, ctx, target, home } = volume
  const odd = 'ü "\'$\n name'
  mkdirSync(join(folder, 'deep/er', 'x'.repeat(120)), { recursive: true })
  writeFileSync(join(folder, 'deep/er', odd), 'one')
  writeFileSync(join(folder, 'big'), Buffer.alloc(3_000_000, 1))
  writeFileSync(join(folder, 'empty'), '')
  chmodSync(join(folder, 'big'), 0o640)
  mkdirSync(join(folder, 'closed'), { mode: 0o500 })
  symlinkSync('../outside', join(folder, 'link'))
  const { tar, holding } = await dumped(volume)
  expect(holding.items.files?.count).toBe(3)
  const scratch = await code.scratch(holding, target, { ...ctx, scratch: join(home, 'other') })
  await code.restore(scratch.target, 'p', once(tar), ctx)
  expect(await code.inspect(scratch.target, 'p', ctx)).toEqual(holding)

  rmSync(join(folder, 'big'))
  writeFileSync(join(folder, 'since'), '')
  await code.restore(target, 'p', once(tar), ctx)
  expect(existsSync(join(folder, 'big'))).toBe(false)
  for (let i = 0; i < 2; i++) await code.swap(target, 'p', ctx)
  expect(await code.inspect(target, undefined, ctx)).toEqual(holding)
  expect(readFileSync(join(folder, 'deep/er', odd), 'utf8')).toBe('one')
  expect(readlinkSync(join(folder, 'link'))).toBe('../outside')
  expect(lstatSync(join(folder, 'big')).mode & 0o777).toBe(0o640)
  for (let i = 0; i < 2; i++) await code.swapBack(target, 'p', ctx)
  expect(readdirSync(folder)).toContain('since')
  await code.drop(target, 'p', 'new', ctx)
  expect(readdirSync(join(home, 'restores'))).toEqual([])
})

test('a file that is written to during its copy is copied again, and told when that never ends', async () => {
  const volume = aVolume()
  const { folder, found } = volume
  const file = join(folder, 'log')
  writeFileSync(file, Buffer.alloc(2_000_000, 1))
  const { tar, holding } = await dumped(volume, () => appendFileSync(file, 'more'))
  expect(found).toMatchObject([{ code: 'W_BACKUP_CHANGED', level: 'warning', at: 'resources.files' }])
  await code.restore(volume.target, 'p', once(tar), volume.ctx)
  expect(await code.inspect(volume.target, 'p', volume.ctx)).toEqual(holding)
})

test('a volume that nothing has mounted yet is empty', async () => {
  const volume = aVolume()
  rmSync(volume.folder, { recursive: true })
  expect((await dumped(volume)).holding.items.files?.count).toBe(0)
})

test.each([
  ['../out', 'file'],
  ['/etc/landfall-test', 'file'],
  ['a/../../out', 'file'],
  ['device', 'character-device'],
] as const)('an archive with %s (%s) is refused', async (name, type) => {
  const { target, ctx, home } = aVolume()
  const archive = pack()
  if (type === 'file') archive.entry({ name, type }, 'x')
  else archive.entry({ name, type, size: 0 })
  archive.finalize()
  const chunks: Uint8Array[] = []
  for await (const chunk of archive as unknown as AsyncIterable<Uint8Array>) chunks.push(chunk) // Its types say less.
  await expect(code.restore(target, 'p', once(Buffer.concat(chunks)), ctx)).rejects.toMatchObject({ code: 'E_BACKUP_UNSAFE' })
  expect(existsSync(join(home, 'out')) || existsSync('/etc/landfall-test')).toBe(false)
})

test('an entry is not written through a link that came before it', async () => {
  const { target, ctx, home } = aVolume()
  mkdirSync(join(home, 'outside'))
  const archive = pack()
  archive.entry({ name: 'door', type: 'symlink', linkname: join(home, 'outside') })
  archive.entry({ name: 'door/in' }, 'x')
  archive.finalize()
  const chunks: Uint8Array[] = []
  for await (const chunk of archive as unknown as AsyncIterable<Uint8Array>) chunks.push(chunk) // Its types say less.
  await code.restore(target, 'p', once(Buffer.concat(chunks)), ctx).catch(() => {})
  expect(readdirSync(join(home, 'outside'))).toEqual([])
})
