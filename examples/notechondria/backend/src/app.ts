import { Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { z } from 'zod'
import { createAdmin } from './admin/admin.ts'
import { createAuth } from './api/auth.ts'
import { createCoursesApi } from './api/courses.ts'
import { createNotesApi } from './api/notes.ts'
import { createPlannerApi } from './api/planner.ts'
import { bodyOf, type Env, pathOf, userOf } from './context.ts'
import { Failure, failureOf, nothingHere } from './failure.ts'
import { handshake } from './handshake.ts'
import { readHealth } from './health.ts'
import { createMcp } from './mcp/mcp.ts'
import { middleware } from './middleware.ts'
import type { Migration } from './migrations.ts'
import type { Services } from './services.ts'
import { isKey } from './store.ts'

const BODY_BYTES = 1024 * 1024

export function createApp(services: Services, migrations: Migration[]): Hono<Env> {
  const { config, accounts, attachments, database } = services
  const app = new Hono<Env>({ strict: false })
  for (const { run } of middleware(services)) app.use(run)

  // Asked by whoever only wants to know whether the process lives: no database.
  app.get('/', (c) => c.json({ status: 'ok', service: 'notechondria-backend' }))
  app.get('/handshake', (c) => c.json(handshake(config.version)))

  const auth = createAuth(services)
  app.get('/auth/:provider/callback', auth.callback)
  app.get('/media/:key{.+}', async (c) => {
    const key = c.req.param('key')
    if (!isKey(key)) throw nothingHere()
    const { body, type } = await attachments.read(key)
    // What somebody uploaded is shown as a picture at most, and never becomes a page of ours.
    const isPicture = /^image\/(png|jpeg|gif|webp)$/.test(type)
    return c.body(body, 200, {
      'content-type': type,
      'content-disposition': isPicture ? 'inline' : 'attachment',
      'content-security-policy': "default-src 'none'; sandbox",
      'cache-control': 'private, max-age=86400, immutable',
    })
  })

  const limit = bodyLimit({
    maxSize: BODY_BYTES,
    onError: () => {
      throw new Failure(413, 'too_large', 'That is too much at once.')
    },
  })
  app.use(async (c, next) => (pathOf(c).includes('/attachments') ? next() : limit(c, next)))
  app.route('/mcp', createMcp(services))
  app.route('/admin', createAdmin(services))

  const api = new Hono<Env>({ strict: false })
  api.get('/health', async (c) => {
    const health = await readHealth(database, migrations)
    return c.json({ ...health, release: config.release }, health.status === 'ok' ? 200 : 503)
  })
  api.get('/handshake', (c) => c.json(handshake(config.version)))
  api.route('/auth', auth.api)
  api.get('/settings', async (c) => c.json(await accounts.settings(userOf(c).id)))
  api.patch('/settings', async (c) => {
    const setting = z.union([z.string().max(200), z.number(), z.boolean()])
    const change = await bodyOf(
      c,
      z.record(z.string().regex(/^\w{1,40}$/), setting).refine((all) => Object.keys(all).length <= 50),
    )
    return c.json(await accounts.settings(userOf(c).id, change))
  })
  // Parked: the routes stay, so that pages can tell "not here yet" from "wrong address".
  api.all('/gptutils/*', () => {
    throw new Failure(501, 'parked', 'Writing with a model is parked until the service for it is there.')
  })
  for (const part of [createCoursesApi(services), createNotesApi(services), createPlannerApi(services)]) api.route('/', part)
  app.route('/api/v1', api)

  app.notFound(() => {
    throw nothingHere()
  })
  app.onError((error, c) => {
    const known = failureOf(error)
    const failure = known ?? new Failure(500, 'internal', 'Something went wrong on our side.')
    // Where something came from matters for what nobody foresaw.
    if (failure.status >= 500 && failure.status !== 501) {
      console.error(`${failure.status} ${c.req.method} ${pathOf(c)}: ${known ? error.message : error.stack}`)
    }
    return c.json({ code: failure.code, detail: failure.message }, failure.status)
  })
  return app
}
