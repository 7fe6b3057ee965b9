/** A lock on a table that others would have waited for. */
export interface SeenLock {
  resource: string
  /** `public.orders`. */
  table: string
  /** As PostgreSQL calls it: `AccessExclusiveLock`. */
  mode: string
  /** The longest that it was seen to be held, in milliseconds, to the length of one look. */
  ms: number
  keepsOut: 'reads and writes' | 'writes'
}

/** Time between two looks. */
const EVERY_MS = 25
/** Modes that readers or writers wait for, and whom they keep out. */
const MODES: Record<string, SeenLock['keepsOut']> = {
  AccessExclusiveLock: 'reads and writes',
  ExclusiveLock: 'writes',
  ShareRowExclusiveLock: 'writes',
  ShareLock: 'writes',
}
const LOOK = `select n.nspname || '.' || c.relname as "table", l.mode, l.pid,
  (extract(epoch from clock_timestamp() - a.xact_start) * 1000)::int as ms
from pg_locks l join pg_class c on c.oid = l.relation join pg_namespace n on n.oid = c.relnamespace
join pg_stat_activity a on a.pid = l.pid
where l.locktype = 'relation' and l.granted and c.relkind in ('r', 'p', 'm') and l.mode = any ($1)
and n.nspname not in ('pg_catalog', 'information_schema') and n.nspname not like 'pg_toast%' and l.pid <> pg_backend_pid()`

export interface LockWatch {
  /** What was seen, and why the looking broke off, where it did. */
  end(): Promise<{ seen: SeenLock[]; problem?: string }>
}

/** Looks at a PostgreSQL again and again until it is told to end. Shorter locks than a look is long may be missed. */
export async function watchLocks(resource: string, url: string): Promise<LockWatch> {
  const { default: pg } = await import('pg')
  const client = new pg.Client({ connectionString: url, application_name: 'landfall rehearsal' })
  await client.connect()
  client.on('error', () => {}) // The server goes with the rehearsal; what was seen until then counts.
  const seen = new Map<string, SeenLock>()
  let isEnding = false
  const look = async () => {
    while (!isEnding) {
      const { rows } = await client.query<{ table: string; mode: string; ms: number }>(LOOK, [Object.keys(MODES)])
      for (const { table, mode, ms } of rows) {
        const key = `${table} ${mode}`
        const before = seen.get(key)?.ms ?? 0
        seen.set(key, { resource, table, mode, ms: Math.max(before, ms), keepsOut: MODES[mode] ?? 'writes' })
      }
      await new Promise((resolve) => setTimeout(resolve, EVERY_MS))
    }
  }
  let problem: string | undefined
  const looking = look().catch((error: unknown) => {
    problem = `locks of ${resource} were not watched to the end: ${error instanceof Error ? error.message : String(error)}`
  })
  return {
    async end() {
      isEnding = true
      await looking
      await client.end().catch(() => {}) // It may be gone already, and is not needed any more.
      return { seen: [...seen.values()].sort((a, b) => b.ms - a.ms), ...(problem !== undefined && { problem }) }
    },
  }
}
