import type { MiddlewareHandler } from 'hono'
import { getCookie, setCookie } from 'hono/cookie'
import { secureHeaders } from 'hono/secure-headers'
import { logAccess } from './access-log.ts'
import { type Env, pathOf } from './context.ts'
import { allowOrigins, isHost } from './cors.ts'
import { Failure } from './failure.ts'
import type { Services } from './services.ts'
import { findByApiKey, findSession } from './sessions.ts'
import { serveStatic } from './static-files.ts'

type Handler = MiddlewareHandler<Env>
export const COOKIE = 'sessionid'
export const MESSAGES = 'messages'

/** What every request goes through, in this order: the first is the outermost. */
export function middleware(services: Services): { name: string; run: Handler }[] {
  const { config } = services
  const isColored = config.forcesColor || process.stdout.isTTY === true
  return [
    { name: 'timing', run: logAccess({ isColored, least: config.logLevel }) },
    // Whether there is TLS is for the proxy in front to say. What may frame a page is said at the end.
    {
      name: 'security',
      run: secureHeaders({
        strictTransportSecurity: false,
        xFrameOptions: false,
        referrerPolicy: 'same-origin',
        crossOriginResourcePolicy: 'cross-origin',
      }),
    },
    { name: 'static', run: serveStatic(services.stores.static) },
    { name: 'session', run: noteCookie },
    { name: 'cors', run: allowOrigins(config) },
    { name: 'common', run: refuseForeignHosts(config.allowedHosts) },
    { name: 'csrf', run: refuseForeignForms(config.trustedOrigins) },
    { name: 'authentication', run: authenticate(services) },
    { name: 'messages', run: takeMessages },
    { name: 'frames', run: refuseFrames },
  ]
}

const noteCookie: Handler = async (c, next) => {
  c.set('hasCookie', getCookie(c, COOKIE) !== undefined)
  await next()
}

/** A `Host` that is not ours would end up in links. */
function refuseForeignHosts(allowed: string[]): Handler {
  return async (c, next) => {
    const host = (c.req.header('host') ?? '').replace(/:\d+$/, '').toLowerCase()
    if (!allowed.some((pattern) => isHost(pattern, host))) throw new Failure(400, 'unknown_host', 'This host is not served here.')
    await next()
  }
}

/** Forms of the admin pages: what comes with a cookie, or is about to get one, must come from a page of ours. */
function refuseForeignForms(trusted: string[]): Handler {
  return async (c, next) => {
    const isForm = pathOf(c).startsWith('/admin/') || c.get('hasCookie') === true
    if (isForm && !/^(GET|HEAD|OPTIONS|TRACE)$/.test(c.req.method)) {
      const scheme = c.req.header('x-forwarded-proto') ?? 'http'
      const origin = c.req.header('origin')
      if (origin !== `${scheme}://${c.req.header('host')}` && !trusted.includes(origin ?? '')) {
        throw new Failure(403, 'foreign_origin', 'This form came from a page that is not trusted here.')
      }
    }
    await next()
  }
}

/** `Token` is a session, `Bearer` and `ApiKey` are the API key. The cookie is for the admin pages alone. */
function authenticate({ database }: Services): Handler {
  return async (c, next) => {
    const [scheme = '', key = ''] = (c.req.header('authorization') ?? '').split(' ')
    const cookie = pathOf(c).startsWith('/admin/') ? getCookie(c, COOKIE) : undefined
    const token = /^Token$/i.test(scheme) ? key : cookie
    if (token && /^[0-9a-f]{40}$/.test(token)) {
      const found = await findSession(database, token)
      c.set('user', found?.user)
      c.set('sessionId', found?.sessionId)
    } else if (/^(Bearer|ApiKey)$/i.test(scheme) && /^ntc_[0-9a-f]{32}$/.test(key)) {
      c.set('user', await findByApiKey(database, key))
    }
    await next()
  }
}

/** Shown on the next page, and then gone. */
const takeMessages: Handler = async (c, next) => {
  const left = getCookie(c, MESSAGES)
  c.set('messages', left ? [left] : [])
  await next()
  if (left && c.res.status === 200) setCookie(c, MESSAGES, '', { path: '/admin/', maxAge: 0 })
}

const refuseFrames: Handler = async (c, next) => {
  await next()
  c.res.headers.set('x-frame-options', 'DENY')
}
