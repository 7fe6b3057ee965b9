import type { DatabaseSync } from 'node:sqlite'
import type { Outcome, ReleaseRecord, Scope } from '../model/plan.ts'

export interface Releases {
  /** `r<n>` that no release of this environment has had. */
  next(scope: Scope): string
  /** On record before its run acts: instances look up their values' versions here. */
  begin(scope: Scope, release: string, run: string, outcome: Outcome, at: number): void
  /** What it is operated by has changed without a release: what is on record of it follows. */
  amend(scope: Scope, release: string, outcome: Outcome): void
  /** `good` makes it one to go back to. */
  end(scope: Scope, release: string, state: 'good' | 'bad'): void
  /** Good ones, oldest first. */
  list(scope: Scope): ReleaseRecord[]
  /** Any, also one that is being tried. */
  get(scope: Scope, release: string): ReleaseRecord | undefined
  serving(scope: Scope): { release?: string; outcome: Outcome }
  serve(scope: Scope, release: string | undefined, outcome: Outcome): void
  /** The backup that was taken before it migrated. */
  setBackup(scope: Scope, release: string, backup: string): void
  /** The data went back to what `release` knew: what later ones, up to `until`, did to it is undone. */
  setDataBack(scope: Scope, release: string, until: string): void
  forget(scope: Scope, releases: string[]): void
  apps(): (Scope & { folder: string; release?: string })[]
  seen(scope: Scope, folder: string, at: number): void
}

const NOTHING: Outcome = { serving: {}, routes: [], data: {} }

export function openReleases(db: DatabaseSync): Releases {
  const numberOf = (release: string) => Number(release.slice(1))
  const max = db.prepare('select coalesce(max(n), 0) as n from release where app = ? and environment = ?')
  const insert = db.prepare(
    `insert into release (app, environment, n, made_at, run, state, record) values (?, ?, ?, ?, ?, 'trying', ?)
     on conflict do nothing`,
  )
  const setRecord = db.prepare('update release set record = ? where app = ? and environment = ? and n = ?')
  const setState = db.prepare('update release set state = ? where app = ? and environment = ? and n = ?')
  const good = db.prepare(`select n, record from release where app = ? and environment = ? and state = 'good' order by n`)
  const one = db.prepare('select n, record from release where app = ? and environment = ? and n = ?')
  const remove = db.prepare(`delete from release where app = ? and environment = ? and n = ? and n < (select max(n) from release r
     where r.app = release.app and r.environment = release.environment)`)
  const getServing = db.prepare('select release, outcome from serving where app = ? and environment = ?')
  const setServing = db.prepare(`insert into serving (app, environment, release, outcome) values (?, ?, ?, ?)
     on conflict (app, environment) do update set release = excluded.release, outcome = excluded.outcome`)
  const apps = db.prepare(`select app.app, app.environment, folder, release from app
     left join serving on serving.app = app.app and serving.environment = app.environment order by 1, 2`)
  const seen = db.prepare(`insert into app (app, environment, folder, seen_at) values (?, ?, ?, ?)
     on conflict (app, environment) do update set folder = excluded.folder, seen_at = excluded.seen_at`)
  const recordOf = (row: { n: number; record: string }): ReleaseRecord => ({ release: `r${row.n}`, ...JSON.parse(row.record) })
  return {
    next: ({ app, environment }) => `r${(max.get(app, environment) as { n: number }).n + 1}`,
    begin({ app, environment }, release, run, outcome, at) {
      const { version, serving: components, routes, operate } = outcome
      const record = JSON.stringify({ version, components, routes, operate })
      insert.run(app, environment, numberOf(release), at, run, record)
    },
    amend({ app, environment }, release, { operate, serving }) {
      const row = one.get(app, environment, numberOf(release)) as { n: number; record: string } | undefined
      if (!row) return
      const record = JSON.parse(row.record) as ReleaseRecord
      const components = Object.fromEntries(
        Object.entries(record.components).map(([name, was]) => {
          const now = serving[name]
          return [name, now?.release === was.release && now.digest === was.digest ? now : was]
        }),
      )
      setRecord.run(JSON.stringify({ ...record, components, operate }), app, environment, row.n)
    },
    end: ({ app, environment }, release, state) => void setState.run(state, app, environment, numberOf(release)),
    list: ({ app, environment }) => (good.all(app, environment) as { n: number; record: string }[]).map(recordOf),
    get({ app, environment }, release) {
      const row = one.get(app, environment, numberOf(release)) as { n: number; record: string } | undefined
      return row && recordOf(row)
    },
    serving({ app, environment }) {
      const row = getServing.get(app, environment) as { release: string | null; outcome: string } | undefined
      if (!row) return { outcome: NOTHING }
      return { ...(row.release && { release: row.release }), outcome: JSON.parse(row.outcome) as Outcome }
    },
    serve: ({ app, environment }, release, outcome) =>
      void setServing.run(app, environment, release ?? null, JSON.stringify(outcome)),
    setBackup({ app, environment }, release, backup) {
      const row = one.get(app, environment, numberOf(release)) as { n: number; record: string } | undefined
      if (!row) return
      const record = JSON.stringify({ ...(JSON.parse(row.record) as object), backup })
      setRecord.run(record, app, environment, numberOf(release))
    },
    setDataBack({ app, environment }, release, until) {
      for (let n = numberOf(release) + 1; n <= numberOf(until); n++) {
        const row = one.get(app, environment, n) as { n: number; record: string } | undefined
        if (!row) continue
        setRecord.run(JSON.stringify({ ...(JSON.parse(row.record) as object), isDataBack: true }), app, environment, n)
      }
    },
    forget({ app, environment }, releases) {
      for (const release of releases) remove.run(app, environment, numberOf(release))
    },
    apps: () =>
      (apps.all() as { app: string; environment: string; folder: string; release: string | null }[]).map((r) => ({
        app: r.app,
        environment: r.environment,
        folder: r.folder,
        ...(r.release && { release: r.release }),
      })),
    seen: ({ app, environment }, folder, at) => void seen.run(app, environment, folder, at),
  }
}
