import { chmodSync, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { LandfallError } from '../lib/error.ts'
import { MIGRATIONS } from './schema.ts'

export interface OpenedStore {
  db: DatabaseSync
  /** What a person must hear: the store was damaged and an older one stands in. */
  alerts: string[]
}

/**
 * Opens `state.db`, checks it, brings its schema up and keeps a copy (`state.db.prev`) of what passed. A damaged one is put
 * aside for study and the copy stands in. Commits are synced: what was acknowledged survives a power cut.
 */
export function openStore(home: string): OpenedStore {
  mkdirSync(home, { recursive: true, mode: 0o755 })
  const path = join(home, 'state.db')
  const previous = `${path}.prev`
  const alerts: string[] = []
  let db = tryOpen(path)
  if (!db) {
    const aside = `${path}.damaged-${Date.now()}`
    for (const suffix of ['', '-wal', '-shm']) if (existsSync(path + suffix)) renameSync(path + suffix, aside + suffix)
    const copy = existsSync(previous) ? tryOpen(previous) : undefined
    if (copy) {
      copy.prepare('vacuum into ?').run(path)
      copy.close()
      alerts.push(`state.db was damaged and is kept as ${aside}; the copy of the last start stands in`)
    } else {
      alerts.push(`state.db was damaged and is kept as ${aside}; there was no copy, so the records start anew`)
    }
    db = tryOpen(path)
    if (!db) throw new LandfallError({ code: 'E_STATE', message: `cannot open ${path}`, hint: 'check the disk: dmesg, df' })
  }
  migrate(db, path)
  keepCopy(db, home)
  return { db, alerts }
}

/** What stands in when the store is damaged. */
export function keepCopy(db: DatabaseSync, home: string): void {
  const copy = join(home, 'state.db.prev')
  rmSync(`${copy}.tmp`, { force: true })
  db.prepare('vacuum into ?').run(`${copy}.tmp`)
  renameSync(`${copy}.tmp`, copy)
}

function tryOpen(path: string): DatabaseSync | undefined {
  let db: DatabaseSync | undefined
  try {
    db = new DatabaseSync(path)
    chmodSync(path, 0o600)
    db.exec('pragma journal_mode=wal; pragma synchronous=full; pragma busy_timeout=5000; pragma foreign_keys=on')
    const row = db.prepare('pragma quick_check(1)').get() as { quick_check: string } | undefined
    if (row?.quick_check === 'ok') return db
  } catch {
    // Not a database, or pages that do not fit together: the caller puts it aside.
  }
  db?.close()
  return undefined
}

function migrate(db: DatabaseSync, path: string): void {
  const { user_version: have } = db.prepare('pragma user_version').get() as { user_version: number }
  if (have > MIGRATIONS.length) {
    throw new LandfallError({
      code: 'E_VERSION',
      message: `${path} was written by a newer Landfall (schema ${have}; this one knows ${MIGRATIONS.length})`,
      hint: 'use the newer version again; nothing was changed',
    })
  }
  for (let i = have; i < MIGRATIONS.length; i++) {
    db.exec(`begin; ${MIGRATIONS[i]} pragma user_version=${i + 1}; commit`)
  }
}
