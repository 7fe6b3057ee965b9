import type { DatabaseSync } from 'node:sqlite'
import { failpoint } from '../lib/failpoint.ts'
import type { Scope } from '../model/plan.ts'
import { placeOf } from './keys.ts'
import type { Cipher } from './seal.ts'

export interface StoredEntry {
  name: string
  version: number
  isSecret: boolean
  /** Set by a person, made here, or what a source gave: a file, a program, a pipeline's variable. */
  source: 'set' | 'generated' | 'file' | 'command' | 'variable'
}
export interface StoredValue extends Pick<StoredEntry, 'name' | 'isSecret' | 'source'> {
  value: string
}
/** Values of an environment, by name and version: a release keeps the versions it started with, so that a way back is whole. */
export interface Stored {
  /** What is set now; unset ones are left out. */
  list(scope: Scope): StoredEntry[]
  /** What is set now, with its values, in one go. */
  all(scope: Scope): Map<string, string>
  /** `version` absent: the newest. Undefined where it is not set. */
  get(scope: Scope, name: string, version?: number): string | undefined
  /** A value equal to the newest one makes no new version. */
  set(scope: Scope, name: string, value: string, is: { isSecret: boolean; source: StoredEntry['source'] }, at: number): number
  /** All of them or, where something comes in between, none; the versions that they have then. */
  setAll(scope: Scope, values: StoredValue[], at: number): number[]
  unset(scope: Scope, name: string, at: number): void
  /** The version that `set` would make. */
  nextVersion(scope: Scope, name: string): number
}

export function openStored(db: DatabaseSync, seal: Cipher): Stored {
  const newest = db.prepare(`select name, version, sealed, is_secret, source from stored s where app = ? and environment = ?
     and version = (select max(version) from stored t where t.app = s.app and t.environment = s.environment and t.name = s.name) order by name`)
  const at = db.prepare('select sealed from stored where app = ? and environment = ? and name = ? and version = ?')
  const last = db.prepare(
    'select version, sealed from stored where app = ? and environment = ? and name = ? order by version desc limit 1',
  )
  const insert = db.prepare(
    'insert into stored (app, environment, name, version, sealed, is_secret, source, at) values (?, ?, ?, ?, ?, ?, ?, ?)',
  )
  const place = ({ app, environment }: Scope, name: string, version: number) => placeOf({ app, environment, name, version })
  type Newest = { name: string; version: number; sealed: Uint8Array | null; is_secret: number; source: StoredEntry['source'] }
  type Last = { version: number; sealed: Uint8Array | null }
  const stored: Stored = {
    list: (s) =>
      (newest.all(s.app, s.environment) as Newest[])
        .filter((r) => r.sealed !== null)
        .map((r) => ({ name: r.name, version: r.version, isSecret: r.is_secret === 1, source: r.source })),
    all(s) {
      const rows = (newest.all(s.app, s.environment) as Newest[]).filter((r) => r.sealed !== null)
      return new Map(rows.map((r) => [r.name, seal.open(r.sealed!, place(s, r.name, r.version))]))
    },
    get(s, name, version) {
      const row = (version === undefined ? last.get(s.app, s.environment, name) : at.get(s.app, s.environment, name, version)) as
        | Last
        | undefined
      if (!row?.sealed) return undefined
      return seal.open(row.sealed, place(s, name, version ?? row.version))
    },
    set(s, name, value, is, now) {
      const row = last.get(s.app, s.environment, name) as Last | undefined
      if (row?.sealed && stored.get(s, name) === value) return row.version
      const version = (row?.version ?? 0) + 1
      insert.run(
        s.app,
        s.environment,
        name,
        version,
        seal.close(value, place(s, name, version)),
        is.isSecret ? 1 : 0,
        is.source,
        now,
      )
      return version
    },
    setAll(s, values, now) {
      db.exec('begin immediate')
      try {
        const versions = values.map(({ name, value, ...is }) => {
          failpoint('stored:value')
          return stored.set(s, name, value, is, now)
        })
        db.exec('commit')
        return versions
      } catch (error) {
        db.exec('rollback')
        throw error
      }
    },
    nextVersion: (s, name) => ((last.get(s.app, s.environment, name) as Last | undefined)?.version ?? 0) + 1,
    unset(s, name, now) {
      const row = last.get(s.app, s.environment, name) as Last | undefined
      if (row?.sealed) insert.run(s.app, s.environment, name, row.version + 1, null, 0, 'set', now)
    },
  }
  return stored
}
