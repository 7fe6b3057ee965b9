import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdirSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { generateIdentity, recipientOf } from '../../src/lib/age/keys.ts'
import type { OpAnswers } from '../../src/ops/contract.ts'
import { findServer, findServers } from '../../src/resources/postgres/find-server.ts'
import { Connection } from '../../src/resources/redis/snapshot/connection.ts'
import { majorsOfSystem, needs } from '../capabilities.ts'
import { writeApp } from './an-app.ts'
import { type Answer, eventsOf, Machine } from './helpers.ts'

type List = OpAnswers['backup-list']

// What is not to be restored, refused with its reason, while what lives goes on with what it had.
let machine: Machine
let folder: string
let env: { DATABASE_URL: string; REDIS_URL: string }
/** The first backup, and where its files lie. */
let id: string
let at: string
const major = () => majorsOfSystem()[0] ?? '18'

const appIn = (name: string) => {
  const path = join(machine.folder, name)
  writeApp(path, {
    name,
    component: [
      'env: { DATABASE_URL: { from: db.url }, REDIS_URL: { from: cache.url }, FILES: { from: files.path } }',
      'mounts: [files]',
    ],
    more: [
      'resources:',
      `  db: { type: postgres, server: system, version: ${major()}, extensions: [pg_trgm] }`,
      '  cache: { type: redis }',
      '  files: { type: volume }',
      'backup: { keep: { age: 1h } }',
    ],
  })
  return path
}
const restore = (...args: string[]) => machine.run(['backup', 'restore', ...args, '--yes'], { cwd: folder })
const list = (cwd = folder) => machine.json<List>(['backup', 'list'], { cwd })
const filesOf = (name: string) => join(machine.home, `volumes/${name}/local/files`)
/** Arguments of pg_dump of the distribution, for a dump of what serves. */
const dump = (file: string, ...args: string[]) => {
  const program = join(findServer(findServers(major()), major())!.folder, 'pg_dump')
  const { hostname, port, username, password, pathname } = new URL(env.DATABASE_URL)
  const login = { PGHOST: hostname, PGPORT: port, PGUSER: username, PGPASSWORD: password, PGDATABASE: pathname.slice(1) }
  execFileSync(program, [...args, `--file=${file}`], { env: { ...process.env, ...login } })
  return file
}

async function query<T>(sql: string): Promise<T[]> {
  const client = new pg.Client({ connectionString: env.DATABASE_URL })
  client.on('error', () => {}) // A swap ends it.
  await client.connect()
  const results = [await client.query<{ v: T }>(sql)].flat()
  await client.end()
  return results.at(-1)!.rows.map((row) => row.v)
}
async function redis<T>(work: (redis: Connection) => Promise<T>): Promise<T> {
  const connection = await Connection.open(env.REDIS_URL, AbortSignal.timeout(20_000))
  try {
    return await work(connection)
  } finally {
    connection.close()
  }
}
/** Rows, keys and files of what serves, as they must still be after a refusal. */
const holds = async () => ({
  rows: await query<string>('select count(*) as v from song'),
  key: String(await redis((r) => r.ask(['GET', 'greeting']))),
  files: readdirSync(filesOf('shop')),
})
const LIVE = { rows: ['3000'], key: 'hello', files: ['photo'] }

async function isRefused(answer: Answer, code: string, ...says: string[]): Promise<void> {
  expect(answer.code, answer.stderr).not.toBe(0)
  expect(answer.stderr).toContain(code)
  for (const text of says) expect(answer.stderr).toContain(text)
  expect(await holds()).toEqual(LIVE)
}

