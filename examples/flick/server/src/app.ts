import { allowOrigins } from '@flick/shared/allow-origins.ts'
import { toNodeHandler } from 'better-auth/node'
import express, { type Express, type RequestHandler } from 'express'
import * as z from 'zod'
import { type Auth, requireUser } from './auth.ts'
import { answerFailure, Failure, nothingHere } from './failure.ts'
import type { Health } from './health.ts'
import type { Live } from './live.ts'
import { newPost, type Posts, postId } from './posts.ts'

export interface Parts {
  auth: Auth
  posts: Posts
  /** Made after the app, since it shares its HTTP server. */
  live: () => Live
  health: () => Promise<Health>
  limit: RequestHandler
  origins: string[]
}

export function createApp({ auth, posts, live, health, limit, origins }: Parts): Express {
  const app = express()
  app.disable('x-powered-by')
  // Only a neighbour may say on whose behalf it asks: anybody else could pass by the rate limit with a header.
  app.set('trust proxy', ['loopback', 'linklocal', 'uniquelocal'])
  app.use(allowOrigins(origins))

  app.get('/healthz', (_, response) => {
    response.json(answer('Server is healthy', { status: 'ok', release: process.env.LANDFALL_RELEASE }))
  })
  app.get('/readyz', async (_, response) => {
    const found = await health()
    const isReady = found.status === 'ready'
    const body = { ...answer(isReady ? 'Server is ready' : 'Server is not ready', found), success: isReady }
    response.status(isReady ? 200 : 503).json(body)
  })

  // Not counted: every page asks it, and so does every other service.
  app.get('/api/auth/get-session', toNodeHandler(auth))
  app.use('/api', limit)
  app.all('/api/auth/*rest', toNodeHandler(auth))
  app.use(express.json({ limit: '32kb' }))

  app.get('/api/v1/posts', async (request, response) => {
    const { before } = parse(z.object({ before: postId.optional() }), request.query)
    response.json(answer('Posts', { posts: await posts.list(before) }))
  })
  app.post('/api/v1/posts', requireUser(auth), async (request, response) => {
    const { text } = parse(newPost, request.body, 'Write something, up to 500 characters.')
    const post = await posts.add(response.locals.user.id, text)
    live().posted(post)
    response.status(201).json(answer('Posted', { post }))
  })

  const moderation = express.Router()
  moderation.use(requireUser(auth, 'admin'))
  moderation.get('/posts', async (_, response) => {
    response.json(answer('All posts', { posts: await posts.listAll() }))
  })
  moderation.get('/posts/:id', async (request, response) => {
    response.json(answer('Post', { post: await posts.find(parse(postId, request.params.id)) }))
  })
  moderation.patch('/posts/:id', async (request, response) => {
    const { isHidden } = parse(z.object({ isHidden: z.boolean() }), request.body)
    const { post, userId } = await posts.hide(parse(postId, request.params.id), isHidden)
    if (isHidden) live().gone(post.id)
    else live().posted(post)
    live().tell(userId, isHidden ? 'A moderator has hidden one of your posts.' : 'One of your posts can be seen again.')
    response.json(answer(isHidden ? 'Hidden' : 'Shown', { post }))
  })
  app.use('/api/v1/admin', moderation)

  app.use(nothingHere)
  app.use(answerFailure)
  return app
}

const answer = <T>(message: string, data: T) => ({ success: true, message, data })

function parse<T extends z.ZodType>(schema: T, value: unknown, message = 'This request is not complete.'): z.infer<T> {
  const read = schema.safeParse(value)
  if (!read.success) throw new Failure(422, 'invalid', message)
  return read.data
}
