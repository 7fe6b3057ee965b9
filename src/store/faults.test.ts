import { closeSync, existsSync, mkdtempSync, openSync, readdirSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, expect, test } from 'vitest'
import { needs } from '../../test/capabilities.ts'
import { fillUp, mountSmall, readOnly, testReadOnly } from '../../test/disks.ts'
import type { LandfallError } from '../lib/error.ts'
import { goBackBeforeUpgrade } from './go-back.ts'
import { guardDatabase } from './guard.ts'
import { openStore } from './open.ts'
import { MIGRATIONS } from './schema.ts'
import { openAll } from './store.ts'

const shop = { app: 'shop', environment: 'local' }
const open = { isSecret: false, source: 'set' as const }
const homes: string[] = []
function newHome(): string {
  const home = mkdtempSync(join(tmpdir(), 'landfall-store-'))
  homes.push(home)
  return home
}
afterAll(() => {
  for (const home of homes) rmSync(home, { recursive: true, force: true })
})

test('a store that has no room refuses to write with the reason, keeps what it has, and writes again when there is room', () => {
  const path = join(newHome(), 'state.db')
  const db = new DatabaseSync(path)
  db.exec('pragma journal_mode=wal; create table t (a text)')
  const lost: LandfallError[] = []
  const guard = guardDatabase(db, path, (error) => lost.push(error))
  const insert = guard.db.prepare('insert into t values (?)')
  insert.run('kept')
  const { page_count: pages } = guard.db.prepare('pragma page_count').get() as { page_count: number }
  guard.db.exec(`pragma max_page_count=${pages}`)
  expect(() => insert.run('x'.repeat(100_000))).toThrow(
    expect.objectContaining({ code: 'E_DISK_FULL', message: expect.stringContaining(path), hint: expect.stringContaining('df') }),
  )
  expect(guard.db.prepare('select a from t').all()).toEqual([{ a: 'kept' }])
  guard.db.exec('pragma max_page_count=100000')
  insert.run('x'.repeat(100_000))
  expect(lost).toEqual([])
})

test('a store that another program holds answers within a second who is in the way', () => {
  const home = newHome()
  const store = openAll(home)
  const other = new DatabaseSync(join(home, 'state.db'))
  other.exec('begin immediate')
  expect(() => store.stored.set(shop, 'A', '1', open, 1)).toThrow(expect.objectContaining({ code: 'E_BUSY' }))
  expect(store.stored.list(shop)).toEqual([])
  other.exec('rollback')
  other.close()
  expect(store.stored.set(shop, 'A', '1', open, 1)).toBe(1)
})

test('an upgrade that fails changes nothing: the version before finds all of it, and a copy of before', () => {
  const home = newHome()
  const before = openAll(home)
  before.stored.set(shop, 'A', 'one', open, 1)
  before.close()
  const broken = [...MIGRATIONS, 'create table half (a text) strict;', 'alter table nowhere add column a text;']
  expect(() => openStore(home, { migrations: broken })).toThrow(
    expect.objectContaining({
      code: 'E_UPGRADE',
      message: expect.stringContaining('nothing was changed'),
      hint: expect.stringContaining(`state.db.schema-${MIGRATIONS.length}`),
    }),
  )
  const again = openAll(home)
  expect(again.alerts).toEqual([])
  expect(again.stored.get(shop, 'A')).toBe('one')
  again.close()
})

test('after an upgrade the version before refuses the records, and one step goes back to them as they were', () => {
  const home = newHome()
  const before = openAll(home)
  before.stored.set(shop, 'A', 'one', open, 1)
  before.close()
  const upgraded = openStore(home, { migrations: [...MIGRATIONS, 'create table newer (a text) strict;'] })
  upgraded.db.exec(`update stored set source = 'generated'`)
  upgraded.db.close()
  expect(() => openAll(home)).toThrow(
    expect.objectContaining({ code: 'E_VERSION', hint: expect.stringContaining('landfall doctor --fix') }),
  )
  const { aside } = goBackBeforeUpgrade(home, 5) ?? { aside: '' }
  expect(existsSync(aside)).toBe(true)
  const back = openAll(home)
  expect(back.stored.get(shop, 'A')).toBe('one')
  expect(back.stored.list(shop)).toMatchObject([{ source: 'set' }])
  back.close()
})

testReadOnly('a home that can only be read is read, and refuses to change', async () => {
  const home = newHome()
  const store = openAll(home)
  store.stored.set(shop, 'A', 'one', open, 1)
  // Still open, as after a crash: what was written last is in the log beside the file.
  const undo = readOnly(home)
  try {
    const reader = openAll(home)
    expect(reader.readOnly).toMatch(/read-only|rights/)
    expect(reader.alerts.join()).toContain('nothing can be changed')
    expect(reader.stored.get(shop, 'A')).toBe('one')
    expect(() => reader.stored.set(shop, 'A', 'two', open, 2)).toThrow(expect.objectContaining({ code: 'E_READ_ONLY' }))
    reader.close()
  } finally {
    undo()
  }
})

needs('mounts').test('a disk that is full is no damage: nothing is put aside, and the store opens when there is room', () => {
  const disk = mountSmall(newHome(), 2)
  try {
    const store = openAll(disk.folder)
    store.stored.set(shop, 'A', 'one', open, 1)
    store.close()
    const filler = fillUp(disk.folder)
    let opened: ReturnType<typeof openAll> | undefined
    try {
      opened = openAll(disk.folder)
    } catch (error) {
      expect(error).toMatchObject({ code: 'E_DISK_FULL' })
    }
    if (opened) {
      expect(opened.stored.get(shop, 'A')).toBe('one')
      expect(() => opened.stored.set(shop, 'A', 'x'.repeat(50_000), open, 2)).toThrow(
        expect.objectContaining({ code: 'E_DISK_FULL' }),
      )
      opened.close()
    }
    rmSync(filler)
    expect(readdirSync(disk.folder).filter((name) => name.includes('damaged'))).toEqual([])
    const again = openAll(disk.folder)
    expect(again.stored.get(shop, 'A')).toBe('one')
    again.close()
    writeFileSync(join(disk.folder, 'room'), '')
  } finally {
    disk.unmount()
  }
})

test('a page that rots while the store is open is found by the look at the disk, and nothing more is written', () => {
  const home = newHome()
  const lost: string[] = []
  openAll(home).close()
  const store = openAll(home, { onLost: (error) => lost.push(error.code) })
  for (let i = 0; i < 200; i++) store.stored.set(shop, `K${i}`, 'x'.repeat(200), open, i)
  store.check()
  expect(lost).toEqual([])
  // What is only in the log beside it goes into the file first.
  const db = new DatabaseSync(join(home, 'state.db'))
  db.exec('pragma wal_checkpoint(truncate)')
  db.close()
  const file = openSync(join(home, 'state.db'), 'r+')
  for (let page = 1; page < 12; page++) writeSync(file, Buffer.alloc(2000, 7), 0, 2000, page * 4096)
  closeSync(file)
  store.check()
  expect(lost).toEqual(['E_STATE_DAMAGED'])
  expect(() => store.stored.set(shop, 'K', 'y', open, 9)).toThrow(expect.objectContaining({ code: 'E_STATE_DAMAGED' }))
  store.close()
  // The next start takes the copy, and keeps what was damaged.
  const again = openAll(home)
  expect(again.alerts.join()).toMatch(/was damaged and is kept as/)
  again.close()
})
