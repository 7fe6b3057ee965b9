import type { DatabaseSync } from 'node:sqlite'
import type { Scope } from '../model/plan.ts'

/** When what is scheduled fired last. */
export interface Schedules {
  /** Milliseconds since the epoch, by the wall clock of that moment. For one that never fired: when it was first seen. */
  firedAt(scope: Scope, job: string): number | undefined
  fired(scope: Scope, job: string, at: number): void
  /** Forgets all others: what comes back later begins anew. */
  keep(jobs: { scope: Scope; id: string }[]): void
}

export function openSchedules(db: DatabaseSync): Schedules {
  const get = db.prepare('select fired_at from schedule where app = ? and environment = ? and job = ?')
  const set = db.prepare(`insert into schedule (app, environment, job, fired_at) values (?, ?, ?, ?)
     on conflict (app, environment, job) do update set fired_at = excluded.fired_at`)
  const list = db.prepare('select app, environment, job from schedule')
  const remove = db.prepare('delete from schedule where app = ? and environment = ? and job = ?')
  return {
    firedAt: ({ app, environment }, job) => (get.get(app, environment, job) as { fired_at: number } | undefined)?.fired_at,
    fired: ({ app, environment }, job, at) => void set.run(app, environment, job, at),
    keep(jobs) {
      const wanted = new Set(jobs.map((j) => `${j.scope.app}/${j.scope.environment}/${j.id}`))
      for (const { app, environment, job } of list.all() as { app: string; environment: string; job: string }[]) {
        if (!wanted.has(`${app}/${environment}/${job}`)) remove.run(app, environment, job)
      }
    },
  }
}
