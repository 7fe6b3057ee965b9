import { type Database, type Queries, rowOf } from './database.ts'
import { Failure } from './failure.ts'
import { digest, randomCode } from './secrets.ts'

/** What a code that came by mail may be used for. */
export type Purpose = 'verify_email' | 'identity' | 'password_reset'

const ATTEMPTS = 5
const wrong = () => new Failure(400, 'wrong_code', 'This code is wrong or too old. Ask for a new one.')

/** A new code in place of an older one; what is stored is its digest. */
export async function makeCode(on: Queries, userId: number, purpose: Purpose, hours: number): Promise<string> {
  const code = randomCode()
  await on.query(
    `insert into codes (user_id, purpose, code_hash, expires_at) values ($1, $2, $3, now() + $4 * interval '1 hour')
     on conflict (user_id, purpose) do update set code_hash = excluded.code_hash, expires_at = excluded.expires_at, attempts = 0`,
    [userId, purpose, digest(`${userId} ${code}`), hours],
  )
  return code
}

/** Good once. Each try counts, also of those who ask at the same time. */
export async function useCode(database: Database, userId: number, purpose: Purpose, code: string): Promise<void> {
  const row = await rowOf<{ code_hash: string }>(
    database,
    `update codes set attempts = attempts + 1 where user_id = $1 and purpose = $2 and expires_at > now() and attempts < $3
     returning code_hash`,
    [userId, purpose, ATTEMPTS],
  )
  if (row?.code_hash !== digest(`${userId} ${code.trim()}`)) throw wrong()
  const used = await database.query('delete from codes where user_id = $1 and purpose = $2 and code_hash = $3', [
    userId,
    purpose,
    row.code_hash,
  ])
  if (used.rowCount !== 1) throw wrong()
}
