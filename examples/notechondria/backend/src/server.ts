import type { Server } from 'node:http'
import { serve } from '@hono/node-server'
import { createApp } from './app.ts'
import { readConfig } from './config.ts'
import { openDatabase } from './database.ts'
import { readMigrations } from './migrations.ts'
import { root } from './root.ts'
import { createServices } from './services.ts'

const GRACE_MS = 9_000

function start(): void {
  const config = readConfig(process.env)
  const database = openDatabase(config.databaseUrl)
  // The first request finds a connection waiting; whether there is one at all is for health to say.
  database.query('select 1').catch(() => {})
  const app = createApp(createServices(config, database), readMigrations(new URL('migrations/', root)))
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
    // Connections that were busy become idle one by one.
    const sweep = setInterval(() => server.closeIdleConnections(), 50)
    await closed
    clearInterval(sweep)
    await database.end()
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
