import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { buildSync } from 'esbuild'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { PlanAnswer } from '../../src/ops/contract.ts'
import { needs } from '../capabilities.ts'
import { writeApp } from './an-app.ts'
import { Machine, repositoryFolder } from './helpers.ts'

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

/** Another version of the app, with the statements that its release begins with. */
function write(text: string, compatible: string | undefined, ...statements: string[]): void {
  const component = ['release:', `  - { name: migrate, run: ${command(...statements)}, repeatable: true }`]
  if (compatible) component.push(`compatible: ${compatible}`)
  const more = ['resources: { db: { type: postgres } }', 'env: { DATABASE_URL: { from: db.url } }', 'backup: { verify: false }']
  writeApp(folder, { name: 'shop', text, component, more })
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
const text = async () => (await fetch(`${await machine.url()}/`)).text()
const rollback = (...more: string[]) => machine.run(['rollback', 'r1', '-C', folder, ...more], { cwd: folder })

needs('postgres').describe('the way back where a schema changed', () => {
  test('is not gone before somebody chose: both ways are told, with what the data would lose', async () => {
    write('one', undefined, 'create table orders (id serial primary key, total int)')
    expect((await machine.up(folder)).end?.message).toBe('r1 serves')
    await query('insert into orders (total) select n from generate_series(1, 5) n')
    write('two', 'breaking', 'alter table orders rename column total to amount')
    expect((await machine.up(folder)).end?.message).toBe('r2 serves')
    await query('insert into orders (amount) values (6), (7)')

    const asked = await rollback('--yes')
    expect(asked.code).toBe(2)
    expect(asked.stderr).toContain('E_SCHEMA_BREAKING')
    expect(asked.stderr).toMatch(/--code-and-data restores \d{8}T\d{6}Z-[a-z]{4}: .* db table .*orders.* \(2 rows more\)/s)
    expect(await text()).toBe('two')
    expect(await query('select count(*)::int as n from orders')).toEqual([{ n: 7 }])
  })

  test('the code alone runs on the data as it is', async () => {
    const { findings, plan } = await machine.json<PlanAnswer>(['plan', '-C', folder])
    expect([findings.filter((f) => f.level === 'error'), plan?.stages]).toEqual([[], []])
    expect((await rollback('--code', '--yes')).code).toBe(0)
    expect(await text()).toBe('one')
    expect(await query('select count(amount)::int as n from orders')).toEqual([{ n: 7 }])
    expect((await machine.run(['rollback', 'r2', '-C', folder, '--yes'])).code).toBe(0)
    expect(await text()).toBe('two')
  })

  test('code and data go back together: neither meets what the other does not know', async () => {
    const back = await rollback('--code-and-data', '--yes')
    expect(back.stderr).toContain('W_DATA_BACK')
    expect([back.code, back.stderr]).toEqual([0, expect.any(String)])
    expect(await text()).toBe('one')
    expect(await query('select count(total)::int as n from orders')).toEqual([{ n: 5 }])
    // What was written since is set aside until somebody says that it may go.
    const { stdout } = await machine.must(['backup', 'list', '-C', folder, '--json'])
    const { restores } = JSON.parse(stdout) as { restores: { id: string; state: string }[] }
    expect(restores).toMatchObject([{ state: 'swapped' }])
    await machine.must(['backup', 'confirm', restores[0]?.id ?? '', '-C', folder, '--yes'])
    expect(await query('select count(total)::int as n from orders')).toEqual([{ n: 5 }])
  })

  test('a schema that only grew is no reason to ask', async () => {
    write('three', 'expand', 'alter table orders add column note text')
    expect((await machine.up(folder)).end?.state).toBe('done')
    expect(await text()).toBe('three')
    const back = await rollback('--yes')
    expect([back.code, back.stderr]).toEqual([0, expect.stringContaining('it only grew (compatible: expand)')])
    expect(await text()).toBe('one')
    expect(await query('select count(note)::int as n from orders')).toEqual([{ n: 0 }])
  })
})
