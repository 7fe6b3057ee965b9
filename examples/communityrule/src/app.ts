import { Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { secureHeaders } from 'hono/secure-headers'
import { createApi } from './api.ts'
import { Failure, failureOf } from './failure.ts'
import { createPages } from './pages.ts'
import type { Services } from './services.ts'
import { MAX_UPLOAD_BYTES } from './uploads.ts'
import { errorPage } from './views/error.ts'
import { limitPosts, refuseForeignSites } from './visitor.ts'

/** Paths that take files; everything else is text. */
const TAKES_FILES = ['/api/uploads', '/create/photo']

function tooLarge(message: string): () => never {
  return () => {
    throw new Failure(413, 'too_large', message)
  }
}

export function createApp(services: Services): Hono {
  const { assets } = services
  const app = new Hono()

  app.use(
    secureHeaders({
      contentSecurityPolicy: { defaultSrc: ["'self'"], frameAncestors: ["'none'"], formAction: ["'self'"], baseUri: ["'none'"] },
      // Not less: with `no-referrer` browsers send `Origin: null` with forms, and those would be refused.
      referrerPolicy: 'same-origin',
      // Whether there is TLS is for the proxy in front to say.
      strictTransportSecurity: false,
    }),
  )
  app.get('/assets/:name', (c) => {
    const asset = assets.find(c.req.param('name'))
    if (!asset) throw new Failure(404, 'not_found', 'There is nothing here.')
    // Only who asks for exactly this version may keep it.
    c.header('cache-control', c.req.query('v') === asset.hash ? 'public, max-age=31536000, immutable' : 'no-cache')
    return c.body(asset.body, 200, { 'content-type': asset.type })
  })
  app.use(refuseForeignSites)
  app.use(limitPosts(services.limits.posts))
  const small = bodyLimit({ maxSize: 64 * 1024, onError: tooLarge('That is more than a rule may hold.') })
  const large = bodyLimit({ maxSize: MAX_UPLOAD_BYTES + 64 * 1024, onError: tooLarge('At most 5 MB, please.') })
  app.use((c, next) => (TAKES_FILES.includes(c.req.path) ? large : small)(c, next))
  app.route('/api', createApi(services))
  app.route('/', createPages(services))

  app.notFound(() => {
    throw new Failure(404, 'not_found', 'There is nothing here.')
  })
  app.onError((error, c) => {
    const known = failureOf(error)
    const failure = known ?? new Failure(500, 'internal', 'Something went wrong on our side.')
    // Where something came from matters for what nobody foresaw.
    if (failure.status >= 500)
      console.error(`${failure.status} ${c.req.method} ${c.req.path}: ${known ? error.message : error.stack}`)
    if (failure.retryAfterSeconds) c.header('retry-after', String(failure.retryAfterSeconds))
    c.header('cache-control', 'no-store')
    if (c.req.path.startsWith('/api/')) return c.json({ error: failure.code, message: failure.message }, failure.status)
    return c.html(errorPage(services, failure), failure.status)
  })
  return app
}
