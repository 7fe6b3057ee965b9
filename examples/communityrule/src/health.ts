import type { Database } from './database.ts'

export interface Health {
  status: 200 | 503
  body: { ok: boolean; database: 'connected' | 'error' | 'not_configured' }
}

/** Without a database the app is well, as far as it goes: who needs one must look at `database`, not at the status. */
export async function readHealth(database: Database | undefined, timeoutMs = 2_000): Promise<Health> {
  if (!database) return { status: 200, body: { ok: true, database: 'not_configured' } }
  let timer: NodeJS.Timeout | undefined
  try {
    const isLate = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error('no answer in time')), timeoutMs)
    })
    await Promise.race([database.query('select 1'), isLate])
    return { status: 200, body: { ok: true, database: 'connected' } }
  } catch {
    return { status: 503, body: { ok: false, database: 'error' } }
  } finally {
    clearTimeout(timer)
  }
}
