import { DatabaseSync } from 'node:sqlite'

export interface Lock {
  release(): void
}

/**
 * Held by the kernel for as long as this process lives, so it can be neither stolen nor left behind. Node has no flock;
 * SQLite's exclusive lock on an empty file is the same thing. Undefined where another process has it.
 */
export function takeLock(file: string): Lock | undefined {
  const database = new DatabaseSync(file, { timeout: 0 })
  try {
    database.exec('pragma locking_mode = exclusive; begin exclusive')
  } catch (error) {
    database.close()
    const SQLITE_BUSY = 5
    if (error instanceof Error && 'errcode' in error && error.errcode === SQLITE_BUSY) return undefined
    throw error
  }
  return { release: () => database.close() }
}
