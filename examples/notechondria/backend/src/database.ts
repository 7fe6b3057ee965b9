import pg from 'pg'

export type Database = pg.Pool

export function openDatabase(url: string): Database {
  const pool = new pg.Pool({
    connectionString: url,
    application_name: 'notechondria',
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

/** The pool, or the one connection of a transaction. */
export type Queries = Pick<pg.ClientBase, 'query'>

export async function rowsOf<T extends pg.QueryResultRow>(on: Queries, sql: string, values: unknown[] = []): Promise<T[]> {
  return (await on.query<T>(sql, values)).rows
}
export async function rowOf<T extends pg.QueryResultRow>(
  on: Queries,
  sql: string,
  values: unknown[] = [],
): Promise<T | undefined> {
  return (await on.query<T>(sql, values)).rows[0]
}
