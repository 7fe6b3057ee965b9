import { createHash } from 'node:crypto'
import type { Holding, SnapshotContext } from '../../../model/backup.ts'
import { literal, name, type Wire } from './wire.ts'

export interface Table {
  /** `public.orders`, quoted where it must be. */
  name: string
  /** Those that are not generated. */
  columns: string[]
}

/** So that the same data gives the same text, whatever the server's, the database's or the role's own settings are. */
export const SAME_TEXT = `set datestyle = 'iso, mdy'; set intervalstyle = 'postgres'; set timezone = 'UTC'; set extra_float_digits = 3;
  set bytea_output = 'hex'; set lc_monetary = 'C'; set xmloption = content; set synchronize_seqscans = off; set row_security = off;
  set statement_timeout = 0; set lock_timeout = 0; set idle_in_transaction_session_timeout = 0; set client_encoding = 'UTF8';
  set search_path = ''`

const OURS = `n.nspname not like 'pg\\_%' and n.nspname <> 'information_schema'
  and not exists (select from pg_catalog.pg_depend d where d.objid = c.oid and d.deptype = 'e' and d.classid = 'pg_catalog.pg_class'::regclass)`

/** Tables with rows of their own, by name. */
export async function tablesOf(wire: Wire): Promise<Table[]> {
  const rows = await wire.query(`select n.nspname, c.relname, a.attname
    from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    left join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
    where c.relkind = 'r' and c.relpersistence <> 't' and ${OURS} order by n.nspname collate "C", c.relname collate "C", a.attnum`)
  const tables = new Map<string, Table>()
  for (const [schema, table, column] of rows) {
    const full = `${name(schema ?? '')}.${name(table ?? '')}`
    const known = tables.get(full) ?? { name: full, columns: [] }
    if (column !== null && column !== undefined) known.columns.push(column)
    tables.set(full, known)
  }
  return [...tables.values()]
}

/** Where each sequence stands; `undefined` where it has not given a number yet. */
export async function sequencesOf(wire: Wire): Promise<{ name: string; last: string | undefined }[]> {
  const rows = await wire.query(`select s.schemaname, s.sequencename, s.last_value from pg_catalog.pg_sequences s
    join pg_catalog.pg_namespace n on n.nspname = s.schemaname
    join pg_catalog.pg_class c on c.relname = s.sequencename and c.relnamespace = n.oid
    where ${OURS} order by s.schemaname collate "C", s.sequencename collate "C"`)
  return rows.map(([schema, sequence, last]) => ({
    name: `${name(schema ?? '')}.${name(sequence ?? '')}`,
    last: last ?? undefined,
  }))
}

export async function extensionsOf(wire: Wire): Promise<{ name: string; schema: string; version: string }[]> {
  const rows = await wire.query(`select e.extname, n.nspname, e.extversion from pg_catalog.pg_extension e
    join pg_catalog.pg_namespace n on n.oid = e.extnamespace where e.extname <> 'plpgsql' order by e.extname collate "C"`)
  return rows.map(([extension, schema, version]) => ({ name: extension ?? '', schema: schema ?? '', version: version ?? '' }))
}

export const copyOutOf = (table: Table): string => `copy ${table.name} ${columnsOf(table)} to stdout`
export const columnsOf = (table: Table): string => `(${table.columns.map(name).join(', ')})`

/** The bytes of a table as they pass, each piece until the next one, with what they were. A table without columns has rows all the same, and no bytes of them. */
export async function* rowsOf(wire: Wire, table: Table, into: Holding['items']): AsyncGenerator<Buffer> {
  const hash = createHash('sha256')
  let bytes = 0
  let count = 0
  if (table.columns.length === 0) count = Number((await wire.query(`select count(*) from ${table.name}`))[0]?.[0])
  else {
    for await (const chunk of wire.copyOut(copyOutOf(table), (rows) => (count = rows))) {
      hash.update(chunk)
      bytes += chunk.length
      yield chunk
    }
  }
  into[`table ${table.name}`] = { count, bytes, sha256: hash.digest('hex') }
}

/** What of this database no dump of ours carries. */
export async function findLosses(wire: Wire, at: string, ctx: SnapshotContext): Promise<void> {
  const count = async (sql: string) => (await wire.query(sql)).map(([text]) => text ?? '')
  const lost = (code: string, message: string, hint: string) => ctx.find({ level: 'lost', code, at, message, hint })
  const large = Number((await count('select count(*) from pg_catalog.pg_largeobject_metadata'))[0])
  if (large > 0) {
    const message = `${at} holds ${large} large ${large === 1 ? 'object' : 'objects'}, which the backup does not carry`
    lost('W_BACKUP_LARGE_OBJECTS', message, 'keep such data in a table (bytea) or in a bucket')
  }
  const foreign = await count(
    `select n.nspname || '.' || c.relname from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace where c.relkind = 'f'`,
  )
  if (foreign.length > 0) {
    const message = `of the foreign tables ${foreign.join(', ')} the backup carries the definition alone`
    lost('W_BACKUP_FOREIGN_TABLES', message, 'back their rows up where they are')
  }
  const unlogged = await count(
    `select n.nspname || '.' || c.relname from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace where c.relkind = 'r' and c.relpersistence = 'u'`,
  )
  if (unlogged.length > 0) {
    const message = `${unlogged.join(', ')} are unlogged: their rows are in the backup, but after a crash of the server they would be empty`
    ctx.find({ level: 'warning', code: 'W_BACKUP_UNLOGGED', at, message })
  }
  const roles = await count(`select distinct r.rolname from pg_catalog.pg_policy p, unnest(p.polroles) as o
    join pg_catalog.pg_roles r on r.oid = o where r.rolname <> current_user
    and r.oid <> (select d.datdba from pg_catalog.pg_database d where d.datname = pg_catalog.current_database())`)
  if (roles.length > 0) {
    const message = `row policies name the roles ${roles.join(', ')}: a server to restore into must have them`
    ctx.find({ level: 'warning', code: 'W_BACKUP_ROLES', at, message })
  }
}

export const setval = (sequence: string, last: string): string =>
  `select pg_catalog.setval(${literal(sequence)}, ${last}, true);\n`
