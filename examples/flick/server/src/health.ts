import type { Redis } from 'ioredis'
import type { Database } from './database.ts'
import { findPending, type Migration } from './migrations.ts'

export interface Health {
  status: 'ready' | 'not ready'
  database: 'connected' | 'outdated' | 'error'
  redis: 'connected' | 'error'
}

/** Asks both, each for two seconds at most. A database without all migrations is not ready either. */
export async function readHealth(database: Database, redis: Redis, migrations: Migration[]): Promise<Health> {
  const [pending, pong] = await Promise.all([within(2_000, findPending(database, migrations)), within(2_000, redis.ping())])
  const health: Omit<Health, 'status'> = {
    database: pending === undefined ? 'error' : pending.length > 0 ? 'outdated' : 'connected',
    redis: pong === 'PONG' ? 'connected' : 'error',
  }
  return { status: health.database === 'connected' && health.redis === 'connected' ? 'ready' : 'not ready', ...health }
}

/** `undefined` where it fails or takes longer. */
async function within<T>(ms: number, work: Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, ms, undefined)
  })
  try {
    return await Promise.race([work.catch(() => undefined), late])
  } finally {
    clearTimeout(timer)
  }
}
