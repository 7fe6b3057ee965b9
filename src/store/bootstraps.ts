import type { DatabaseSync } from 'node:sqlite'
import type { Scope } from '../model/plan.ts'

export interface BootstrapRecord {
  component: string
  step: string
  /** The run that did it. */
  run: string
  /** Milliseconds since the epoch. */
  at: number
  /** Its last lines. */
  output: string
}
/** Bootstrap steps that an environment has had: they are not run again by themselves, also when their command changes. */
export interface Bootstraps {
  /** As `<component>/<step>`, sorted. */
  list(scope: Scope): string[]
  get(scope: Scope, component: string, step: string): BootstrapRecord | undefined
  /** The newest counts. */
  add(scope: Scope, record: BootstrapRecord): void
}

export function openBootstraps(db: DatabaseSync): Bootstraps {
  const all = db.prepare('select component, step from bootstrap where app = ? and environment = ? order by component, step')
  const one = db.prepare(
    'select component, step, run, at, output from bootstrap where app = ? and environment = ? and component = ? and step = ?',
  )
  const put = db.prepare(`insert into bootstrap (app, environment, component, step, run, at, output) values (?, ?, ?, ?, ?, ?, ?)
     on conflict (app, environment, component, step) do update set run = excluded.run, at = excluded.at, output = excluded.output`)
  return {
    list: ({ app, environment }) =>
      (all.all(app, environment) as { component: string; step: string }[]).map((r) => `${r.component}/${r.step}`),
    get: ({ app, environment }, component, step) => one.get(app, environment, component, step) as BootstrapRecord | undefined,
    add: ({ app, environment }, { component, step, run, at, output }) =>
      void put.run(app, environment, component, step, run, at, output),
  }
}
