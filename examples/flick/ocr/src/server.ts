import { createServer } from 'node:http'
import { origins } from '@flick/shared/origins.ts'
import { readWith } from '@flick/shared/read-env.ts'
import * as z from 'zod'
import { createApp } from './app.ts'
import { openReader } from './reader.ts'

const schema = z.object({
  HOST: z.string().default('127.0.0.1'),
  PORT: z.coerce.number().int().min(0).max(65_535).default(8003),
  ACCESS_CONTROL_ORIGINS: origins,
  SERVER_URI: z.url({ protocol: /^https?$/, error: 'must be the http(s):// URL of the server' }),
})

async function start(): Promise<void> {
  const env = readWith(schema, process.env)
  const reader = await openReader()
  const app = createApp({ reader, origins: env.ACCESS_CONTROL_ORIGINS, serverUri: env.SERVER_URI })
  const server = createServer(app)
  server.keepAliveTimeout = 75_000
  server.on('error', (error) => {
    console.error(error.message)
    process.exit(1)
  })
  server.listen(env.PORT, env.HOST, () => {
    const address = server.address()
    console.log(`listening on http://${env.HOST}:${typeof address === 'object' ? address?.port : ''}`)
  })
  const stop = (signal: string) => {
    console.log(`${signal}: finishing what is in hand`)
    const sweep = setInterval(() => server.closeIdleConnections(), 50)
    server.close(async () => {
      clearInterval(sweep)
      await reader.close()
      process.exit(0)
    })
  }
  process.once('SIGTERM', stop)
  process.once('SIGINT', stop)
}

try {
  await start()
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error))
  process.exitCode = 2
}
