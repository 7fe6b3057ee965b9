import type { Config } from './config.ts'
import { Failure } from './failure.ts'
import { createRateLimit, type RateLimit, type Window } from './rate-limit.ts'
import { openCounters } from './redis-counters.ts'

/** Everything that is limited, each with a window of its own. */
export interface Limits {
  posts: RateLimit
  linksToPerson: RateLimit
  linksFromAddress: RateLimit
  uploads: RateLimit
  inquiries: RateLimit
  /** Lets go of Redis. */
  close(): Promise<void>
}

const once = (seconds: number): Window => ({ most: 1, seconds })

/** With Redis all instances count together; without, each for itself, and there should be one. */
export function createLimits({ redisUrl, rateLimit }: Pick<Config, 'redisUrl' | 'rateLimit'>): Limits {
  const counters = redisUrl ? openCounters(redisUrl) : undefined
  const of = (name: string, window: Window): RateLimit => {
    const effective = rateLimit === 0 ? { ...window, most: 0 } : window
    const own = createRateLimit(effective)
    return counters ? counters.limit(name, effective, own) : own
  }
  return {
    posts: of('posts', { most: rateLimit, seconds: 60 }),
    linksToPerson: of('links-to', once(60)),
    linksFromAddress: of('links-from', once(20)),
    uploads: of('uploads', once(5)),
    inquiries: of('inquiries', once(20)),
    close: async () => counters?.close(),
  }
}

/** Throws 429 where it is one too many. */
export async function takeOne(limit: RateLimit, key: string): Promise<void> {
  const seconds = await limit.take(key)
  if (seconds === 0) return
  throw new Failure(429, 'rate_limited', `That was a lot at once. Please try again in ${seconds} seconds.`, seconds)
}
