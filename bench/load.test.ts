import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, expect, test } from 'vitest'
import { WebSocketServer } from 'ws'
import { type LoadOptions, startLoad } from './load.ts'

let server: Server | undefined
afterEach(() => {
  server?.closeAllConnections()
  server?.close()
})

/** A real server whose `answer` decides what becomes of the n-th request. */
async function serve(
  answer: (n: number, path: string, response: ServerResponse) => void,
): Promise<{ url: string; seen: string[] }> {
  const seen: string[] = []
  let n = 0
  server = createServer((request, response) => {
    seen.push(`${request.method} ${request.url}`)
    n += 1
    const current = n
    request.resume().on('end', () => answer(current, request.url ?? '', response))
  })
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve))
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen }
}
function options(url: string, more: Partial<LoadOptions> = {}): LoadOptions {
  return { url, clients: 4, pauseMs: 2, reads: ['/a', '/b'], write: { path: '/w', body: {} }, ...more }
}

test('every request that the server saw is counted, and one in ten writes with a title of its own', async () => {
  const { url, seen } = await serve((_, __, response) => response.end('ok'))
  const load = await startLoad(options(url))
  await sleep(500)
  const result = await load.stop()
  expect(result.failed).toBe(0)
  expect(result.requests).toBe(seen.length)
  expect(result.writes).toBe(seen.filter((line) => line === 'POST /w').length)
  expect(result.writes).toBeGreaterThan(seen.length / 20)
  expect(new Set(result.accepted).size).toBe(result.writes)
})

test('an answer of 500 and a connection that is cut are both failures, and nothing is tried twice', async () => {
  let broken = 0
  const { url, seen } = await serve((n, _, response) => {
    if (n % 20 === 0) {
      broken += 1
      response.socket?.destroy()
    } else if (n % 20 === 10) {
      broken += 1
      response.writeHead(500).end()
    } else response.end('ok')
  })
  const load = await startLoad(options(url))
  while (seen.length < 200) await sleep(20)
  const result = await load.stop()
  expect(broken).toBeGreaterThanOrEqual(20)
  expect(result.failed).toBe(broken)
  expect(result.requests).toBe(seen.length)
  expect(result.accepted.length + result.unsure.length).toBeLessThanOrEqual(result.writes)
})

test('a request that is under way when the load stops comes to its end', async () => {
  const { url } = await serve((_, path, response) => setTimeout(() => response.end('ok'), path === '/slow' ? 400 : 0))
  const load = await startLoad(options(url, { slow: { clients: 3, path: '/slow' } }))
  const result = await load.stop()
  expect(result.slow).toBeGreaterThanOrEqual(3)
  expect(result.failed).toBe(0)
})

test('sockets that the server ends are told with their release, and opened anew', async () => {
  const { url } = await serve((_, __, response) => response.end('ok'))
  const sockets = new WebSocketServer({ server: server as Server })
  let connections = 0
  sockets.on('connection', (socket) => {
    connections += 1
    socket.send(JSON.stringify({ type: 'hello', release: 'r7' }))
  })
  const load = await startLoad(options(url, { sockets: { count: 5, path: '/live' } }))
  expect((await load.stats()).socketsOpen).toBe(5)
  await sleep(100)
  for (const socket of [...sockets.clients].slice(0, 2)) socket.close(1012)
  while (connections < 7 || (await load.stats()).socketsOpen < 5) await sleep(50)
  const result = await load.stop()
  expect(result.sockets.closed.map(({ release, code }) => ({ release, code }))).toEqual([
    { release: 'r7', code: 1012 },
    { release: 'r7', code: 1012 },
  ])
  expect(result.sockets.opened).toBe(7)
})
