import type { DatabaseSync } from 'node:sqlite'
import type { BackupManifest, BackupPart, BackupPlace, BackupRecord, RestoreRecord } from '../model/backup.ts'
import type { Finding } from '../model/finding.ts'
import type { Scope } from '../model/plan.ts'

/** With what was found while it was made. */
export interface MadePart {
  part: BackupPart
  findings: Finding[]
}
export interface Backups {
  /** Newest first. */
  list(scope: Scope): BackupRecord[]
  get(scope: Scope, id: string): BackupRecord | undefined
  /** The one that a run makes. */
  ofRun(scope: Scope, run: string): BackupRecord | undefined
  /** All of it is written anew. */
  put(record: BackupRecord): void
  forget(scope: Scope, id: string): void
  /** Parts of one that is being made. */
  parts(scope: Scope, id: string): MadePart[]
  addPart(scope: Scope, id: string, part: BackupPart, findings: Finding[]): void
  restores(scope: Scope): RestoreRecord[]
  putRestore(record: RestoreRecord): void
  /** `restore-<n>` that none of this environment has had. */
  nextRestore(scope: Scope): string
}

interface Row {
  app: string
  environment: string
  id: string
  state: BackupRecord['state']
  at: number
  run: string | null
  record: string
  parts: string
}

export function openBackups(db: DatabaseSync): Backups {
  const all = db.prepare('select * from backup where app = ? and environment = ? order by at desc, id desc')
  const one = db.prepare('select * from backup where app = ? and environment = ? and id = ?')
  const byRun = db.prepare('select * from backup where app = ? and environment = ? and run = ?')
  const put = db.prepare(`insert into backup (app, environment, id, state, at, run, record) values (?, ?, ?, ?, ?, ?, ?)
     on conflict (app, environment, id) do update set state = excluded.state, record = excluded.record`)
  const setParts = db.prepare('update backup set parts = ? where app = ? and environment = ? and id = ?')
  const remove = db.prepare('delete from backup where app = ? and environment = ? and id = ?')
  const restores = db.prepare('select record from restore where app = ? and environment = ? order by n desc')
  const putRestore = db.prepare(`insert into restore (app, environment, n, record) values (?, ?, ?, ?)
     on conflict (app, environment, n) do update set record = excluded.record`)
  const lastRestore = db.prepare('select coalesce(max(n), 0) as n from restore where app = ? and environment = ?')
  const recordOf = (row: Row): BackupRecord => {
    const rest = JSON.parse(row.record) as { place: BackupPlace; manifest?: BackupManifest } & Pick<BackupRecord, 'why' | 'bytes'> // Written below.
    return {
      ...rest,
      app: row.app,
      environment: row.environment,
      id: row.id,
      state: row.state,
      at: row.at,
      ...(row.run && { run: row.run }),
    }
  }
  const maybe = (row: unknown) => (row ? recordOf(row as Row) : undefined)
  const parts = ({ app, environment }: Scope, id: string): MadePart[] =>
    JSON.parse((one.get(app, environment, id) as Row | undefined)?.parts ?? '[]') as MadePart[] // Written by addPart alone.
  return {
    list: ({ app, environment }) => (all.all(app, environment) as unknown as Row[]).map(recordOf),
    get: ({ app, environment }, id) => maybe(one.get(app, environment, id)),
    ofRun: ({ app, environment }, run) => maybe(byRun.get(app, environment, run)),
    put({ app, environment, id, state, at, run, ...rest }) {
      put.run(app, environment, id, state, at, run ?? null, JSON.stringify(rest))
    },
    forget: ({ app, environment }, id) => void remove.run(app, environment, id),
    parts,
    addPart(scope, id, part, findings) {
      const others = parts(scope, id).filter((p) => p.part.file !== part.file)
      setParts.run(JSON.stringify([...others, { part, findings }]), scope.app, scope.environment, id)
    },
    restores: ({ app, environment }) =>
      (restores.all(app, environment) as { record: string }[]).map((r) => JSON.parse(r.record) as RestoreRecord),
    putRestore(record) {
      putRestore.run(record.app, record.environment, Number(record.id.replace('restore-', '')), JSON.stringify(record))
    },
    nextRestore: ({ app, environment }) => `restore-${(lastRestore.get(app, environment) as { n: number }).n + 1}`,
  }
}
