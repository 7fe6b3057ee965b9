import * as z from 'zod'
import { createAccount } from './accounts.ts'
import type { Config, Provider, ProviderName } from './config.ts'
import { type Database, rowOf, rowsOf } from './database.ts'
import { Failure } from './failure.ts'
import { isSame, randomHex, sign } from './secrets.ts'
import { USER, type User } from './sessions.ts'

// The browser goes to the provider and comes back to /auth/<provider>/callback, which hands code and state on to the page that
// asked. That page compares the state with its own and sends both here: only now is the code exchanged.

export interface Identity {
  subject: string
  label: string
  email?: string
}
const STATE_MINUTES = 15
const tokenAnswer = z.object({ access_token: z.string().min(1) })
const googleUser = z.object({ sub: z.string(), email: z.string().optional(), email_verified: z.boolean().optional() })
const githubUser = z.object({ id: z.number(), login: z.string(), email: z.string().nullish() })
export type OAuth = ReturnType<typeof createOAuth>

export function createOAuth(database: Database, { providers, secretKey }: Config) {
  const providerOf = (name: ProviderName): Provider => {
    const provider = providers[name]
    if (!provider) throw new Failure(404, 'provider_not_configured', `Signing in with ${name} is not set up here.`)
    return provider
  }
  /** Proof for the provider that who exchanges the code is who asked for it; made from the state, so nothing needs to be kept. */
  const verifierOf = (state: string) => sign(secretKey, `verifier ${state}`)

  return {
    providers: Object.keys(providers) as ProviderName[],

    async begin(name: ProviderName): Promise<{ state: string; url: string }> {
      const { authorizeUrl, clientId, redirectUri } = providerOf(name)
      const body = `${name}.${Date.now().toString(36)}.${randomHex(32)}`
      const state = `${body}.${sign(secretKey, `state ${body}`)}`
      const url = new URL(authorizeUrl)
      url.search = new URLSearchParams({
        client_id: clientId,
        redirect_uri: redirectUri,
        response_type: 'code',
        scope: name === 'google' ? 'openid email' : 'read:user',
        state,
        code_challenge: await challengeOf(verifierOf(state)),
        code_challenge_method: 'S256',
      }).toString()
      return { state, url: url.href }
    },

    /** Who it is, in the words of the provider. */
    async exchange(name: ProviderName, code: string, state: string): Promise<Identity> {
      const provider = providerOf(name)
      if (!isState(secretKey, name, state)) throw new Failure(400, 'wrong_state', 'This sign-in is too old. Please begin anew.')
      const answer = await ask(provider.tokenUrl, tokenAnswer, {
        method: 'POST',
        body: new URLSearchParams({
          grant_type: 'authorization_code',
          client_id: provider.clientId,
          client_secret: provider.clientSecret,
          redirect_uri: provider.redirectUri,
          code,
          code_verifier: verifierOf(state),
        }),
      })
      const headers = { authorization: `Bearer ${answer.access_token}` }
      if (name === 'google') {
        const { sub, email, email_verified } = await ask(provider.userUrl, googleUser, { headers })
        return { subject: sub, label: email ?? sub, ...(email && email_verified && { email }) }
      }
      const { id, login, email } = await ask(provider.userUrl, githubUser, { headers })
      return { subject: String(id), label: login, ...(email && { email }) }
    },

    /** The account that this identity is bound to, or a new one. An address that has an account already must be bound from inside. */
    async login(name: ProviderName, { subject, label, email }: Identity): Promise<User> {
      const known = await rowOf<User>(
        database,
        `select ${USER} from social_accounts a join users u on u.id = a.user_id where a.provider = $1 and a.subject = $2`,
        [name, subject],
      )
      if (known) return known
      const username = `${label.split('@')[0]?.replace(/[^\w.-]/g, '') || name}-${randomHex(6)}`
      const user = await createAccount(database, {
        username,
        email: email ?? `${username}@users.noreply.invalid`,
        password: null,
        // The provider did, or there is no address to confirm.
        isVerified: true,
      })
      await bind(user.id, name, { subject, label })
      return user
    },

    bind,

    list: (userId: number) =>
      rowsOf<{ provider: ProviderName; label: string; created_at: Date }>(
        database,
        'select provider, label, created_at from social_accounts where user_id = $1 order by provider',
        [userId],
      ),

    /** Refused where it is the only way into the account. */
    async unlink(userId: number, name: ProviderName): Promise<void> {
      const gone = await database.query(
        `delete from social_accounts a using users u where u.id = a.user_id and a.user_id = $1 and a.provider = $2
         and (u.password is not null or exists (select from social_accounts o where o.user_id = $1 and o.provider <> $2))`,
        [userId, name],
      )
      if (gone.rowCount === 1) return
      const isBound = await rowOf(database, 'select 1 from social_accounts where user_id = $1 and provider = $2', [userId, name])
      if (isBound) throw new Failure(400, 'last_way_in', 'Choose a password first, or you could not sign in any more.')
      throw new Failure(404, 'not_found', `This account is not bound to ${name}.`)
    },
  }

  async function bind(userId: number, name: ProviderName, { subject, label }: Identity): Promise<void> {
    const bound = await database.query(
      `insert into social_accounts (user_id, provider, subject, label) values ($1, $2, $3, $4) on conflict do nothing`,
      [userId, name, subject, label],
    )
    if (bound.rowCount !== 1) throw new Failure(409, 'already_bound', `This ${name} account is bound already.`)
  }
}

function isState(secret: string, name: ProviderName, state: string): boolean {
  const [provider, made = '', random, signature = ''] = state.split('.')
  const age = Date.now() - Number.parseInt(made, 36)
  if (provider !== name || !(age >= 0 && age < STATE_MINUTES * 60_000)) return false
  return isSame(signature, sign(secret, `state ${provider}.${made}.${random}`))
}

async function challengeOf(verifier: string): Promise<string> {
  return Buffer.from(await crypto.subtle.digest('SHA-256', Buffer.from(verifier))).toString('base64url')
}

async function ask<T>(url: string, schema: z.ZodType<T>, init: RequestInit): Promise<T> {
  const headers = { accept: 'application/json', 'user-agent': 'notechondria', ...init.headers }
  const failed = (why: string) => {
    console.error(`oauth: ${new URL(url).host} ${why}`)
    return new Failure(502, 'provider_failed', 'The other side did not confirm who you are. Please try again.')
  }
  const answer = await fetch(url, { ...init, headers, signal: AbortSignal.timeout(10_000) }).catch((error: unknown) => {
    throw failed(error instanceof Error ? error.message : String(error))
  })
  const read = schema.safeParse(await answer.json().catch(() => undefined))
  if (!answer.ok || !read.success) throw failed(`answered ${answer.status}`)
  return read.data
}
