import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { OpAnswers } from '../../src/ops/contract.ts'
import { needs } from '../capabilities.ts'
import { writeApp } from './an-app.ts'
import { Machine } from './helpers.ts'

type List = OpAnswers['backup-list']

const APP = {
  name: 'ledger',
  component: ['env: { DATABASE_URL: { from: db.url }, FILES: { from: files.path } }', 'mounts: { files: /srv/files }'],
  more: [
    'resources:',
    '  db: { type: postgres, extensions: [pg_trgm] }',
    '  files: { type: volume, writers: many }',
    'env:',
    '  PEPPER: { secret: true, generate: hex(16) }',
  ],
}
if (process.getuid?.() !== 0) APP.component[1] = 'mounts: [files]'

let machine: Machine
let folder: string

async function connect(at: Machine, cwd: string): Promise<pg.Client> {
  const { stdout } = await at.must(['exec', 'web', '--', 'node', '-p', 'process.env.DATABASE_URL'], { cwd })
  const client = new pg.Client({ connectionString: stdout.trim() })
  client.on('error', () => {}) // A swap ends it.
  await client.connect()
  return client
}
async function query<T>(at: Machine, cwd: string, sql: string): Promise<T[]> {
  const client = await connect(at, cwd)
  // Several statements have several results.
  const results = [await client.query<{ v: T }>(sql)].flat()
  await client.end()
  return results.at(-1)!.rows.map((row) => row.v)
}
const pepper = async (at: Machine, cwd: string) =>
  (await at.must(['exec', 'web', '--', 'node', '-p', 'process.env.PEPPER'], { cwd })).stdout.trim()
const list = (at: Machine, cwd: string) => at.json<List>(['backup', 'list'], { cwd })
const filesOf = (at: Machine) => join(at.home, 'volumes/ledger/local/files')

