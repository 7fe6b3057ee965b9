import type { Database } from './database.ts'
import { findPending, type Migration } from './migrations.ts'

export interface Health {
  status: 'ok' | 'error'
  database: 'connected' | 'outdated' | 'error'
}

export async function readHealth(database: Database, migrations: Migration[], timeoutMs = 2_000): Promise<Health> {
  let timer: NodeJS.Timeout | undefined
  try {
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error('no answer in time')), timeoutMs)
    })
    const pending = await Promise.race([findPending(database, migrations), late])
    return pending.length === 0 ? { status: 'ok', database: 'connected' } : { status: 'error', database: 'outdated' }
  } catch {
    return { status: 'error', database: 'error' }
  } finally {
    clearTimeout(timer)
  }
}
