import type { DatabaseSync } from 'node:sqlite'
import type { Scope } from '../model/plan.ts'

export interface UptimeRow {
  check: string
  /** Milliseconds since the epoch. */
  at: number
  isPassed: boolean
  ms: number
  because?: string
}
export interface Uptime {
  /** In one write; the oldest rows of the same checks go. */
  add(scope: Scope, rows: UptimeRow[]): void
  /** Oldest first. */
  list(scope: Scope, since: number): UptimeRow[]
  /** The newest of each check. */
  last(scope: Scope): UptimeRow[]
  /** Of all checks together since then; undefined where none was asked. */
  availability(scope: Scope, since: number): { asked: number; passed: number } | undefined
}

/** Of each check: a week at one a minute. */
const ROWS_KEPT = 10_080
const WHY_CHARS = 500

/** What scheduled checks found, as far as it is kept. */
export function openUptime(db: DatabaseSync): Uptime {
  const insert = db.prepare(
    'insert into uptime (app, environment, check_name, at, is_passed, ms, because) values (?, ?, ?, ?, ?, ?, ?)',
  )
  const trim = db.prepare(`delete from uptime where app = ? and environment = ? and check_name = ? and n <= (select n from uptime
     where app = ? and environment = ? and check_name = ? order by n desc limit 1 offset ?)`)
  const list = db.prepare(
    'select check_name, at, is_passed, ms, because from uptime where app = ? and environment = ? and at >= ? order by n',
  )
  const newest = db.prepare(`select check_name, at, is_passed, ms, because from uptime where n in (select max(n) from uptime
     where app = ? and environment = ? group by check_name)`)
  const count = db.prepare(
    'select count(*) as asked, coalesce(sum(is_passed), 0) as passed from uptime where app = ? and environment = ? and at >= ?',
  )
  type Row = { check_name: string; at: number; is_passed: number; ms: number; because: string | null }
  const rowOf = (r: Row): UptimeRow => ({
    check: r.check_name,
    at: r.at,
    isPassed: r.is_passed === 1,
    ms: r.ms,
    ...(r.because !== null && { because: r.because }),
  })
  return {
    add({ app, environment }, rows) {
      db.exec('begin immediate')
      try {
        for (const r of rows) {
          insert.run(
            app,
            environment,
            r.check,
            r.at,
            r.isPassed ? 1 : 0,
            Math.round(r.ms),
            r.because?.slice(0, WHY_CHARS) ?? null,
          )
          trim.run(app, environment, r.check, app, environment, r.check, ROWS_KEPT)
        }
        db.exec('commit')
      } catch (error) {
        if (db.isTransaction) db.exec('rollback')
        throw error
      }
    },
    list: ({ app, environment }, since) => (list.all(app, environment, since) as Row[]).map(rowOf),
    last: ({ app, environment }) => (newest.all(app, environment) as Row[]).map(rowOf),
    availability({ app, environment }, since) {
      const row = count.get(app, environment, since) as { asked: number; passed: number }
      return row.asked === 0 ? undefined : { ...row }
    },
  }
}
