import type { RequestHandler } from 'express'
import type { Redis } from 'ioredis'
import { Failure } from './failure.ts'

/** So many requests per minute from one address, counted in Redis for all instances. While Redis is away nobody is refused. */
export function limitRequests(redis: Redis, perMinute: number, now = Date.now): RequestHandler {
  return async (request, response, next) => {
    if (perMinute === 0) return next()
    const minute = Math.floor(now() / 60_000)
    const key = `limit:${request.ip}:${minute}`
    const results = await redis
      .multi()
      .incr(key)
      .expire(key, 60)
      .exec()
      .catch(() => null)
    const count = Number(results?.[0]?.[1] ?? 0)
    response.set('ratelimit-limit', String(perMinute)).set('ratelimit-remaining', String(Math.max(0, perMinute - count)))
    if (count <= perMinute) return next()
    response.set('retry-after', String(Math.ceil((minute + 1) * 60 - now() / 1000)))
    throw new Failure(429, 'rate_limited', 'That was a lot at once. Please wait a minute.')
  }
}
