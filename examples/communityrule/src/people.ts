import { createHmac, randomBytes } from 'node:crypto'
import { type Database, inTransaction } from './database.ts'

export interface Person {
  id: string
  email: string
}

const LINK_MINUTES = 15
const SESSION_DAYS = 30

/** What the database keeps of a token: with another secret none of them fits any more. */
export function fingerprint(secret: string, token: string): Buffer {
  return createHmac('sha256', secret).update(token).digest()
}

const newToken = (): string => randomBytes(32).toString('base64url')

/** The token of a link that was not used yet; `withdraw` where its letter never left. */
export async function makeLink(
  db: Database,
  secret: string,
  email: string,
): Promise<{ token: string; withdraw(): Promise<void> }> {
  const token = newToken()
  const hash = fingerprint(secret, token)
  await db.query("delete from sign_in_links where made_at < now() - interval '1 day'")
  await db.query('insert into sign_in_links (hash, email) values ($1, $2)', [hash, email])
  return { token, withdraw: async () => void (await db.query('delete from sign_in_links where hash = $1', [hash])) }
}

/** A link opens one session, once; `undefined` where it was used, is too old, or never was one. `draft` becomes the person's own. */
export async function redeemLink(
  db: Database,
  secret: string,
  token: string,
  draft: string | undefined,
): Promise<{ person: Person; session: string } | undefined> {
  return inTransaction(db, async (client) => {
    const { rows } = await client.query<{ email: string }>(
      `update sign_in_links set used_at = now()
       where hash = $1 and used_at is null and made_at > now() - make_interval(mins => ${LINK_MINUTES}) returning email`,
      [fingerprint(secret, token)],
    )
    const email = rows[0]?.email
    if (email === undefined) return undefined
    const { rows: people } = await client.query<Person>(
      'insert into people (email) values ($1) on conflict (email) do update set email = excluded.email returning id, email',
      [email],
    )
    const person = people[0]!
    if (draft) {
      await client.query(
        `update drafts set owner = $1 where id = $2 and owner is null and not exists (select 1 from drafts where owner = $1)`,
        [person.id, draft],
      )
    }
    const session = newToken()
    await client.query("delete from sessions where made_at < now() - interval '30 days'")
    await client.query('insert into sessions (hash, person) values ($1, $2)', [fingerprint(secret, session), person.id])
    return { person, session }
  })
}

export async function findPerson(db: Database, secret: string, session: string): Promise<Person | undefined> {
  const { rows } = await db.query<Person>(
    `select p.id, p.email from sessions s join people p on p.id = s.person
     where s.hash = $1 and s.made_at > now() - make_interval(days => ${SESSION_DAYS})`,
    [fingerprint(secret, session)],
  )
  return rows[0]
}

export async function endSession(db: Database, secret: string, session: string): Promise<void> {
  await db.query('delete from sessions where hash = $1', [fingerprint(secret, session)])
}
