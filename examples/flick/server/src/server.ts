import { createServer } from 'node:http'
import { readWith } from '@flick/shared/read-env.ts'
import { createApp } from './app.ts'
import { createAuth } from './auth.ts'
import { openDatabase } from './database.ts'
import { needs } from './env.ts'
import { readHealth } from './health.ts'
import { limitRequests } from './limit.ts'
import { createLive, type Live } from './live.ts'
import { readMigrations } from './migrations.ts'
import { createPosts } from './posts.ts'
import { openChannel, openRedis } from './redis.ts'

const GRACE_MS = 9_000

function start(): void {
  const env = readWith(needs.server, process.env)
  const migrations = readMigrations()
  const database = openDatabase(env.DATABASE_URL)
  const redis = openRedis(env.REDIS_URL)
  const channels = { pub: openChannel(env.REDIS_URL), sub: openChannel(env.REDIS_URL) }
  const auth = createAuth(database, env)
  let live: Live | undefined
  const app = createApp({
    auth,
    posts: createPosts(database, redis, env.CACHE_TTL),
    live: () => live!, // It is there before the server listens.
    health: () => readHealth(database, redis, migrations),
    limit: limitRequests(redis, env.RATE_LIMIT),
    origins: env.ACCESS_CONTROL_ORIGINS,
  })
  const server = createServer(app)
  // Longer than any proxy keeps an idle connection: the one who sends must be the one who closes.
  server.keepAliveTimeout = 75_000
  live = createLive(server, auth, env.ACCESS_CONTROL_ORIGINS, channels)
  server.on('error', (error) => {
    console.error(error.message)
    process.exit(1)
  })
  server.listen(env.PORT, env.HOST, () => {
    const address = server.address()
    console.log(`listening on http://${env.HOST}:${typeof address === 'object' ? address?.port : ''}`)
  })

  let isStopping = false
  async function stop(signal: string): Promise<void> {
    if (isStopping) return
    isStopping = true
    console.log(`${signal}: finishing what is in hand`)
    setTimeout(() => {
      console.error('not done in time')
      process.exit(1)
    }, GRACE_MS).unref()
    // Sockets are closed at once and come back elsewhere; requests are answered first.
    const sweep = setInterval(() => server.closeIdleConnections(), 50)
    await live?.close()
    clearInterval(sweep)
    for (const one of [redis, channels.pub, channels.sub]) one.disconnect()
    await database.$client.end()
    console.log('stopped')
    process.exit(0)
  }
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
}

try {
  start()
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error))
  process.exitCode = 2
}
