import type { DatabaseSync } from 'node:sqlite'
import type { Scope } from '../model/plan.ts'

/** What is told later on of what happened, and the epochs that an edge has seen, which must never go back. */
const STAY = new Set(['run', 'lock'])

/** Every row that names an environment, in one go; whatever tables there are. */
export function forgetEnvironment(db: DatabaseSync, { app, environment }: Scope): void {
  const tables = db
    .prepare(
      `select m.name as name from sqlite_master m where m.type = 'table'
       and exists (select 1 from pragma_table_info(m.name) where name = 'app')
       and exists (select 1 from pragma_table_info(m.name) where name = 'environment')`,
    )
    .all() as { name: string }[]
  db.exec('begin immediate')
  try {
    for (const { name } of tables) {
      if (!STAY.has(name)) db.prepare(`delete from "${name}" where app = ? and environment = ?`).run(app, environment)
    }
    db.exec('commit')
  } catch (error) {
    db.exec('rollback')
    throw error
  }
}
