import { statfsSync } from 'node:fs'
import { dirname } from 'node:path'
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { LandfallError } from '../lib/error.ts'

/** SQLite's primary result codes, of those that say something about the machine. */
const [BUSY, READONLY, IOERR, CORRUPT, FULL, NOTADB] = [5, 8, 10, 11, 13, 26]

export interface Guard {
  db: DatabaseSync
  /** What broke, once nothing that was acknowledged since can be counted on; from then on everything is refused. */
  lost(): LandfallError | undefined
  /** Somebody else found the file damaged: the same as if a statement had. */
  condemn(why: string): void
}

/**
 * What the disk does to a database, in words of ours. A write that failed for want of room, rights or a lock did not happen and may be
 * tried again. One that the disk refused (a sync above all) leaves it open what is on the disk: nothing more is acknowledged,
 * `onLost` is told once, and the next process starts from the disk.
 */
export function guardDatabase(db: DatabaseSync, path: string, onLost: (error: LandfallError) => void): Guard {
  let lost: LandfallError | undefined
  const guarded = <T>(work: () => T): T => {
    if (lost) throw lost
    try {
      return work()
    } catch (error) {
      const known = meaningOf(error, path)
      if (!known) throw error
      if (LOST.has(known.code)) {
        lost = known
        onLost(known)
      }
      throw known
    }
  }
  const prepare = db.prepare.bind(db)
  const exec = db.exec.bind(db)
  db.exec = (sql) => guarded(() => exec(sql))
  db.prepare = (sql) =>
    guardStatement(
      guarded(() => prepare(sql)),
      guarded,
    )
  return {
    db,
    lost: () => lost,
    condemn(why) {
      if (lost) return
      lost = damaged(path, new Error(why))
      onLost(lost)
    },
  }
}

const LOST = new Set(['E_STATE_LOST', 'E_STATE_DAMAGED'])

function guardStatement(statement: StatementSync, guarded: <T>(work: () => T) => T): StatementSync {
  const { run, get, all } = statement
  const through = <A extends unknown[], R>(method: (...args: A) => R) => {
    const bound = method.bind(statement)
    return (...args: A): R => guarded(() => bound(...args))
  }
  return Object.assign(statement, { run: through(run), get: through(get), all: through(all) })
}

/** Undefined for what is a mistake of ours and says nothing about the machine. */
export function meaningOf(error: unknown, path: string): LandfallError | undefined {
  const code = extendedCode(error)
  switch (SHARED_MEMORY.has(code) && !hasRoom(path) ? FULL : code & 0xff) {
    case FULL:
      return make('E_DISK_FULL', `the disk is full, and ${path} could not be written: nothing of this is on record`, error, DISK)
    case READONLY:
      return make('E_READ_ONLY', `${path} can only be read: nothing can be put on record, and so nothing is done`, error, RIGHTS)
    case BUSY:
      return make('E_BUSY', `another program holds ${path}: nothing of this is on record`, error, `who it is: fuser ${path}`)
    case IOERR:
      return make(
        'E_STATE_LOST',
        `the disk failed under ${path}, and what was not acknowledged may be lost`,
        error,
        'dmesg, then the command again: what is on the disk counts',
      )
    case CORRUPT:
    case NOTADB:
      return damaged(path, error)
    default:
      return undefined
  }
}

function damaged(path: string, cause: unknown): LandfallError {
  return make('E_STATE_DAMAGED', `${path} is damaged`, cause, 'the next start puts it aside and takes the copy: landfall doctor')
}

const DISK = 'make room on the disk (`df`); what waits goes on by itself'
const RIGHTS = 'make the folder writable again, then `landfall stop` and the command again; what serves goes on serving'

function make(code: string, message: string, cause: unknown, hint: string): LandfallError {
  const detail = cause instanceof Error ? cause.message : ''
  return new LandfallError({ code, message, ...(detail && { detail }), hint, cause })
}

/** What becomes of the file beside the database that holds no data: it cannot be made on a full disk either. */
const SHARED_MEMORY = new Set([18, 19, 20, 21].map((n) => IOERR | (n << 8)))

function hasRoom(path: string): boolean {
  const { bavail, bsize } = statfsSync(dirname(path))
  return bavail * bsize > 64 * 1024
}

/** The lowest byte is the primary code; 0 where it is no error of SQLite. */
function extendedCode(error: unknown): number {
  return error instanceof Error && 'errcode' in error && typeof error.errcode === 'number' ? error.errcode : 0
}

/** Whether the file itself is at fault, and not the machine around it. */
export const isDamage = (error: unknown): boolean => [CORRUPT, NOTADB].includes(extendedCode(error) & 0xff)
