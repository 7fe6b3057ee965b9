import type { Server } from 'node:http'
import { serve } from '@hono/node-server'
import { createApp } from './app.ts'
import { readAssets } from './assets.ts'
import { readConfig } from './config.ts'
import { openDatabase, requireDatabase } from './database.ts'
import { createLimits } from './limits.ts'
import { createLive } from './live.ts'
import { openMail } from './mail.ts'
import { root } from './root.ts'
import { countRules } from './rules.ts'
import { createSessions } from './sessions.ts'
import { createDraftCookie } from './visitor.ts'

const GRACE_MS = 9_000

function start(): void {
  const config = readConfig(process.env)
  if (!config.databaseUrl) console.warn('CLOUDRON_POSTGRESQL_URL is not set: there is no database')
  if (!config.sessionSecret)
    console.warn('SESSION_SECRET is not set or shorter than 16 characters: there are no drafts, and nobody can sign in')

  const database = config.databaseUrl ? openDatabase(config.databaseUrl) : undefined
  // The first request finds a connection waiting; whether there is one at all is for /api/health to say.
  database?.query('select 1').catch(() => {})
  const limits = createLimits(config)
  const app = createApp({
    config,
    database,
    assets: readAssets(new URL('public/', root)),
    draftCookie: createDraftCookie(config.sessionSecret),
    sessions: createSessions(config.sessionSecret, database),
    mail: openMail(config.smtp),
    limits,
  })
  const live = createLive({
    databaseUrl: config.databaseUrl,
    release: config.release,
    countRules: async () => countRules(requireDatabase(database)),
  })

  const server = serve(
    {
      fetch: app.fetch,
      port: config.port,
      hostname: '0.0.0.0',
      // Longer than any proxy keeps an idle connection: the one who sends must be the one who closes.
      serverOptions: { keepAliveTimeout: 75_000 },
    },
    ({ port }) => console.log(`listening on http://0.0.0.0:${port}`),
  ) as Server // without TLS options it is node:http's
  server.on('error', (error) => {
    console.error(error.message)
    process.exit(1)
  })
  server.on('upgrade', (request, socket, head) => {
    if (request.url?.split('?')[0] === '/api/live') live.accept(request, socket, head)
    else socket.end('HTTP/1.1 404 Not Found\r\nconnection: close\r\ncontent-length: 0\r\n\r\n')
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
    const closed = new Promise((resolve) => server.close(resolve))
    await live.close()
    // Connections that were busy become idle one by one.
    const sweep = setInterval(() => server.closeIdleConnections(), 50)
    await closed
    clearInterval(sweep)
    await limits.close()
    await database?.end()
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
