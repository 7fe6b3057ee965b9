import { chmodSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { codeOf, LandfallError } from '../lib/error.ts'
import { whyReadOnly } from '../lib/read-only.ts'
import { type Guard, guardDatabase, isDamage, meaningOf } from './guard.ts'
import { MIGRATIONS } from './schema.ts'

export interface OpenedStore {
  db: DatabaseSync
  /** What a person must hear: the store was damaged and an older one stands in. */
  alerts: string[]
  /** Why nothing can be put on record: what is asked is answered, what would change something is refused. */
  readOnly?: string
  /** Reads every page from the disk. One that is damaged ends all writing, as if a statement had met it. */
  check(): void
}
export interface OpenOptions {
  migrations?: string[]
  /** The disk failed: nothing more is acknowledged, and the process should start anew from it. */
  onLost?(error: LandfallError): void
}

/** How long a program that holds the file is waited for: whoever asks hears within a second. */
const BUSY_MS = 700

/**
 * Opens `state.db`, checks it, brings its schema up and keeps a copy (`state.db.prev`) of what passed. A damaged one is put
 * aside for study and the copy stands in. Commits are synced: what was acknowledged survives a power cut.
 */
export function openStore(home: string, { migrations = MIGRATIONS, onLost = () => {} }: OpenOptions = {}): OpenedStore {
  mkdirSync(home, { recursive: true, mode: 0o755 })
  const readOnly = whyReadOnly(home)
  if (readOnly !== undefined) return openCopy(home, readOnly, migrations)
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
  migrate(db, path, migrations)
  try {
    keepCopy(db, home)
  } catch (error) {
    // What serves is worth more than a copy of the records: the daemon starts all the same.
    alerts.push(`no copy of state.db could be kept: ${error instanceof Error ? error.message : String(error)}`)
    rmSync(`${previous}.tmp`, { force: true })
  }
  const guard = guardDatabase(db, path, onLost)
  return { db: guard.db, alerts, check: () => checkDisk(path, guard) }
}

/** Over a connection of its own: pages that ours holds in memory say nothing about the disk. */
function checkDisk(path: string, guard: Guard): void {
  try {
    const db = new DatabaseSync(path, { readOnly: true })
    try {
      const row = db.prepare('pragma quick_check(1)').get() as { quick_check: string } | undefined
      if (row?.quick_check !== 'ok') guard.condemn(row?.quick_check ?? 'no answer')
    } finally {
      db.close()
    }
  } catch (error) {
    // A file that somebody holds, or a disk that is full, is no damage.
    if (isDamage(error)) guard.condemn(String(error))
  }
}

/** What stands in when the store is damaged. */
export function keepCopy(db: DatabaseSync, home: string): void {
  const copy = join(home, 'state.db.prev')
  rmSync(`${copy}.tmp`, { force: true })
  db.prepare('vacuum into ?').run(`${copy}.tmp`)
  chmodSync(`${copy}.tmp`, 0o600)
  renameSync(`${copy}.tmp`, copy)
}

/** Where nothing can be written SQLite cannot even read: it works on a copy elsewhere, and nothing is put on record. */
function openCopy(home: string, readOnly: string, migrations: string[]): OpenedStore {
  const folder = mkdtempSync(join(tmpdir(), 'landfall-state-'))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  const path = join(folder, 'state.db')
  for (const suffix of ['', '-wal']) {
    const from = join(home, `state.db${suffix}`)
    if (existsSync(from)) copyFileSync(from, path + suffix)
  }
  const db = tryOpen(path)
  if (!db)
    throw new LandfallError({ code: 'E_STATE', message: `${home}/state.db is damaged, and ${readOnly}`, hint: 'landfall doctor' })
  migrate(db, path, migrations)
  db.exec('pragma query_only=on')
  const alert = `nothing can be written to ${home}: ${readOnly}. What serves goes on; nothing can be changed`
  return { db: guardDatabase(db, join(home, 'state.db'), () => {}).db, alerts: [alert], readOnly, check: () => {} }
}

/** Undefined where the file is damaged. A disk that is full or fails is no damage, and nothing is put aside for it. */
function tryOpen(path: string): DatabaseSync | undefined {
  let db: DatabaseSync | undefined
  try {
    db = new DatabaseSync(path)
    chmodSync(path, 0o600)
    db.exec(`pragma busy_timeout=${BUSY_MS}; pragma journal_mode=wal; pragma synchronous=full; pragma foreign_keys=on`)
    const row = db.prepare('pragma quick_check(1)').get() as { quick_check: string } | undefined
    if (row?.quick_check === 'ok') return db
  } catch (error) {
    db?.close()
    if (isDamage(error)) return undefined
    const code = codeOf(error)
    throw (
      meaningOf(error, path) ??
      new LandfallError({
        code: 'E_STATE',
        message: `cannot open ${path}: ${error instanceof Error ? error.message : String(error)}`,
        ...(code && { detail: code }),
        hint: 'check the disk and the rights: df, ls -l',
        cause: error,
      })
    )
  }
  db.close()
  return undefined
}

/** All of it or nothing, and a copy of what it was before: `landfall doctor --fix` goes back to it. */
function migrate(db: DatabaseSync, path: string, migrations: string[]): void {
  const { user_version: have } = db.prepare('pragma user_version').get() as { user_version: number }
  if (have > migrations.length) {
    const copy = copyOf(path, migrations.length)
    db.close()
    throw new LandfallError({
      code: 'E_VERSION',
      message: `${path} was written by a newer Landfall (schema ${have}; this one knows ${migrations.length})`,
      ...(existsSync(copy) && { detail: `as it was before the upgrade: ${copy}` }),
      hint: existsSync(copy)
        ? 'use the newer version again, or `landfall doctor --fix` to go back to the records of before the upgrade'
        : 'use the newer version again; nothing was changed',
    })
  }
  if (have === migrations.length) return
  if (have > 0) keepBefore(db, path, have)
  try {
    db.exec(`begin immediate; ${migrations.slice(have).join('\n')} pragma user_version=${migrations.length}; commit`)
  } catch (error) {
    if (db.isTransaction) db.exec('rollback')
    db.close()
    throw new LandfallError({
      code: 'E_UPGRADE',
      message: `the records could not be brought from schema ${have} to ${migrations.length}: nothing was changed`,
      detail: error instanceof Error ? error.message : String(error),
      hint: `use the version before again: it finds everything as it was; a copy is ${copyOf(path, have)}`,
      cause: error,
    })
  }
}

export const copyOf = (path: string, schema: number) => `${path}.schema-${schema}`

/** One copy is kept: that of before the last upgrade. */
function keepBefore(db: DatabaseSync, path: string, have: number): void {
  const copy = copyOf(path, have)
  rmSync(`${copy}.tmp`, { force: true })
  db.prepare('vacuum into ?').run(`${copy}.tmp`)
  chmodSync(`${copy}.tmp`, 0o600)
  renameSync(`${copy}.tmp`, copy)
  const folder = join(path, '..')
  for (const name of readdirSync(folder)) {
    const other = join(folder, name)
    if (/^state\.db\.schema-\d+$/.test(name) && other !== copy) rmSync(other)
  }
}
