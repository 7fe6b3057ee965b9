import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { findPending, migrate, readMigrations } from '../../src/migrations.ts'
import { root, run, scratchSchema } from './instance.ts'

let schema: Awaited<ReturnType<typeof scratchSchema>>
let env: Record<string, string>
before(async () => {
  schema = await scratchSchema()
  env = { CLOUDRON_POSTGRESQL_URL: schema.url }
})
after(() => schema.drop())

test('--check says what is pending with 1, and 0 once two migrations at the same time are through', async () => {
  const pending = await run(['migrate.js', '--check'], env)
  assert.equal(pending.code, 1)
  assert.match(pending.output, /^pending 0001_rules$/m)
  const both = await Promise.all([run(['migrate.js'], env), run(['migrate.js'], env)])
  assert.deepEqual(
    both.map(({ code }) => code),
    [0, 0],
  )
  assert.equal(both.filter(({ output }) => output.includes('applied 0001_rules')).length, 1)
  assert.equal((await run(['migrate.js', '--check'], env)).code, 0)
  assert.match((await run(['migrate.js'], env)).output, /nothing is pending/)
})

test('--check that cannot tell ends with 2', async () => {
  assert.equal((await run(['migrate.js', '--check'], {})).code, 2)
  const nobody = await run(['migrate.js', '--check'], { CLOUDRON_POSTGRESQL_URL: 'postgres://x:hunter2@127.0.0.1:1/x' })
  assert.equal(nobody.code, 2)
  assert.ok(!nobody.output.includes('hunter2'))
})

test('a migration that fails leaves nothing behind, and the ones before it stay', async () => {
  const migrations = readMigrations(new URL('migrations/', root))
  const broken = { version: '0099_broken', checksum: 'x', sql: 'create table half (id int); select * from nowhere' }
  await assert.rejects(
    migrate(schema.client, [...migrations, broken], () => {}),
    /0099_broken: relation "nowhere" does not exist/,
  )
  assert.equal((await schema.client.query("select to_regclass('half') as half")).rows[0].half, null)
  assert.deepEqual(await findPending(schema.client, migrations), [])
})

test('older code finds nothing pending on a newer database, and edited history is refused', async () => {
  const [first, ...rest] = readMigrations(new URL('migrations/', root))
  assert.deepEqual(await findPending(schema.client, [first!]), [])
  await assert.rejects(findPending(schema.client, [{ ...first!, checksum: 'other' }, ...rest]), /0001_rules was edited/)
})

test('the seed can be repeated: the same counts, and what the seed no longer has is gone', async () => {
  assert.equal((await run(['seed.js'], env)).output, '13 templates, 130 facet rows\n')
  await schema.client.query("insert into templates values ('old', 99, 'Old', '', '{}')")
  assert.equal((await run(['seed.js'], env)).output, '13 templates, 130 facet rows\n')
  const { rows } = await schema.client.query(
    'select (select count(*)::int from templates) as templates, (select count(*)::int from template_facets) as facets',
  )
  assert.deepEqual(rows[0], { templates: 13, facets: 130 })
})
