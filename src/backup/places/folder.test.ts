import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { needs } from '../../../test/capabilities.ts'
import { mountSmall, readOnly, testReadOnly } from '../../../test/disks.ts'
import { openFolder } from './folder.ts'

async function* pieces(count: number) {
  for (let i = 0; i < count; i++) yield Buffer.alloc(1024 * 1024, i)
}
function aFolder() {
  const folder = mkdtempSync(join(tmpdir(), 'backup-place-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

needs('mounts').test('on a full disk what had been written goes, and what was there before stays', async () => {
  const folder = aFolder()
  const disk = mountSmall(folder, 8)
  onTestFinished(() => disk.unmount())
  const place = openFolder(folder)
  await place.write('shop/local/a/db', pieces(2))
  await expect(place.write('shop/local/b/db', pieces(20))).rejects.toMatchObject({ code: 'E_DISK_FULL' })
  expect(await place.list('shop/')).toEqual([{ path: 'shop/local/a/db', bytes: 2 * 1024 * 1024 }])
  await place.write('shop/local/c/db', pieces(3))
})

testReadOnly('a place that cannot be written to says so', async () => {
  const folder = aFolder()
  const place = openFolder(folder)
  await place.write('a/db', pieces(1))
  const again = readOnly(folder)
  await expect(place.write('b/db', pieces(1)))
    .rejects.toMatchObject({ code: 'E_READ_ONLY' })
    .finally(again)
  expect(await place.list('')).toEqual([{ path: 'a/db', bytes: 1024 * 1024 }])
})

test('a file is there as a whole or not at all', async () => {
  const place = openFolder(aFolder())
  async function* failing() {
    yield* pieces(2)
    throw new Error('pg_dump died')
  }
  await expect(place.write('a/db', failing())).rejects.toThrow('pg_dump died')
  expect(await place.list('a/')).toEqual([])
  await place.remove('a')
  await place.remove('a')
})
