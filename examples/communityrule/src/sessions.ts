import type { Context } from 'hono'
import { deleteCookie, getCookie, setCookie } from 'hono/cookie'
import { type Database, requireDatabase } from './database.ts'
import { Failure } from './failure.ts'
import { endSession, findPerson, type Person } from './people.ts'

const COOKIE = 'session'

/** Who is signed in, by a cookie that only this server can have made. */
export interface Sessions {
  /** Throws where there is no secret. */
  secret(): string
  person(c: Context): Promise<Person | undefined>
  /** The person, or 401. */
  required(c: Context): Promise<Person>
  begin(c: Context, session: string): void
  end(c: Context): Promise<void>
}

export function createSessions(secret: string | undefined, database: Database | undefined): Sessions {
  const sessions: Sessions = {
    secret() {
      if (secret) return secret
      throw new Failure(500, 'server_misconfigured', 'Signing in needs SESSION_SECRET, 16 characters or more, on the server.')
    },
    async person(c) {
      const session = getCookie(c, COOKIE)
      return session && secret && database ? findPerson(database, secret, session) : undefined
    },
    async required(c) {
      const person = await sessions.person(c)
      if (person) return person
      throw new Failure(401, 'not_signed_in', 'Please sign in first.')
    },
    begin(c, session) {
      const secure = c.req.header('x-forwarded-proto') === 'https'
      setCookie(c, COOKIE, session, { httpOnly: true, sameSite: 'Lax', secure, path: '/', maxAge: 30 * 24 * 3600 })
    },
    async end(c) {
      const session = getCookie(c, COOKIE)
      if (session) await endSession(requireDatabase(database), sessions.secret(), session)
      deleteCookie(c, COOKIE, { path: '/' })
    },
  }
  return sessions
}
