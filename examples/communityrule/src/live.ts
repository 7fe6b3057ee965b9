import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import pg from 'pg'
import { type WebSocket, WebSocketServer } from 'ws'

export interface LiveOptions {
  databaseUrl?: string
  release?: string
  countRules(): Promise<number>
}
export interface Live {
  accept(request: IncomingMessage, socket: Duplex, head: Buffer): void
  /** Asks every browser to come back, which brings it to the next release. */
  close(): Promise<void>
}

/**
 * `/api/live` tells browsers how many rules there are, and of each new one: `hello` at once, `published` from then on.
 * The news come through the database (LISTEN), so that it does not matter which instance wrote.
 */
export function createLive({ databaseUrl, release, countRules }: LiveOptions): Live {
  const server = new WebSocketServer({ noServer: true, maxPayload: 1_024 })
  const silent = new WeakSet<WebSocket>()
  let listener: pg.Client | undefined
  let isClosing = false

  function send(to: Iterable<WebSocket>, message: Record<string, unknown>): void {
    const text = JSON.stringify(message)
    for (const socket of to) if (socket.readyState === socket.OPEN) socket.send(text)
  }

  /** Kept from the first socket on; when it breaks, sockets stay and it is tried again. */
  async function listen(): Promise<void> {
    if (listener || isClosing || !databaseUrl) return
    const client = new pg.Client({ connectionString: databaseUrl, application_name: 'communityrule live', keepAlive: true })
    listener = client
    const again = (error?: Error): void => {
      if (listener !== client) return
      listener = undefined
      if (error) console.error(`live: ${error.message}`)
      void client.end().catch(() => {})
      if (server.clients.size > 0) setTimeout(listen, 1_000).unref()
    }
    client.on('error', again)
    client.on('end', () => again())
    client.on('notification', ({ payload }) => void tell(payload ?? '{}'))
    try {
      await client.connect()
      await client.query('listen rule_published')
      send(server.clients, { type: 'hello', release, rules: await countRules() })
    } catch (error) {
      again(error instanceof Error ? error : new Error(String(error)))
    }
  }

  async function tell(rule: string): Promise<void> {
    try {
      send(server.clients, { type: 'published', rules: await countRules(), rule: JSON.parse(rule) })
    } catch (error) {
      console.error(`live: ${error instanceof Error ? error.message : String(error)}`)
    }
  }

  server.on('connection', async (socket: WebSocket) => {
    socket.on('error', () => socket.terminate())
    socket.on('pong', () => silent.delete(socket))
    void listen()
    try {
      send([socket], { type: 'hello', release, rules: await countRules() })
    } catch {
      socket.close(1013, 'try again later')
    }
  })
  // Proxies close what is quiet, and a laptop that went to sleep says no goodbye.
  const beat = setInterval(() => {
    for (const socket of server.clients) {
      if (silent.has(socket)) socket.terminate()
      silent.add(socket)
      socket.ping()
    }
  }, 25_000)
  beat.unref()

  return {
    accept(request, socket, head) {
      server.handleUpgrade(request, socket, head, (ws) => server.emit('connection', ws, request))
    },
    async close() {
      isClosing = true
      clearInterval(beat)
      for (const socket of server.clients) socket.close(1012, 'service restart')
      const client = listener
      listener = undefined
      await client?.end().catch(() => {})
    },
  }
}
