import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { buildSync } from 'esbuild'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { OpAnswers } from '../../src/ops/contract.ts'
import { needs } from '../capabilities.ts'
import { writeApp } from './an-app.ts'
import { Machine, repositoryFolder } from './helpers.ts'

type Report = OpAnswers['rehearsal']

/** `node sql.mjs <statement>…`: what the last one gave, as JSON. */
const SQL = `import pg from './pg.cjs'
const client = new pg.Client({ connectionString: process.env.DATABASE_URL })
await client.connect()
let last
for (const statement of process.argv.slice(2)) last = await client.query(statement)
await client.end()
console.log(JSON.stringify(last.rows))
`
let machine: Machine
let folder: string

beforeAll(async () => {
  machine = await Machine.make()
  folder = join(machine.folder, 'shop')
})
afterAll(() => machine?.close())

const command = (...statements: string[]) => JSON.stringify(['node', 'sql.mjs', ...statements])

function write(text: string, mode: 'well' | 'sick', ...statements: string[]): void {
  const component = [
    'release:',
    `  - { name: migrate, run: ${command(...statements)}, repeatable: true }`,
    'postdeploy: node sql.mjs boom',
  ]
  const more = ['resources: { db: { type: postgres } }', 'env: { DATABASE_URL: { from: db.url } }', 'backup: { verify: false }']
  const others = [
    'tick: { type: cron, build: { type: command, command: [node, --version], output: . }, run: node --version, schedule: "* * * * *" }',
  ]
  writeApp(folder, { name: 'shop', text, mode, component, others, more })
  writeFileSync(join(folder, 'sql.mjs'), SQL)
  buildSync({
    stdin: { contents: `module.exports = require('pg')`, resolveDir: repositoryFolder },
    bundle: true,
    platform: 'node',
    format: 'cjs',
    external: ['pg-native'],
    outfile: join(folder, 'pg.cjs'),
    logLevel: 'error',
  })
}
async function query<T>(statement: string): Promise<T[]> {
  const { stdout } = await machine.must(['exec', 'web', '-C', folder, '--', 'node', 'sql.mjs', statement])
  return JSON.parse(stdout) as T[]
}
async function rehearse(): Promise<{ code: number; report: Report; text: string }> {
  const { code, stdout, stderr } = await machine.run(['rehearse', '-C', folder, '--json'])
  const last = stdout.trim().split('\n').at(-1) ?? '{}'
  const { report } = JSON.parse(last) as { report: Report }
  return { code, report, text: stderr }
}
/** All that a rehearsal must not touch: processes, data, routes, releases, backups. */
async function production() {
  const app = await machine.app('shop')
  const pids = app.components.flatMap((c) => c.instances.map((i) => `${c.name} ${i.pid}`)).sort()
  const { stdout } = await machine.must(['backup', 'list', '-C', folder, '--json'])
  return {
    pids,
    release: app.release,
    urls: app.urls,
    rows: await query('select id, total from orders order by id'),
    tables: await query(
      `select table_name, column_name from information_schema.columns where table_schema = 'public' order by 1, 2`,
    ),
    backups: JSON.parse(stdout) as unknown,
    text: await (await fetch(`${await machine.url()}/`)).text(),
  }
}
const remains = () => ['volumes', 'homes', 'logs'].filter((name) => existsSync(join(machine.home, name, 'shop', 'rehearsal')))

needs('postgres').describe('landfall rehearse', () => {
  test('wants a backup', async () => {
    write('one', 'well', 'create table orders (id serial primary key, total int)')
    expect((await machine.up(folder)).end?.message).toContain('r1 serves')
    await query('insert into orders (total) select n from generate_series(1, 1000) n')
    const { code, stderr } = await machine.run(['rehearse', '-C', folder])
    expect([code, stderr]).toEqual([2, expect.stringContaining('landfall backup create')])
  })

  test('tells what a release would do to the data, and leaves what serves alone', async () => {
    await machine.must(['backup', 'create', '-C', folder, '--yes'])
    write(
      'two',
      'well',
      `alter table orders add column note text default 'x' not null`,
      'begin',
      'lock table orders',
      'select pg_sleep(0.4)',
      'commit',
    )
    const before = await production()
    const { code, report } = await rehearse()
    expect([code, report.state, report.message]).toEqual([0, 'passed', 'the release works on a copy of the data'])
    expect(report.steps.map((s) => s.stage)).toEqual(
      expect.arrayContaining(['resources', 'restore', 'release', 'roll', 'switch']),
    )
    expect(report.releaseMs).toBeGreaterThan(0)
    expect(report.locks).toContainEqual(
      expect.objectContaining({
        resource: 'db',
        table: 'public.orders',
        mode: 'AccessExclusiveLock',
        keepsOut: 'reads and writes',
      }),
    )
    expect(report.data).toMatchObject([{ resource: 'db', before: 1000, after: 1000 }])
    expect(report.checks).toEqual([expect.stringContaining('passed: greets')])
    expect(report.leftOut).toEqual(['postdeploy of web: it may tell others of a release', 'tick: nothing runs by a schedule'])
    expect([report.unseen, report.remains, remains()]).toEqual([[], [], []])
    expect(await production()).toEqual(before)
    expect((await machine.ps()).apps.map((a) => a.environment)).toEqual(['local'])
  })

  test('a migration that fails on the data fails here, and nowhere else', async () => {
    write('three', 'well', 'alter table orders add constraint small check (total < 500)')
    const before = await production()
    const { code, report } = await rehearse()
    expect([code, report.state]).toEqual([1, 'failed'])
    expect(report.message).toContain('small')
    expect([report.remains, remains()]).toEqual([[], []])
    expect(await production()).toEqual(before)
  })

  test('for people it says so in words', async () => {
    write('four', 'well', 'select 1')
    const { code, stdout } = await machine.run(['rehearse', '-C', folder])
    expect(code).toBe(0)
    expect(stdout).toContain('the release works on a copy of the data')
    expect(stdout).toMatch(/Durations\n.*step +took/)
    expect(stdout).toContain('what serves was not touched')
    expect(readdirSync(join(machine.home, 'volumes', 'shop'))).toEqual(['local'])
  })
})
