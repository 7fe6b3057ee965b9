import { drizzle, type NodePgDatabase } from 'drizzle-orm/node-postgres'
import pg from 'pg'
import * as schema from './schema.ts'

export type Database = NodePgDatabase<typeof schema> & { $client: pg.Pool }

export function openDatabase(url: string): Database {
  const pool = new pg.Pool({
    connectionString: url,
    application_name: 'flick',
    max: 8,
    connectionTimeoutMillis: 5_000,
    query_timeout: 10_000,
    statement_timeout: 10_000,
  })
  // Of connections that wait in the pool; whoever asks next gets a new one, or hears why not.
  pool.on('error', (error) => console.error(`database: ${error.message}`))
  return drizzle(pool, { schema })
}
