import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import type { ClientBase } from 'pg'
import type { Queries } from './database.ts'

export interface Migration {
  /** File name without `.sql`: `0001_rules`. */
  version: string
  sql: string
  checksum: string
}

// Any number will do, as long as it is always the same one.
const LOCK = 6_682_114

/** Every `NNNN_name.sql` of a folder, in order. */
export function readMigrations(folder: URL): Migration[] {
  const files = readdirSync(folder)
    .filter((name) => name.endsWith('.sql'))
    .sort()
  files.forEach((name, at) => {
    if (!new RegExp(`^${String(at + 1).padStart(4, '0')}_[a-z0-9_]+\\.sql$`).test(name)) {
      throw new Error(`${name}: migrations are numbered without gaps: expected ${String(at + 1).padStart(4, '0')}_<name>.sql`)
    }
  })
  return files.map((name) => {
    const sql = readFileSync(new URL(name, folder), 'utf8').replaceAll('\r\n', '\n')
    return { version: name.slice(0, -'.sql'.length), sql, checksum: createHash('sha256').update(sql).digest('hex') }
  })
}

/**
 * What this code has and the database has not. A database that knows more than this code is fine: that is how it looks
 * after a rollback, and why migrations only ever add.
 */
export async function findPending(client: Queries, migrations: Migration[]): Promise<Migration[]> {
  const found = await client.query<{ name: string | null }>("select to_regclass('schema_migrations') as name")
  if (found.rows[0]?.name === null) return migrations
  const applied = await client.query<{ version: string; checksum: string }>('select version, checksum from schema_migrations')
  const checksums = new Map(applied.rows.map((row) => [row.version, row.checksum]))
  for (const { version, checksum } of migrations) {
    const known = checksums.get(version)
    if (known !== undefined && known !== checksum) throw new Error(`${version} was edited after it had been applied`)
  }
  return migrations.filter(({ version }) => !checksums.has(version))
}

/** Applies what is pending, one transaction each; gives the versions it applied. Two at once wait for one another. */
export async function migrate(client: ClientBase, migrations: Migration[], say: (line: string) => void): Promise<string[]> {
  await client.query("set lock_timeout = '60s'")
  await client.query('select pg_advisory_lock($1)', [LOCK])
  try {
    await client.query(
      'create table if not exists schema_migrations (version text primary key, checksum text not null, applied_at timestamptz not null default now())',
    )
    const pending = await findPending(client, migrations)
    for (const { version, sql, checksum } of pending) {
      await client.query('begin')
      try {
        // A change that waits for a busy table makes every later query on that table wait behind it: better to give up.
        await client.query("set local lock_timeout = '5s'")
        await client.query(sql)
        await client.query('insert into schema_migrations (version, checksum) values ($1, $2)', [version, checksum])
        await client.query('commit')
      } catch (error) {
        await client.query('rollback')
        throw new Error(`${version}: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
      }
      say(`applied ${version}`)
    }
    return pending.map(({ version }) => version)
  } finally {
    await client.query('select pg_advisory_unlock($1)', [LOCK])
  }
}
