import pg from 'pg'
import { codeOf, LandfallError } from '../../lib/error.ts'

const CONNECT_MS = 5_000
const STATEMENT_MS = 30_000
/** Wrong password, no such role, no such database: waiting changes none of them. */
const REFUSALS = new Set(['28P01', '28000', '3D000'])

/** One attempt to get in as the app does, at the address that it has. */
export async function loginByUrl(url: string, signal: AbortSignal): Promise<void> {
  await sessionByUrl(url, signal, (client) => client.query('select 1'))
}

/** First column of the first row of a statement that can change nothing, as text. */
export async function query(values: Record<string, string>, statement: string, signal: AbortSignal): Promise<string | undefined> {
  return sessionByUrl(values.url ?? '', signal, async (client) => {
    await client.query(`set statement_timeout = ${STATEMENT_MS}`)
    await client.query('begin transaction read only')
    // A name makes it a prepared statement, of which the server takes one and not several.
    const { rows } = await client.query<unknown[]>({ name: 'claim', text: statement, rowMode: 'array' })
    await client.query('rollback')
    const value = rows[0]?.[0]
    if (value === undefined || value === null) return undefined
    if (value instanceof Date) return value.toISOString()
    return typeof value === 'object' ? JSON.stringify(value) : String(value)
  })
}

/** Who waits for a lock in this database, with the session that has it: pid, since when, which program, in which state. */
export async function blocked(values: Record<string, string>, signal: AbortSignal): Promise<string[]> {
  return sessionByUrl(values.url ?? '', signal, async (client) => {
    const { rows } = await client.query<Record<'pid' | 'seconds' | 'holder' | 'program' | 'state' | 'age', string | null>>(
      `select w.pid, extract(epoch from clock_timestamp() - w.query_start)::int as seconds,
              h.pid as holder, nullif(h.application_name, '') as program, h.state,
              extract(epoch from clock_timestamp() - coalesce(h.xact_start, h.query_start))::int as age
       from pg_stat_activity w
       cross join lateral unnest(pg_blocking_pids(w.pid)) as b(pid)
       join pg_stat_activity h on h.pid = b.pid
       where w.datname = current_database() and w.wait_event_type = 'Lock'
       order by h.xact_start nulls last, w.pid limit 20`,
    )
    return rows.map(
      ({ pid, seconds, holder, program, state, age }) =>
        `session ${holder} (${program ?? 'without a name'}, ${state ?? 'unknown'}, its transaction ${age ?? '?'} s old) has the lock that session ${pid} waits for, for ${seconds} s`,
    )
  })
}

async function sessionByUrl<T>(url: string, signal: AbortSignal, work: (client: pg.Client) => Promise<T>): Promise<T> {
  signal.throwIfAborted()
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: CONNECT_MS,
    query_timeout: STATEMENT_MS + CONNECT_MS,
    application_name: 'landfall',
  })
  // Without a listener, a server that goes away in the middle would end our process.
  client.on('error', () => {})
  const cut = () => client.connection.stream.destroy(new Error('no answer in time'))
  signal.addEventListener('abort', cut, { once: true })
  try {
    await client.connect()
    return await work(client)
  } catch (error) {
    const reason = error instanceof Error && error.message ? error.message : (codeOf(error) ?? String(error))
    const code = codeOf(error)
    throw new LandfallError({
      code: REFUSALS.has(code ?? '') ? 'E_CREDENTIALS' : 'E_LOGIN',
      message: `could not work with PostgreSQL as ${client.user ?? 'nobody'} at ${client.host}:${client.port}: ${reason}`,
      ...(code && { detail: code }),
      ...(REFUSALS.has(code ?? '') && { hint: 'set the right address: landfall env set' }),
      cause: error,
    })
  } finally {
    signal.removeEventListener('abort', cut)
    client.end().catch(() => {}) // What is to be said about a broken connection has been said.
  }
}
