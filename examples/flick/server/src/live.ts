import type { Server as HttpServer } from 'node:http'
import type { Events, Post } from '@flick/shared/types.ts'
import { createAdapter } from '@socket.io/redis-adapter'
import type { Redis } from 'ioredis'
import { Server } from 'socket.io'
import { type Auth, userOf } from './auth.ts'

export interface Live {
  posted(post: Post): void
  gone(id: number): void
  tell(userId: string, text: string): void
  close(): Promise<void>
}

/** Events reach everybody, whichever instance they are connected to: Redis carries them from one to the others. */
export function createLive(server: HttpServer, auth: Auth, origins: string[], channels: { pub: Redis; sub: Redis }): Live {
  const io = new Server<Record<string, never>, Events>(server, {
    // One request is one connection: no balancer has to lead a client to the same instance twice.
    transports: ['websocket'],
    adapter: createAdapter(channels.pub, channels.sub),
    serveClient: false,
    // Browsers ask nobody before they open a WebSocket to another origin. Programs send no origin.
    allowRequest: (request, decide) => {
      const { origin } = request.headers
      decide(null, origin === undefined || origins.includes(origin))
    },
  })
  io.use(async (socket, next) => {
    try {
      const user = await userOf(auth, socket.request.headers)
      if (user) await socket.join(`user:${user.id}`)
      next()
    } catch (error) {
      next(error instanceof Error ? error : new Error(String(error)))
    }
  })
  return {
    posted: (post) => void io.emit('post:new', post),
    gone: (id) => void io.emit('post:gone', id),
    tell: (userId, text) => void io.to(`user:${userId}`).emit('notice', text),
    /** Ends the HTTP server too, once its requests are answered. */
    close: () => io.close(),
  }
}