needs('postgres').describe('backups', () => {
  beforeAll(async () => {
    machine = await Machine.make()
    folder = join(machine.folder, 'ledger')
    writeApp(folder, APP)
    await machine.must(['up', '--yes'], { cwd: folder })
    await query(
      machine,
      folder,
      `create table entry (id bigserial primary key, amount int, note text);
      create table total (sum bigint); insert into total values (0);
      create index on entry using gin (note gin_trgm_ops);
      insert into entry (amount, note) select 1, E'\\\\! touch /tmp/pwned' || i from generate_series(1, 2000) i;
      update total set sum = 2000`,
    )
    mkdirSync(join(filesOf(machine), 'a/b'), { recursive: true })
    writeFileSync(join(filesOf(machine), 'a/b/photo.bin'), Buffer.alloc(100_000, 7))
  })
  afterAll(() => machine?.close())

  test('one under load is of one moment, is proven, and comes back on a machine where nothing is', async () => {
    const writer = await connect(machine, folder)
    let isOver = false
    const writing = (async () => {
      while (!isOver)
        await writer.query('begin; insert into entry (amount, note) values (1, $$x$$); update total set sum = sum + 1; commit')
    })()
    const created = await machine.run(['backup', 'create', '--yes'], { cwd: folder })
    isOver = true
    await writing
    await writer.end()
    expect(created.code, created.stderr).toBe(0)
    const { backups, remarks } = await list(machine, folder)
    expect(backups).toMatchObject([{ state: 'verified', why: 'hand', holds: ['db', 'files'], findings: [] }])
    expect(remarks.map((r) => r.code)).toContain('W_BACKUP_SAME_DISK')
    const { id = '', place = '' } = backups[0] ?? {}
    const secret = await pepper(machine, folder)

    const key = join(machine.folder, 'key.txt')
    writeFileSync(key, (await machine.must(['backup', 'key'])).stdout, { mode: 0o600 })
    const elsewhere = await Machine.make()
    try {
      const there = join(elsewhere.folder, 'ledger')
      writeApp(there, APP)
      const copy = join(elsewhere.folder, 'from-the-other')
      cpSync(join(place, 'ledger/local'), copy, { recursive: true })
      const without = await elsewhere.run(['backup', 'restore', join(copy, id), '--yes'], { cwd: there })
      expect(without.stderr).toContain('E_DECRYPT')
      await elsewhere.must(['backup', 'restore', join(copy, id), '--identity', key, '--yes'], { cwd: there })
      const [rows, sum] = await query<string>(elsewhere, there, 'select count(*) as v from entry union all select sum from total')
      expect(Number(rows)).toBeGreaterThanOrEqual(2000)
      expect(rows).toBe(sum)
      expect(await query(elsewhere, there, `select note as v from entry where id = 7`)).toEqual(['\\! touch /tmp/pwned7'])
      expect(readFileSync(join(filesOf(elsewhere), 'a/b/photo.bin'))).toEqual(Buffer.alloc(100_000, 7))
      expect(await pepper(elsewhere, there)).toBe(secret)
      // The sequence goes on behind all of them.
      expect(
        Number((await query<string>(elsewhere, there, 'insert into entry (amount) values (1) returning id as v'))[0]),
      ).toBeGreaterThan(Number(rows))
      // Nothing is left to do, and nothing starts empty.
      expect((await elsewhere.must(['up', '--yes'], { cwd: there })).stderr).toContain('nothing to do')
    } finally {
      await elsewhere.close()
    }
  })

  test('a restore over what lives puts it aside, and is confirmed by a person', async () => {
    const { backups } = await list(machine, folder)
    const before = Number((await query<string>(machine, folder, 'select count(*) as v from entry'))[0])
    await query(machine, folder, 'delete from entry')
    writeFileSync(join(filesOf(machine), 'later.txt'), 'written since')
    await machine.must(['backup', 'restore', backups[0]!.id, '--yes'], { cwd: folder })
    expect(Number((await query<string>(machine, folder, 'select count(*) as v from entry'))[0])).toBeLessThanOrEqual(before)
    expect(Number((await query<string>(machine, folder, 'select count(*) as v from entry'))[0])).toBeGreaterThanOrEqual(2000)
    expect(readdirSync(filesOf(machine))).toEqual(['a'])
    const databases = `select datname as v from pg_database where datname like '%_old'`
    expect(await query(machine, folder, databases)).toHaveLength(1)
    expect((await list(machine, folder)).restores).toMatchObject([{ id: 'restore-1', state: 'swapped' }])
    await machine.must(['backup', 'confirm', 'restore-1', '--yes'], { cwd: folder })
    expect(await query(machine, folder, databases)).toEqual([])
    expect((await fetch(await machine.url())).status).toBe(200)
  })

  test('a bit that flips is found, and nothing is restored from it', async () => {
    await machine.must(['backup', 'create', '--yes', '--no-verify'], { cwd: folder })
    const { backups } = await list(machine, folder)
    expect(backups[0]).toMatchObject({ state: 'taken' })
    const { id, place } = backups[0]!
    const file = join(place, 'ledger/local', id, 'db.sql.zst.age')
    const bytes = readFileSync(file)
    bytes[bytes.length >> 1]! ^= 1
    writeFileSync(file, bytes)
    const verified = await machine.run(['backup', 'verify', id], { cwd: folder })
    expect(verified.code).toBe(1)
    expect(verified.stderr).toContain('E_BACKUP_INVALID')
    expect(verified.stderr).toContain('db.sql.zst.age')
    const restored = await machine.run(['backup', 'restore', id, '--yes'], { cwd: folder })
    expect(restored.code).toBe(1)
    expect((await fetch(await machine.url())).status).toBe(200)
    expect((await list(machine, folder)).backups[0]?.trouble).toContain('altered')
    expect((await machine.must(['ps'])).stdout).toContain('cannot be restored')
  })

  test('a plain dump of elsewhere is restored; one that is cut off, or would do more, is refused before anything runs', async () => {
    const dump = join(machine.folder, 'dump.sql')
    const whole = `--\n-- PostgreSQL database dump\n--\n\nCREATE TABLE public.song (t text);\nCOPY public.song (t) FROM stdin;\n\\\\! touch /tmp/x\nla\n\\.\n\n--\n-- PostgreSQL database dump complete\n--\n`
    const restore = () => machine.run(['backup', 'restore', dump, '--into', 'db', '--yes'], { cwd: folder })
    writeFileSync(dump, whole.slice(0, whole.length >> 1))
    expect((await restore()).stderr).toContain('E_BACKUP_TRUNCATED')
    writeFileSync(dump, whole.replace('CREATE', '\\! touch /tmp/x\nCREATE'))
    const unsafe = await restore()
    expect(unsafe.stderr).toContain('E_BACKUP_UNSAFE')
    expect(unsafe.stderr).toContain('dump.sql:5')
    expect((await query(machine, folder, 'select count(*) as v from entry')).length).toBe(1)
    writeFileSync(dump, whole)
    expect((await restore()).code).toBe(0)
    expect(await query(machine, folder, 'select t as v from song order by t')).toEqual(['\\! touch /tmp/x', 'la'])
  })

  test('the only proven one is not to be deleted; one on hold neither', async () => {
    const { backups } = await list(machine, folder)
    const proven = backups.find((b) => b.state === 'verified')!
    const refused = await machine.run(['backup', 'delete', proven.id, '--yes'], { cwd: folder })
    expect(refused.stderr).toContain('E_RETENTION')
    const broken = backups.find((b) => b.state === 'taken')!
    await machine.must(['backup', 'hold', broken.id, 'for', 'study'], { cwd: folder })
    expect((await machine.run(['backup', 'delete', broken.id, '--yes'], { cwd: folder })).stderr).toContain('for study')
    await machine.must(['backup', 'release-hold', broken.id], { cwd: folder })
    await machine.must(['backup', 'delete', broken.id, '--yes'], { cwd: folder })
    expect((await list(machine, folder)).backups.map((b) => b.id)).toEqual([proven.id])
  })
})
