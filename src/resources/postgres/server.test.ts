import { execFileSync, spawn } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { needs } from '../../../test/capabilities.ts'
import postgres from './index.ts'
import { freePort, readOrEmpty, SERVER, Server } from './server.harness.ts'
import { DEFAULT_MAJOR, RELEASES } from './versions.ts'

const isRoot = process.getuid?.() === 0
const NOBODY = { uid: 65534, gid: 65534 }
const ODD = `p@ss:w/ö?rd#%'"\\ $(id) \u{1f40b}`
let root: string
let artifact: string

const aServer = async (options: Record<string, unknown> = {}) => new Server({ root, artifact, options, port: await freePort() })

needs('postgres').describe('the server', () => {
  beforeAll(async () => {
    root = mkdtempSync(join(tmpdir(), 'landfall-postgres-'))
    chmodSync(root, 0o755)
    artifact = join(root, 'artifact')
    mkdirSync(artifact)
    const source = { type: 'server', resource: 'postgres', version: postgres.server!.resolve(DEFAULT_MAJOR) } as const
    const ctx = { signal: AbortSignal.timeout(100_000), say: () => {}, cache: join(root, 'cache') }
    await postgres.server!.install(source, artifact, ctx)
  })
  afterAll(() => rmSync(root, { recursive: true, force: true }))

  test('the first start makes the data folder, and data is kept over a restart', async () => {
    const server = await aServer()
    await server.up()
    await server.query('create table kept (x int); insert into kept values (7)')
    await server.stop()
    expect(server.log).toContain('database system is shut down')
    await server.up()
    expect(await server.query('select x from kept')).toEqual([7])
    expect(await server.query('show server_version')).toEqual([RELEASES[DEFAULT_MAJOR]!.version])
    expect(readdirSync(server.folder).sort()).toEqual(['data', 'socket'])
  })

  test('the url output is what a client needs', async () => {
    const server = await aServer()
    await server.up()
    const client = new pg.Client({ connectionString: server.output('url') })
    await client.connect()
    const { rows } = await client.query(`select current_user as u, current_database() as d, lower('ÄÖ') as l, 'a' < 'B' as c`)
    await client.end()
    // The order of code points, and case beyond ASCII, whatever the machine's locale.
    expect(rows).toEqual([{ u: 'app', d: 'app', l: 'äö', c: false }])
  })

  test('after SIGKILL of all its processes it recovers every committed row', async () => {
    const server = await aServer()
    await server.up()
    await server.query('create table kept (x int)')
    for (let i = 0; i < 20; i++) await server.query(`insert into kept values (${i})`)
    server.signal('SIGKILL')
    await server.ended()
    await server.up()
    expect(await server.query('select count(*)::int from kept')).toEqual([20])
    expect(server.log).toContain('was not properly shut down')
  })

  test('a pid file that names a living process of somebody else does not keep it from starting', async () => {
    const server = await aServer()
    await server.up()
    server.signal('SIGKILL')
    await server.ended()
    const sleeper = spawn('sleep', ['60'], { stdio: 'ignore', ...SERVER })
    onTestFinished(() => void sleeper.kill('SIGKILL'))
    const file = join(server.folder, 'data/postmaster.pid')
    writeFileSync(file, readFileSync(file, 'utf8').replace(/^\d+/, String(sleeper.pid)))
    await server.up()
    expect(await server.query('select 1')).toEqual([1])
  })

  test('a second server on the same folder is refused while the first lives', async () => {
    const server = await aServer()
    await server.up()
    const { child } = server
    server.start()
    expect(await server.ended()).not.toBe(0)
    expect(server.log).toContain('lock file "postmaster.pid" already exists')
    server.child = child
    await server.login()
  })

  test('SIGKILL at any moment of the first start leaves a folder that the next start makes whole', async () => {
    const server = await aServer()
    for (const ms of [1, 5, 10, 20, 30, 40, 60, 80, 120, 160, 240]) {
      rmSync(join(server.folder, 'data'), { recursive: true, force: true })
      server.start()
      await sleep(ms)
      server.signal('SIGKILL')
      await server.ended()
      await server.up()
      expect(await server.query('select 1'), `killed after ${ms} ms`).toEqual([1])
      await server.stop()
      expect(existsSync(join(server.folder, 'data.new'))).toBe(false)
    }
  })

  test('data of another major is refused and left as it is', async () => {
    const server = await aServer()
    await server.up()
    await server.stop()
    writeFileSync(join(server.folder, 'data/PG_VERSION'), '9\n')
    server.start()
    expect(await server.ended()).toBe(1)
    expect(server.log).toContain(`is that of PostgreSQL 9, and this server is ${DEFAULT_MAJOR}`)
    expect(readFileSync(join(server.folder, 'data/PG_VERSION'), 'utf8')).toBe('9\n')
  })

  test('a folder with other files in it is not started empty', async () => {
    const server = await aServer()
    writeFileSync(join(server.folder, 'PG_VERSION'), '18\n')
    server.start()
    expect(await server.ended()).toBe(1)
    expect(server.log).toContain('holds PG_VERSION but no folder data')
    expect(readdirSync(server.folder)).toEqual(['PG_VERSION'])
  })

  test('the app role is no superuser and gets into no other database', async () => {
    const server = await aServer()
    await server.up()
    const rights =
      'select rolsuper, rolcreaterole, rolcreatedb, rolreplication, rolbypassrls from pg_roles where rolname = current_user'
    expect(await server.query(rights)).toEqual([false, false, false, false, false])
    await server.query('create table public.mine (x int); create schema more')
    for (const database of ['postgres', 'template1']) {
      await expect(server.query('select 1', { database }), database).rejects.toMatchObject({ code: '42501' })
    }
    await expect(server.query(`copy (select 1) to program 'id'`)).rejects.toMatchObject({ code: '42501' })
    await expect(server.query(`select pg_read_file('/etc/passwd')`)).rejects.toMatchObject({ code: '42501' })
  })

  test('the role for reading sees everything, also what comes later, and writes nothing', async () => {
    const server = await aServer()
    await server.up()
    await server.query(
      'create table seen (x int); insert into seen values (7); create schema more; create table more.too (x int)',
    )
    const reader = new pg.Client({ connectionString: server.output('readonlyUrl') })
    await reader.connect()
    const refused = async (sql: string): Promise<unknown> =>
      reader.query(sql).then(
        () => 'done',
        (e: { code: string }) => e.code,
      )
    try {
      expect((await reader.query('select x from seen')).rows).toEqual([{ x: 7 }])
      expect((await reader.query('select count(*)::int as n from more.too')).rows).toEqual([{ n: 0 }])
      expect(await refused('insert into seen values (8)')).toBe('25006')
      // Also for somebody who takes the setting back, the rights are not there.
      await reader.query('set default_transaction_read_only = off')
      for (const sql of ['insert into seen values (8)', 'delete from seen', 'create table mine (x int)', 'drop table seen']) {
        expect(await refused(sql), sql).toBe('42501')
      }
      expect(await refused('create temp table mine (x int)')).toBe('42501')
      expect(await refused(`copy (select 1) to program 'id'`)).toBe('42501')
    } finally {
      await reader.end()
    }
    expect(await server.query('select x from seen')).toEqual([7])
    await expect(server.query('select 1', { user: 'app_readonly', database: 'postgres' })).rejects.toMatchObject({
      code: '42501',
    })
    await server.login()
  })

  test('nobody gets in without the password, and the superuser not at all over TCP', async () => {
    const server = await aServer()
    await server.up()
    await expect(server.query('select 1', { password: 'guess' })).rejects.toMatchObject({ code: '28P01' })
    await expect(server.query('select 1', { user: 'landfall', password: '' })).rejects.toMatchObject({ code: '28000' })
    for (const path of ['data', 'socket']) expect(statSync(join(server.folder, path)).mode & 0o777, path).toBe(0o700)
    if (!isRoot) return
    const asAnother = `require('net').connect('${server.folder}/socket/.s.PGSQL.${server.port}').on('error', (e) => console.log(e.code))`
    expect(execFileSync(process.execPath, ['-e', asAnother], { ...NOBODY, encoding: 'utf8' }).trim()).toBe('EACCES')
  })

  test('a password of any characters works, and a changed one is the only one that works', async () => {
    const server = await aServer()
    await server.up()
    const old = server.password
    server.password = ODD
    await server.login()
    expect(await server.query('select 1')).toEqual([1])
    await expect(server.query('select 1', { password: old })).rejects.toMatchObject({ code: '28P01' })
    const [hash] = await server
      .query('select passwd from pg_shadow where usename = $$app$$')
      .catch((e: { code: string }) => [e.code])
    expect(hash).toBe('42501')
  })

  test('the password is in no argument, no environment, no log and no error', async () => {
    const server = await aServer({ extensions: ['pg_stat_statements'] })
    server.password = 'Canary7d1Secret'
    await server.up()
    await server.login()
    let looked = 0
    for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
      if (pid === String(process.pid)) continue
      for (const part of ['cmdline', 'environ']) {
        const text = readOrEmpty(`/proc/${pid}/${part}`)
        if (text.includes('postgres')) looked += 1
        expect(text, `${pid}/${part}`).not.toContain(server.password)
      }
    }
    expect(looked).toBeGreaterThan(3)
    expect(await server.query('select count(*)::int from pg_stat_statements where query ~* $$secret|scram$$')).toEqual([0])
    expect(server.log).not.toMatch(/Canary|SCRAM|ERROR/)
    await server.stop()
    const error = await server.login().catch((e: unknown) => e)
    expect(JSON.stringify(error) + String(error)).not.toContain(server.password)
    expect(error).toMatchObject({ code: 'E_LOGIN', message: expect.stringContaining('socket') })
  })

  test('extensions are there after the login, also those added later', async () => {
    const server = await aServer({ extensions: ['pg_trgm', 'uuid-ossp'] })
    await server.up()
    expect(await server.query(`select similarity('a', 'a'), length(uuid_generate_v4()::text)`)).toEqual([1, 36])
    await server.stop()
    Object.assign(server.resource.options, { extensions: ['pg_trgm', 'uuid-ossp', 'pg_stat_statements', 'earthdistance'] })
    await server.up()
    const names = await server.query('select extname from pg_extension order by 1')
    expect(names).toEqual(['cube', 'earthdistance', 'pg_stat_statements', 'pg_trgm', 'plpgsql', 'uuid-ossp'])
    expect(await server.query('select count(*) > 0 from pg_stat_statements')).toEqual([true])
  })

  test('every extension that a manifest may name can be made', async () => {
    const { EXTENSIONS } = await import('./extensions.ts')
    const server = await aServer({ extensions: [...EXTENSIONS] })
    await server.up()
    expect(await server.query('select count(*)::int from pg_extension')).toEqual([EXTENSIONS.size])
  })

  test('options reach the server', async () => {
    const server = await aServer({ connections: 17, sharedBuffers: '48Mi' })
    await server.up()
    expect([await server.query('show max_connections'), await server.query('show shared_buffers')]).toEqual([['17'], ['48MB']])
  })

  test('a folder far deeper than a socket path may be works', async () => {
    const server = new Server({ root, artifact, port: await freePort(), depth: `${'deep-'.repeat(8)}/${'x'.repeat(100)}` })
    await server.up()
    expect(await server.query('select 1')).toEqual([1])
  })

  test('a server that hangs fails the login when its time is over', async () => {
    const server = await aServer()
    await server.up()
    server.signal('SIGSTOP')
    const { health } = server.component
    const values = health?.type === 'resource' ? health.values : {}
    const texts = Object.fromEntries(Object.entries(values).map(([k, v]) => [k, server.text(v)]))
    await expect(postgres.server!.login(texts, AbortSignal.timeout(300))).rejects.toMatchObject({ code: 'E_LOGIN' })
    server.signal('SIGCONT')
    await server.login()
  })

  test('an ended login leaves no session behind', async () => {
    const server = await aServer()
    await server.up()
    for (let i = 0; i < 5; i++) await server.login()
    const others = `select count(*)::int from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid()`
    while ((await server.query(others))[0] !== 0) await sleep(20)
  })
})
