import { Redis } from 'ioredis'

/** Answers within a second or fails: a Redis that is away must not make requests wait. */
export function openRedis(url: string): Redis {
  return watched(
    new Redis(url, {
      connectionName: 'flick',
      connectTimeout: 5_000,
      commandTimeout: 1_000,
      // Nothing queues up while it is away: whoever asks hears so at once.
      enableOfflineQueue: false,
      maxRetriesPerRequest: 0,
      retryStrategy: backOff,
    }),
  )
}

/** For events between instances. What is published while Redis is away is sent when it is back, and never throws. */
export function openChannel(url: string): Redis {
  return watched(new Redis(url, { connectionName: 'flick events', maxRetriesPerRequest: null, retryStrategy: backOff }))
}

const backOff = (attempt: number) => Math.min(attempt * 100, 2_000)

/** Says once that it is away, and once that it is back. */
function watched(redis: Redis): Redis {
  let isAway = false
  redis.on('error', (error) => {
    if (!isAway) console.error(`redis: ${error.message}`)
    isAway = true
  })
  redis.on('ready', () => {
    if (isAway) console.log('redis: connected again')
    isAway = false
  })
  return redis
}
