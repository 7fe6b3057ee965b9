import type { DatabaseSync } from 'node:sqlite'
import type { Scope } from '../model/plan.ts'
import type { Notice } from '../model/plug.ts'
import { type Backups, openBackups } from './backups.ts'
import { type Bootstraps, openBootstraps } from './bootstraps.ts'
import { forgetEnvironment } from './forget-environment.ts'
import { type Keys, openKeyRecord, openKeys } from './keys.ts'
import { keepCopy, type OpenOptions, openStore } from './open.ts'
import { openReleases, type Releases } from './releases.ts'
import { openRuns, type Runs } from './runs.ts'
import { openSchedules, type Schedules } from './schedules.ts'
import { openSeal } from './seal.ts'
import { openSignatures, type Signatures } from './signatures.ts'
import { openStored, type Stored } from './stored.ts'
import { openUptime, type Uptime } from './uptime.ts'

export interface Store {
  releases: Releases
  runs: Runs
  stored: Stored
  /** The key that the stored values are sealed with. */
  keys: Keys
  schedules: Schedules
  bootstraps: Bootstraps
  signatures: Signatures
  uptime: Uptime
  backups: Backups
  notices: { add(n: Notice): void; list(scope: Scope, limit: number): Notice[] }
  /** All that is on record of an environment, but for its runs, and the epoch that its edge has seen. */
  forget(scope: Scope): void
  alerts: string[]
  /** Reads every page from the disk; a damaged one ends all writing. */
  check(): void
  /** Why nothing can be put on record. */
  readOnly?: string
  close(): void
}

/** How many things that happened without a run are kept for an environment. */
const NOTICES_KEPT = 200

export function openAll(home: string, options: OpenOptions = {}): Store {
  const { db, alerts, readOnly, check } = openStore(home, options)
  const seal = openSeal(home, openKeyRecord(db))
  const keys = openKeys(db, seal, () => keepCopy(db, home))
  return {
    releases: openReleases(db),
    runs: openRuns(db),
    stored: openStored(db, seal),
    keys,
    schedules: openSchedules(db),
    bootstraps: openBootstraps(db),
    signatures: openSignatures(db),
    uptime: openUptime(db),
    backups: openBackups(db),
    notices: openNotices(db),
    forget: (scope) => forgetEnvironment(db, scope),
    check,
    alerts,
    ...(readOnly !== undefined && { readOnly }),
    close: () => db.close(),
  }
}

function openNotices(db: DatabaseSync): Store['notices'] {
  const insert = db.prepare('insert into notice (app, environment, at, body) values (?, ?, ?, ?)')
  const list = db.prepare('select body from notice where app = ? and environment = ? order by n desc limit ?')
  const trim = db.prepare(`delete from notice where app = ? and environment = ? and n <= (select n from notice
     where app = ? and environment = ? order by n desc limit 1 offset ?)`)
  return {
    add(n) {
      insert.run(n.app, n.environment, Date.parse(n.at), JSON.stringify(n))
      trim.run(n.app, n.environment, n.app, n.environment, NOTICES_KEPT)
    },
    list: ({ app, environment }, limit) =>
      (list.all(app, environment, limit) as { body: string }[]).map((r) => JSON.parse(r.body) as Notice).reverse(),
  }
}
