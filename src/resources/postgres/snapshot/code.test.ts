import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { needs } from '../../../../test/capabilities.ts'
import type { SnapshotContext, SnapshotTarget } from '../../../model/backup.ts'
import type { Finding } from '../../../model/finding.ts'
import postgres from '../index.ts'
import { freePort, Server } from '../server.harness.ts'
import { DEFAULT_MAJOR } from '../versions.ts'
import { code } from './code.ts'
import { Wire } from './wire.ts'

let root: string
let artifact: string
const found: Finding[] = []
let ctx: SnapshotContext

const aServer = async () => {
  const server = new Server({ root, artifact, port: await freePort() })
  await server.up()
  return server
}
const targetOf = (server: Server, values: Record<string, string> = { folder: server.folder }): SnapshotTarget => ({
  resource: server.resource,
  values: { url: server.output('url'), artifact, ...values },
})
async function dumped(target: SnapshotTarget) {
  const { stream, holding } = code.dump(target, ctx)
  const chunks: Uint8Array[] = []
  for await (const chunk of stream) chunks.push(Buffer.from(chunk))
  return { sql: Buffer.concat(chunks), holding: holding() }
}
async function* once(bytes: Uint8Array) {
  yield bytes
}

/** A bit of everything that a schema may have. */
const SCHEMA = String.raw`
  create schema shop;
  create type shop.mood as enum ('good', 'it''s bad');
  create domain shop.positive as int check (value > 0);
  create table shop.item (id bigserial primary key, name text not null unique, mood shop.mood, price numeric(10,2) default 1.5,
    size shop.positive, tags text[], data jsonb, at timestamptz, bits bytea, twice int generated always as (length(name) * 2) stored);
  create table shop."Odd ""Name""" ("a b" int generated always as identity, item bigint references shop.item on delete cascade);
  create table nothing ();
  create table part (day date, n float8) partition by range (day);
  create table part_26 partition of part for values from ('2026-01-01') to ('2027-01-01');
  create index on shop.item using gin (tags);
  create function shop.f(a int) returns int language sql begin atomic select a + 1; select case when a > 0 then a else 0 end; end;
  create function shop.log() returns trigger language plpgsql as $body$ begin return new; end; $body$;
  create trigger t before insert on shop.item for each row execute function shop.log();
  create view shop.cheap as select * from shop.item where price < 10;
  create materialized view shop.total as select count(*) as n from shop.item;
  comment on table shop.item is 'what we sell; \! touch /tmp/x';
  insert into shop.item (name, mood, size, tags, data, at, bits) select 'item ' || i || E'\n\\.\n\\! touch /tmp/x\t', 'good', i, array['a', 'b;'], '{"k": [1, null]}',
    timestamptz '2026-11-21 03:00:00.123456+01', decode('00ff0a5c', 'hex') from generate_series(1, 3000) i;
  insert into shop."Odd ""Name""" (item) select id from shop.item limit 10;
  insert into nothing default values; insert into nothing default values;
  insert into part values ('2026-05-05', 0.1), ('2026-06-06', 'NaN'), ('2026-07-07', '-Infinity');
  refresh materialized view shop.total`

