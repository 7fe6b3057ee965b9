import type { DatabaseSync } from 'node:sqlite'
import type { Scope } from '../model/plan.ts'

export interface Signatures {
  /** The last one counts. */
  sign(scope: Scope, signed: { check: string; release: string; by: string; at: number }): void
  get(scope: Scope, check: string, release: string): { by: string; at: number } | undefined
}

/** Who looked at what of a release, and found it good. */
export function openSignatures(db: DatabaseSync): Signatures {
  const put = db.prepare(`insert into signature (app, environment, check_name, release, signed_by, at) values (?, ?, ?, ?, ?, ?)
     on conflict do update set signed_by = excluded.signed_by, at = excluded.at`)
  const one = db.prepare(
    'select signed_by as by, at from signature where app = ? and environment = ? and check_name = ? and release = ?',
  )
  return {
    sign: ({ app, environment }, { check, release, by, at }) => void put.run(app, environment, check, release, by, at),
    get({ app, environment }, check, release) {
      const row = one.get(app, environment, check, release) as { by: string; at: number } | undefined
      return row && { ...row }
    },
  }
}
