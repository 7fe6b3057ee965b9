import { createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import pg from 'pg'
import { expect, onTestFinished, test } from 'vitest'
import type { OpAnswers } from '../../src/ops/contract.ts'
import { needs } from '../capabilities.ts'
import { writeApp } from './an-app.ts'
import { freePort, Machine } from './helpers.ts'
import { Probe } from './probe.ts'

async function aMachine(): Promise<{ machine: Machine; folder: string }> {
  const machine = await Machine.make()
  onTestFinished(() => machine.close())
  return { machine, folder: join(machine.folder, 'small') }
}

needs('postgres').test(
  'a check asks the database in a transaction that cannot write, and takes one statement alone',
  async () => {
    const { machine, folder } = await aMachine()
    writeApp(folder, {
      more: [
        '  - { name: encodings, sql: { query: "select count(*) from pg_collation", expect: { min: 1 } } }',
        '  - { name: exact, sql: { query: "select true where 1 = 1", expect: { rows: 1, value: true } } }',
        'resources: { db: { type: postgres, version: 17 } }',
        'env: { DATABASE_URL: { from: db.url } }',
      ],
    })
    const { end } = await machine.up(folder)
    expect(end?.state, JSON.stringify(end)).toBe('done')
    writeApp(folder, {
      text: 'changed',
      more: [
        '  - { name: writes, sql: { query: "create table mine (a int)" } }',
        '  - { name: two, sql: { query: "select 1; select 2" } }',
        '  - { name: waits, sql: { query: "select pg_sleep(60)" } }',
        '  - { name: too few, sql: { query: "select 3", expect: { min: 4 } } }',
        '  - { name: none, sql: { query: "select 1 where false" } }',
        'resources: { db: { type: postgres, version: 17 } }',
        'env: { DATABASE_URL: { from: db.url } }',
      ],
    })
    const refused = await machine.up(folder)
    expect(refused.end?.error?.code).toBe('E_SMOKE')
    const detail = refused.end?.error?.detail ?? ''
    expect(detail).toMatch(/writes: sql on db: .*:\d+: cannot execute CREATE TABLE in a read-only transaction/)
    expect(detail).toMatch(/two: .*cannot insert multiple commands into a prepared statement/)
    expect(detail).toMatch(/waits: .*canceling statement due to statement timeout/)
    expect(detail).toMatch(/too few: .*it is 3, expected at least 4/)
    expect(detail).toMatch(/none: .*no row came/)
    expect((await machine.app()).release).toBe('r1')
  },
)

needs('postgres').test('a restore whose data does not pass its checks is swapped back before anybody meets it', async () => {
  const { machine, folder } = await aMachine()
  writeApp(folder, {
    more: [
      '  - { name: notes, sql: { query: "select count(*) from note", expect: { min: 2 } }, on: [restore] }',
      'resources: { db: { type: postgres, version: 17 } }',
      'env: { DATABASE_URL: { from: db.url } }',
    ],
  })
  await machine.must(['up', '--yes'], { cwd: folder })
  const url = await machine.url()
  const query = async (text: string): Promise<unknown> => {
    const { DATABASE_URL } = (await (await fetch(`${url}/env`)).json()) as Record<string, string>
    const client = new pg.Client({ connectionString: DATABASE_URL })
    await client.connect()
    try {
      return (await client.query<{ v: string }>(text)).rows[0]?.v
    } finally {
      await client.end()
    }
  }
  await query('create table note (a text)')
  await query(`insert into note values ('one')`)
  await machine.must(['backup', 'create', '--yes', '--no-verify'], { cwd: folder })
  await query(`insert into note values ('two')`)
  const { backups } = await machine.json<{ backups: { id: string }[] }>(['backup', 'list'], { cwd: folder })
  const probe = new Probe(url)
  const refused = await machine.run(['backup', 'restore', backups[0]!.id, '--yes'], { cwd: folder })
  expect(refused.code).toBe(1)
  expect(refused.stderr + refused.stdout).toMatch(/notes: sql on db: it is 1, expected at least 2/)
  expect((await probe.stop()).failures).toEqual([])
  expect(await query('select count(*) as v from note')).toBe('2')
  await query(`delete from note`)
  await query(`insert into note values ('three'), ('four')`)
  await machine.must(['backup', 'create', '--yes', '--no-verify'], { cwd: folder })
  await query(`insert into note values ('five')`)
  const again = await machine.json<{ backups: { id: string }[] }>(['backup', 'list'], { cwd: folder })
  const fresh = again.backups.find((b) => b.id !== backups[0]!.id)!
  await machine.must(['backup', 'restore', fresh.id, '--yes'], { cwd: folder })
  expect(await query('select count(*) as v from note')).toBe('2')
})

test('a database that refuses, or takes a connection and never answers, is named with its place, and nothing switches', async () => {
  const { machine, folder } = await aMachine()
  writeApp(folder)
  await machine.must(['up', '--yes'], { cwd: folder })
  const silent = new Set<Socket>()
  const server = createServer((socket) => silent.add(socket))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    for (const socket of silent) socket.destroy()
    server.close()
  })
  const address = server.address()
  const hanging = typeof address === 'object' && address ? address.port : 0
  const closed = await freePort()
  for (const [port, why] of [
    [closed, /ECONNREFUSED/],
    [hanging, /timeout/],
  ] as const) {
    writeApp(folder, {
      text: `asks ${port}`,
      more: [
        '  - { name: rows, sql: { query: "select 1" } }',
        'resources: { db: { type: postgres, url: { env: DATABASE_URL } } }',
        'env: { DATABASE_URL: { secret: true, required: true } }',
      ],
    })
    await machine.must(['env', 'set', `DATABASE_URL=postgres://app:canary-5521@127.0.0.1:${port}/app`], { cwd: folder })
    const { end, events } = await machine.up(folder)
    expect(end?.error?.code, JSON.stringify(end)).toBe('E_SMOKE')
    expect(end?.error?.detail).toContain(`127.0.0.1:${port}`)
    expect(end?.error?.detail).toMatch(why)
    expect(JSON.stringify(events)).not.toContain('canary-5521')
    // The command line is as quick as ever meanwhile, and the old release serves.
    const { apps } = await machine.json<OpAnswers['ps']>(['ps'])
    expect(apps[0]?.release).toBe('r1')
  }
})