needs('postgres').describe('snapshots of PostgreSQL', () => {
  beforeAll(async () => {
    root = mkdtempSync(join(tmpdir(), 'landfall-snapshot-'))
    chmodSync(root, 0o755)
    artifact = join(root, 'artifact')
    mkdirSync(artifact)
    const source = { type: 'server', resource: 'postgres', version: postgres.server!.resolve(DEFAULT_MAJOR) } as const
    const signal = AbortSignal.timeout(110_000)
    await postgres.server!.install(source, artifact, { signal, say: () => {}, cache: join(root, 'cache') })
    const scratch = join(root, 'scratch')
    mkdirSync(scratch, { mode: 0o711 })
    ctx = { signal, say: () => {}, scratch, home: root, find: (f) => void found.push(f) }
  })
  afterAll(() => rmSync(root, { recursive: true, force: true }))

  test('everything comes back into a scratch server and into a new database, and the swap goes both ways', async () => {
    const server = await aServer()
    await server.query(SCHEMA)
    const target = targetOf(server)
    const { sql, holding } = await dumped(target)
    expect(holding.items['table "shop"."item"']?.count).toBe(3000)
    expect(holding.items['table "public"."nothing"']?.count).toBe(2)

    const scratch = await code.scratch(holding, target, ctx)
    await code.restore(scratch.target, 'landfall_verify', once(sql), ctx)
    const back = await code.inspect(scratch.target, 'landfall_verify', ctx)
    await scratch.close()
    expect(back.items).toEqual(holding.items)
    expect(back.values).toEqual(holding.values)

    await server.query(`delete from shop.item; create table since ()`)
    await code.restore(target, 'landfall_1', once(sql), ctx)
    expect(await server.query('select count(*)::int from shop.item')).toEqual([0])
    for (let i = 0; i < 2; i++) await code.swap(target, 'landfall_1', ctx)
    expect(await server.query(`select n::int from shop.total`)).toEqual([3000])
    expect(await server.query(`select shop.f(41)`)).toEqual([41])
    expect(await server.query(`select to_regclass('since')`)).toEqual([null])
    // A dump of what was restored is the dump that it was restored from.
    expect((await dumped(target)).sql.equals(sql)).toBe(true)
    for (let i = 0; i < 2; i++) await code.swapBack(target, 'landfall_1', ctx)
    expect(await server.query(`select to_regclass('since')::text`)).toEqual(['since'])
    await code.drop(target, 'landfall_1', 'new', ctx)
    expect(await server.query(`select count(*)::int from pg_database where datname like 'landfall%'`)).toEqual([0])
  })

  test('a server of somebody else takes it too, where its role may create databases', async () => {
    const server = await aServer()
    await server.query('create table t (x int); insert into t select generate_series(1, 100)')
    const own = targetOf(server)
    const { sql, holding } = await dumped(own)
    const theirs = targetOf(server, {})
    const admin = { host: join(server.folder, 'socket'), user: 'landfall', password: '', database: 'postgres', port: server.port }
    const wire = await Wire.open(admin, ctx.signal)
    await wire.query('grant connect on database postgres to app')
    await expect(code.restore(theirs, 'landfall_1', once(sql), ctx)).rejects.toMatchObject({ code: 'E_TARGET' })
    await wire.query('alter role app createdb')
    wire.close()
    expect((await dumped(theirs)).holding.items).toEqual(holding.items)
    await code.restore(theirs, 'landfall_1', once(sql), ctx)
    expect((await code.inspect(theirs, 'landfall_1', ctx)).items).toEqual(holding.items)
    await server.query('drop table t')
    await code.swap(theirs, 'landfall_1', ctx)
    expect(await server.query('select count(*)::int from t')).toEqual([100])
  })

  test('what it does not carry is a finding', async () => {
    const server = await aServer()
    await server.query('select lo_create(0); create unlogged table quick (x int)')
    found.length = 0
    await dumped(targetOf(server))
    expect(found.map((f) => f.code)).toEqual(['W_BACKUP_LARGE_OBJECTS', 'W_BACKUP_UNLOGGED'])
  })

  test('a server that goes away in the middle is a failure, and never the end of a dump', async () => {
    const server = await aServer()
    // More than what is read ahead while definitions are made.
    await server.query(`create table t as select repeat('x', 1000) as x from generate_series(1, 100000)`)
    const { stream } = code.dump(targetOf(server), ctx)
    let bytes = 0
    const reading = (async () => {
      for await (const chunk of stream) {
        bytes += chunk.length
        if (bytes > 1_000_000) server.signal('SIGKILL')
      }
    })()
    await expect(reading).rejects.toMatchObject({ code: expect.stringMatching(/E_LOGIN|E_BACKUP|E_SQL/) })
    await server.ended()
  })

  test('an error in a dump names the line, and a role that is no superuser gets no further than the app', async () => {
    const server = await aServer()
    const restore = (sql: string) => code.restore(targetOf(server), 'landfall_1', once(Buffer.from(sql)), ctx)
    await expect(restore('select 1;\nselect * from nowhere;\n')).rejects.toMatchObject({ code: 'E_RESTORE', at: 'db.sql:2' })
    await expect(restore(`create extension file_fdw;\n`)).rejects.toMatchObject({ code: 'E_RESTORE' })
    await expect(restore(`select pg_read_file('/etc/passwd');\n`)).rejects.toMatchObject({ code: 'E_RESTORE' })
  })
})
