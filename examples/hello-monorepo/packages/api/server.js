import { createServer } from 'node:http'
import { greet } from '@hello/shared'

const server = createServer((request, response) => {
  const url = new URL(request.url ?? '/', 'http://localhost')
  const send = (status, body) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  }
  if (url.pathname === '/api/health') send(200, { ok: true })
  else if (url.pathname === '/api/hello') send(200, { text: greet(url.searchParams.get('name') ?? 'world') })
  else send(404, { error: 'not_found' })
})
server.keepAliveTimeout = 75_000
server.listen(Number(process.env.PORT ?? 3000), '0.0.0.0')

process.on('SIGTERM', () => {
  server.close(() => process.exit(0))
  // Connections that were busy become idle one by one.
  setInterval(() => server.closeIdleConnections(), 50)
})