needs('postgres', 'system-postgres', 'redis').describe('what is not restored', () => {
  beforeAll(async () => {
    machine = await Machine.make()
    folder = appIn('shop')
    await machine.must(['up', '--yes'], { cwd: folder })
    env = JSON.parse(
      (await machine.must(['exec', 'web', '--', 'node', '-p', 'JSON.stringify(process.env)'], { cwd: folder })).stdout,
    )
    await query(`create table song (id serial primary key, title text); create index on song using gin (title gin_trgm_ops);
      insert into song (title) select 'song ' || i || repeat(' la', 20) from generate_series(1, 3000) i`)
    await redis((r) => r.askAll([['SET', 'greeting', 'hello'], ...range(500).map((i) => ['SET', `key ${i}`, `value ${i}`])]))
    mkdirSync(filesOf('shop'), { recursive: true })
    writeFileSync(join(filesOf('shop'), 'photo'), 'pixels')
    await machine.must(['backup', 'create', '--yes'], { cwd: folder })
    const [first] = (await list()).backups
    expect(first).toMatchObject({ state: 'verified', holds: ['files', 'db', 'cache'], findings: [] })
    id = first!.id
    at = join(first!.place, 'shop/local', id)
  })
  afterAll(() => machine?.close())

  test('a dump in the custom format comes back whole, with its extension', async () => {
    const file = dump(join(machine.folder, 'whole.dump'), '--format=custom')
    await query(`delete from song where id > 10; create table since ()`)
    const { code, stderr } = await restore(file, '--into', 'db')
    expect(code, stderr).toBe(0)
    expect(await holds()).toEqual(LIVE)
    expect(await query(`select to_regclass('since') as v`)).toEqual([null])
    expect(await query(`select title % 'song 7' as v from song where id = 7`)).toHaveLength(1)
  })

  test('one that was cut off anywhere is none, and neither is one of a newer major', async () => {
    const whole = dump(join(machine.folder, 'again.dump'), '--format=custom')
    const bytes = readFileSync(whole)
    const file = join(machine.folder, 'odd.dump')
    for (const length of [8, 200, bytes.length >> 1, bytes.length - 20]) {
      writeFileSync(file, bytes.subarray(0, length))
      await isRefused(await restore(file, '--into', 'db'), 'E_BACKUP_TRUNCATED', file)
    }
    // Bytes 5 and 6 are the version of the format: 1.99 is still to come.
    writeFileSync(file, bytes.fill(99, 6, 7))
    await isRefused(await restore(file, '--into', 'db'), 'E_PG_VERSION', 'pg_restore')
  })

  test('a plain dump with owners and rights of elsewhere comes back as ours', async () => {
    const file = dump(join(machine.folder, 'owned.sql'))
    const text = readFileSync(file, 'utf8').replaceAll('OWNER TO app', 'OWNER TO "Somebody else"')
    expect(text).toContain('OWNER TO "Somebody else"')
    writeFileSync(
      file,
      text.replace(/\n--\n-- PostgreSQL database dump complete/, '\nGRANT SELECT ON TABLE public.song TO nobody_here;\n$&'),
    )
    await query('delete from song')
    const { code, stdout, stderr } = await restore(file, '--into', 'db', '--json')
    expect(code, stderr).toBe(0)
    const lines = eventsOf(stdout).flatMap((e) => (e.type === 'line' && e.text.includes('left out') ? [e.text] : []))
    expect(lines).toContainEqual(expect.stringContaining('Somebody else'))
    expect(lines).toContainEqual(expect.stringContaining('nobody_here'))
    expect(await holds()).toEqual(LIVE)
    expect(await query(`select tableowner as v from pg_tables where tablename = 'song'`)).toEqual(['app'])
  })

  test('a part of Redis that was cut off', async () => {
    const file = join(at, 'cache.redis.zst.age')
    const kept = join(machine.folder, 'cache')
    copyFileSync(file, kept)
    for (const length of [readFileSync(file).length >> 1, 0]) {
      truncateSync(file, length)
      await isRefused(await restore(id), 'E_BACKUP_TRUNCATED', file)
      await isRefused(await machine.run(['backup', 'verify', id], { cwd: folder }), 'E_BACKUP_TRUNCATED', file)
    }
    copyFileSync(kept, file)
    await machine.must(['backup', 'verify', id], { cwd: folder })
    expect((await list()).backups[0]).toMatchObject({ state: 'verified' })
  })

  test('one of another app, unless that is what was asked for', async () => {
    const cwd = appIn('copy')
    const other = (...args: string[]) => machine.run(['backup', 'restore', at, '--resource', 'files', '--yes', ...args], { cwd })
    await isRefused(await other(), 'E_BACKUP_FOREIGN', '--from shop/local')
    expect((await list(cwd)).backups).toEqual([])
    const elsewhere = ['--env', 'staging']
    await isRefused(await machine.run(['backup', 'restore', at, '--yes', ...elsewhere], { cwd: folder }), 'E_BACKUP_FOREIGN')
    const { code, stderr } = await other('--from', 'shop/local')
    expect(code, stderr).toBe(0)
    expect(readFileSync(join(filesOf('copy'), 'photo'), 'utf8')).toBe('pixels')
    await machine.must(['down', '--yes'], { cwd })
  })

  test('with another key: the one wanted and those given are named, and nothing is there afterwards', async () => {
    const elsewhere = await Machine.make()
    try {
      const cwd = appIn('shop')
      const identity = generateIdentity()
      const key = join(machine.folder, 'wrong.txt')
      writeFileSync(key, identity, { mode: 0o600 })
      const { recipients } = JSON.parse(readFileSync(join(at, 'manifest.json'), 'utf8')).manifest as { recipients: string[] }
      const answer = await elsewhere.run(['backup', 'restore', at, '--identity', key, '--yes'], { cwd })
      await isRefused(answer, 'E_DECRYPT', recipients[0]!, recipientOf(identity))
      expect(answer.stderr).not.toContain(identity)
      expect((await elsewhere.ps()).apps).toEqual([])
      expect((await elsewhere.json<List>(['backup', 'list'], { cwd })).backups).toEqual([])
    } finally {
      await elsewhere.close()
    }
  })

  test('into what is not there, what takes no such thing, and names that would lead elsewhere', async () => {
    const file = dump(join(machine.folder, 'plain.sql'))
    for (const name of ['nowhere', '../x', 'files', 'cache']) {
      await isRefused(await restore(file, '--into', name), 'E_TARGET', '--into one of: db')
    }
    for (const name of ['nowhere', '../x', 'db,../x']) {
      await isRefused(await restore(id, '--resource', name), 'E_TARGET', 'it holds files, db, cache')
    }
    await isRefused(await restore(join(machine.folder, 'no-such.sql'), '--into', 'db'), 'E_TARGET')
  })

  test('into databases of Redis that somebody uses; and the backup says that it does not carry them', async () => {
    await redis((r) =>
      r.askAll([
        ['SELECT', 9],
        ['SET', 'mine', '1'],
      ]),
    )
    await isRefused(await restore(id), 'E_TARGET', 'database 9')
    await redis((r) => r.askAll([['SELECT', 9]]))
    expect(
      await redis((r) =>
        r.askAll([
          ['SELECT', 9],
          ['GET', 'mine'],
        ]),
      ),
    ).toEqual([Buffer.from('OK'), Buffer.from('1')])
    await machine.must(['backup', 'create', '--yes'], { cwd: folder })
    const [newest] = (await list()).backups
    expect(newest?.findings).toMatchObject([{ code: 'W_BACKUP_DATABASES', level: 'lost', at: 'resources.cache' }])
  })

  test('inside its time none is deleted, and it is said until when', async () => {
    expect((await list()).backups.filter((b) => b.state === 'verified')).toHaveLength(2)
    const until = new Date(Date.parse((await list()).backups.at(-1)!.at) + 3_600_000).toISOString()
    const refused = await machine.run(['backup', 'delete', id, '--yes'], { cwd: folder })
    await isRefused(refused, 'E_RETENTION', until, 'backup.keep')
    expect(readdirSync(at)).toContain('manifest.json')
  })
})

function range(length: number): number[] {
  return Array.from({ length }, (_, i) => i)
}
