import type { RateLimit, Window } from './rate-limit.ts'

/** Windows that all instances share. When Redis does not answer, each instance counts for itself until it does. */
export function openCounters(url: string) {
  // Loaded late: most environments have none.
  const connecting = import('./redis-connection.ts').then(({ connect }) => connect(url))
  return {
    limit(name: string, { most, seconds }: Window, alone: RateLimit): RateLimit {
      return {
        async take(key) {
          if (most === 0) return 0
          const at = `communityrule:${name}:${key}`
          try {
            const client = await connecting
            if (!client.isReady) return alone.take(key)
            const [, used, left] = await client
              .multi()
              .set(at, 0, { condition: 'NX', expiration: { type: 'EX', value: seconds } })
              .incr(at)
              .ttl(at)
              .exec()
            return Number(used) > most ? Math.max(1, Number(left)) : 0
          } catch {
            return alone.take(key)
          }
        },
      }
    },
    async close(): Promise<void> {
      const client = await connecting
      client.destroy()
    },
  }
}
