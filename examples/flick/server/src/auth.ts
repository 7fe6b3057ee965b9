import type { IncomingHttpHeaders } from 'node:http'
import type { User } from '@flick/shared/types.ts'
import { betterAuth } from 'better-auth'
import { drizzleAdapter } from 'better-auth/adapters/drizzle'
import { fromNodeHeaders } from 'better-auth/node'
import type { RequestHandler } from 'express'
import type { Database } from './database.ts'
import type { Env } from './env.ts'
import { Failure } from './failure.ts'
import * as schema from './schema.ts'

export type Auth = ReturnType<typeof createAuth>

export function createAuth(database: Database, env: Env<'accounts'>) {
  const isSecure = env.BETTER_AUTH_URL.startsWith('https:')
  return betterAuth({
    database: drizzleAdapter(database, { provider: 'pg', schema }),
    secret: env.BETTER_AUTH_SECRET,
    baseURL: env.BETTER_AUTH_URL,
    trustedOrigins: env.ACCESS_CONTROL_ORIGINS,
    emailAndPassword: { enabled: true, minPasswordLength: 8 },
    user: { additionalFields: { role: { type: 'string', defaultValue: 'member', input: false } } },
    advanced: {
      cookiePrefix: 'flick',
      useSecureCookies: isSecure,
      // A name without a dot, such as localhost, is no domain that hosts could share.
      ...(env.COOKIE_DOMAIN.includes('.') && { crossSubDomainCookies: { enabled: true, domain: env.COOKIE_DOMAIN } }),
    },
    // All requests are counted in Redis already, for all instances together.
    rateLimit: { enabled: false },
    telemetry: { enabled: false },
  })
}

export async function userOf(auth: Auth, headers: IncomingHttpHeaders): Promise<User | undefined> {
  const found = await auth.api.getSession({ headers: fromNodeHeaders(headers) })
  if (!found) return undefined
  const { id, name, email, role } = found.user
  return { id, name, email, role }
}

declare module 'express-serve-static-core' {
  interface Locals {
    user: User
  }
}

/** Leaves the one who asks in `response.locals.user`. */
export function requireUser(auth: Auth, role?: 'admin'): RequestHandler {
  return async (request, response, next) => {
    const user = await userOf(auth, request.headers)
    if (!user) throw new Failure(401, 'not_signed_in', 'Please sign in.')
    if (role && user.role !== role) throw new Failure(403, 'not_allowed', 'This is for moderators.')
    response.locals.user = user
    next()
  }
}
