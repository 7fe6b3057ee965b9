import { type Database, type Queries, rowOf, rowsOf } from './database.ts'
import { digest, randomHex } from './secrets.ts'

/** Unused for a day, or three days old: a session is over. */
const IS_LIVE = "s.used_at > now() - interval '1 day' and s.created_at > now() - interval '3 days'"

export interface User {
  id: number
  username: string
  email: string
  is_admin: boolean
  is_verified: boolean
}
export const USER = 'u.id, u.username, u.email, u.is_admin, u.is_verified'

export interface Device {
  device: string
  userAgent: string
  ip: string
}
export interface SessionLine {
  id: number
  device: string
  user_agent: string
  created_at: Date
  used_at: Date
  is_current: boolean
}

/** The key, which nobody can ask for again. */
export async function startSession(on: Queries, userId: number, { device, userAgent, ip }: Device): Promise<string> {
  const key = randomHex(40)
  await on.query('insert into sessions (user_id, key_hash, device, user_agent, ip_hash) values ($1, $2, $3, $4, $5)', [
    userId,
    digest(key),
    device.slice(0, 80),
    userAgent.slice(0, 200),
    digest(ip).slice(0, 16),
  ])
  return key
}

/** Whose key it is; each use keeps the session alive, once in a minute on the disk. */
export async function findSession(database: Database, key: string): Promise<{ user: User; sessionId: number } | undefined> {
  const row = await rowOf<User & { session_id: number; is_stale: boolean }>(
    database,
    `select ${USER}, s.id as session_id, s.used_at < now() - interval '1 minute' as is_stale
     from sessions s join users u on u.id = s.user_id where s.key_hash = $1 and ${IS_LIVE}`,
    [digest(key)],
  )
  if (!row) return undefined
  const { session_id: sessionId, is_stale: isStale, ...user } = row
  if (isStale) await database.query('update sessions set used_at = now() where id = $1', [sessionId])
  return { user, sessionId }
}

export async function findByApiKey(database: Database, key: string): Promise<User | undefined> {
  return rowOf<User>(database, `select ${USER} from users u where u.api_key_hash = $1`, [digest(key)])
}

export function listSessions(database: Database, userId: number, currentId: number | undefined): Promise<SessionLine[]> {
  return rowsOf<SessionLine>(
    database,
    `select s.id, s.device, s.user_agent, s.created_at, s.used_at, s.id = $2 as is_current
     from sessions s where s.user_id = $1 and ${IS_LIVE} order by s.used_at desc`,
    [userId, currentId ?? 0],
  )
}

/** Whether there was one. */
export async function endSession(database: Database, userId: number, id: number): Promise<boolean> {
  return (await database.query('delete from sessions where user_id = $1 and id = $2', [userId, id])).rowCount === 1
}

/** Everybody's. On a database that was never migrated there are none. */
export async function endAllSessions(database: Database): Promise<number> {
  const table = await rowOf<{ name: string | null }>(database, "select to_regclass('sessions') as name")
  if (!table?.name) return 0
  return (await database.query('delete from sessions')).rowCount ?? 0
}
