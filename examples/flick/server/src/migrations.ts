import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { sql } from 'drizzle-orm'
import { type MigrationMeta, readMigrationFiles } from 'drizzle-orm/migrator'
import { migrate as applyAll } from 'drizzle-orm/node-postgres/migrator'
import type { Database } from './database.ts'

export interface Migration {
  name: string
  hash: string
  at: number
}
/** Any number, as long as it is always the same. */
const LOCK = 6_174_001

/** `drizzle/` lies beside the program, in the source and in dist/. */
export const folder = fileURLToPath(new URL(import.meta.url.endsWith('.ts') ? '../drizzle' : 'drizzle', import.meta.url))

export function readMigrations(from = folder): Migration[] {
  const journal: { entries: { tag: string }[] } = JSON.parse(readFileSync(`${from}/meta/_journal.json`, 'utf8'))
  const files: MigrationMeta[] = readMigrationFiles({ migrationsFolder: from })
  const migrations = files.map((file, i) => ({ name: journal.entries[i]?.tag ?? '', hash: file.hash, at: file.folderMillis }))
  migrations.forEach((one, i) => {
    const before = migrations[i - 1]
    // Drizzle only looks for what is newer than the last one that it applied, and reports success.
    if (before && before.at >= one.at)
      throw new Error(`${one.name} is dated before ${before.name}: it would be skipped in silence`)
  })
  return migrations
}

/** Those that the database does not have. What it has beyond ours is a newer release's, and no fault. */
export async function findPending(database: Database, migrations: Migration[]): Promise<Migration[]> {
  const found = await database.execute(sql`select to_regclass('drizzle.__drizzle_migrations') is not null as is_there`)
  if (!found.rows[0]?.is_there) return migrations
  const applied = await database.execute<{ hash: string }>(sql`select hash from drizzle.__drizzle_migrations`)
  const hashes = new Set(applied.rows.map((row) => row.hash))
  return migrations.filter((one) => !hashes.has(one.hash))
}

/** Applies what is pending, in one transaction, and counts afterwards. Two at once wait for each other. */
export async function migrate(database: Database, from = folder): Promise<Migration[]> {
  const migrations = readMigrations(from)
  const holder = await database.$client.connect()
  try {
    await holder.query('select pg_advisory_lock($1)', [LOCK])
    const pending = await findPending(database, migrations)
    if (pending.length > 0) await applyAll(database, { migrationsFolder: from })
    const left = await findPending(database, migrations)
    if (left.length > 0) {
      const done = migrations.length - left.length
      throw new Error(`${done} of ${migrations.length} are applied: ${left.map((one) => one.name).join(', ')} still missing`)
    }
    return pending
  } finally {
    // The lock ends with the connection.
    holder.release(true)
  }
}
