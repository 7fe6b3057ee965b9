import pg from 'pg'
import { Failure } from './failure.ts'

export type Database = pg.Pool

export function openDatabase(url: string): Database {
  const pool = new pg.Pool({
    connectionString: url,
    application_name: 'communityrule',
    max: 10,
    connectionTimeoutMillis: 3_000,
    idleTimeoutMillis: 30_000,
    query_timeout: 10_000,
    keepAlive: true,
  })
  // An idle connection that breaks is replaced by the next query; without a listener it would end the process.
  pool.on('error', (error) => console.error(`database: ${error.message}`))
  return pool
}

/** For everything that cannot do without one. */
export function requireDatabase(database: Database | undefined): Database {
  if (!database) throw new Failure(503, 'database_not_configured', 'No database is configured.')
  return database
}

/** All of it or nothing. */
export async function inTransaction<T>(database: Database, work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
  const client = await database.connect()
  let isBroken = false
  try {
    await client.query('begin')
    const result = await work(client)
    await client.query('commit')
    return result
  } catch (error) {
    await client.query('rollback').catch(() => {
      isBroken = true
    })
    throw error
  } finally {
    client.release(isBroken)
  }
}
