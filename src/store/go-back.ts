import { existsSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { copyOf } from './open.ts'
import { MIGRATIONS } from './schema.ts'

/** The copy of before an upgrade that this version can read; undefined where there is none. */
export function copyBeforeUpgrade(home: string): string | undefined {
  const copy = copyOf(join(home, 'state.db'), MIGRATIONS.length)
  return existsSync(copy) ? copy : undefined
}

/** The records as they were before the upgrade take the place of the newer ones, which are kept. No daemon may run. */
export function goBackBeforeUpgrade(home: string, now: number): { aside: string } | undefined {
  const copy = copyBeforeUpgrade(home)
  if (copy === undefined) return undefined
  const path = join(home, 'state.db')
  const aside = `${path}.newer-${now}`
  for (const suffix of ['', '-wal', '-shm']) if (existsSync(path + suffix)) renameSync(path + suffix, aside + suffix)
  // What `prev` holds is newer too, and must not stand in for anything any more.
  rmSync(`${path}.prev`, { force: true })
  renameSync(copy, path)
  return { aside }
}
