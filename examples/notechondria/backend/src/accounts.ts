import { makeCode, type Purpose, useCode } from './codes.ts'
import type { Config } from './config.ts'
import { type Database, inTransaction, type Queries, rowOf } from './database.ts'
import { Failure } from './failure.ts'
import type { Post } from './post.ts'
import { digest, hashPassword, isPassword, randomHex } from './secrets.ts'
import { type Device, startSession, USER, type User } from './sessions.ts'
import { seedInbox } from './welcome.ts'

export interface NewAccount {
  username: string
  email: string
  password: string | null
  isVerified: boolean
}
const CODE_HOURS = 1
const MAILS: Record<Purpose, { subject: string; use: string }> = {
  verify_email: { subject: 'Your code for Notechondria', use: 'confirms your e-mail address' },
  identity: { subject: 'Is it you?', use: 'shows that it is you who changes the account' },
  password_reset: { subject: 'A new password', use: 'lets you choose a new password' },
}
export type Accounts = ReturnType<typeof createAccounts>

export function createAccounts(database: Database, post: Post, config: Config) {
  async function sendCode(user: Pick<User, 'id' | 'email'>, purpose: Purpose): Promise<void> {
    const hours = purpose === 'verify_email' ? config.verificationHours : CODE_HOURS
    const code = await makeCode(database, user.id, purpose, hours)
    const { subject, use } = MAILS[purpose]
    const text = `${code} ${use}. It is good for ${hours} h and for one use.\n\nIf you did not ask for it, leave it alone: nothing changes.`
    await post.send(user.email, subject, text)
  }
  const byEmail = (email: string) =>
    rowOf<User>(database, `select ${USER} from users u where lower(u.email) = lower($1)`, [email])

  return {
    sendCode,
    useCode: (userId: number, purpose: Purpose, code: string) => useCode(database, userId, purpose, code),

    /** Where there is no mail, an account is as good as verified. */
    async register(username: string, email: string, password: string): Promise<User> {
      const hash = await hashPassword(password)
      const user = await createAccount(database, { username, email, password: hash, isVerified: !post.isThere })
      if (post.isThere) await sendCode(user, 'verify_email')
      return user
    },

    async verifyEmail(email: string, code: string): Promise<User> {
      const user = await byEmail(email)
      if (!user) throw new Failure(400, 'wrong_code', 'This code is wrong or too old. Ask for a new one.')
      await useCode(database, user.id, 'verify_email', code)
      await database.query('update users set is_verified = true where id = $1', [user.id])
      return { ...user, is_verified: true }
    },

    /** The same answer for every address, so that nobody learns who has an account. */
    async sendTo(email: string, purpose: 'verify_email' | 'password_reset'): Promise<void> {
      const user = await byEmail(email)
      if (user && !(purpose === 'verify_email' && user.is_verified)) await sendCode(user, purpose)
    },

    async login(name: string, password: string): Promise<User> {
      const row = await rowOf<User & { password: string | null }>(
        database,
        `select ${USER}, u.password from users u where u.username = $1 or lower(u.email) = lower($1)`,
        [name],
      )
      if (!(await isPassword(password, row?.password)) || !row) {
        throw new Failure(400, 'wrong_credentials', 'Name and password do not match.')
      }
      const { password: _, ...user } = row
      if (!user.is_verified) throw new Failure(403, 'not_verified', 'Please confirm your e-mail address first.')
      return user
    },

    async resetPassword(email: string, code: string, password: string, device: Device): Promise<string> {
      const user = await byEmail(email)
      if (!user) throw new Failure(400, 'wrong_code', 'This code is wrong or too old. Ask for a new one.')
      await useCode(database, user.id, 'password_reset', code)
      // Whoever reads the mails of this address has shown that it is theirs.
      await database.query('update users set is_verified = true where id = $1', [user.id])
      return changePassword(database, user.id, password, device)
    },

    changePassword: (userId: number, password: string, device: Device) => changePassword(database, userId, password, device),

    async changeEmail(userId: number, email: string): Promise<User> {
      const user = await rowOf<User>(
        database,
        `update users u set email = $2, is_verified = $3 where id = $1 returning ${USER}`,
        [userId, email, !post.isThere],
      ).catch(taken)
      if (!user) throw new Failure(404, 'not_found', 'There is no such account.')
      if (post.isThere) await sendCode(user, 'verify_email')
      return user
    },

    /** The one before stops working at once. */
    async rotateApiKey(userId: number): Promise<string> {
      const key = `ntc_${randomHex(32)}`
      await database.query('update users set api_key_hash = $2, api_key_at = now() where id = $1', [userId, digest(key)])
      return key
    },

    async settings(userId: number, change?: Record<string, unknown>): Promise<Record<string, unknown>> {
      const row = await rowOf<{ settings: Record<string, unknown> }>(
        database,
        'update users set settings = settings || $2 where id = $1 returning settings',
        [userId, change ?? {}],
      )
      return row?.settings ?? {}
    },
  }
}

/** With an Inbox and a welcome note in it. */
export async function createAccount(database: Database, account: NewAccount): Promise<User> {
  return inTransaction(database, async (client) => {
    const user = await insertUser(client, account).catch(taken)
    await seedInbox(client, user.id)
    return user
  })
}

async function insertUser(on: Queries, { username, email, password, isVerified }: NewAccount): Promise<User> {
  const user = await rowOf<User>(
    on,
    `insert into users as u (username, email, password, is_verified) values ($1, $2, $3, $4) returning ${USER}`,
    [username, email, password, isVerified],
  )
  return user! // An insert that did not throw gives its row.
}

function taken(error: unknown): never {
  if (typeof error === 'object' && error !== null && 'code' in error && error.code === '23505') {
    throw new Failure(409, 'taken', 'This name or address has an account already.')
  }
  throw error
}

/** Ends every session of the account, and starts the one that asked anew. */
async function changePassword(database: Database, userId: number, password: string, device: Device): Promise<string> {
  const hash = await hashPassword(password)
  return inTransaction(database, async (client) => {
    await client.query('update users set password = $2 where id = $1', [userId, hash])
    await client.query('delete from sessions where user_id = $1', [userId])
    return startSession(client, userId, device)
  })
}
