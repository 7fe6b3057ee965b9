import { fork } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Client } from 'undici'
import { WebSocket } from 'ws'

// Load for releases, in a process of its own: what it measures is not slowed down by who measures. Nothing is tried twice:
// whatever a person would have seen fail is counted as failed.

export interface LoadOptions {
  url: string
  /** Keep-alive connections, each with one request at a time. */
  clients: number
  /** Between two requests of one connection. */
  pauseMs: number
  reads: string[]
  /** Sent with every request, such as who asks. */
  headers?: Record<string, string>
  /** Every tenth request of a connection writes; `body` gets a title that no other request has. */
  write?: { path: string; body: Record<string, unknown> }
  /** Connections that ask for nothing but this, such as answers that take two seconds. */
  slow?: { clients: number; path: string }
  sockets?: { count: number; path: string }
}
export interface LoadStats {
  requests: number
  failed: number
  writes: number
  socketsOpen: number
  failures: string[]
}
export interface LoadResult extends LoadStats {
  seconds: number
  slow: number
  /** Titles whose write was answered with 2xx, and those whose answer never came. */
  accepted: string[]
  unsure: string[]
  ms: { median: number; p99: number; max: number }
  sockets: { opened: number; refused: number; closed: SocketEnd[] }
}
/** A socket that the other side ended. `release` is what its first message said. */
export interface SocketEnd {
  release?: string
  code: number
  at: number
}
export interface Load {
  stats(): Promise<LoadStats>
  /** Lets every request that is under way come to its end. */
  stop(): Promise<LoadResult>
}

/** Starts the process; resolves once every connection had its first answer and every socket is open. */
export async function startLoad(options: LoadOptions): Promise<Load> {
  // Not as an argument, which every user of the machine sees: headers may say who asks.
  const child = fork(fileURLToPath(import.meta.url), {
    env: { ...process.env, LOAD_OPTIONS: JSON.stringify(options) },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  const died = once(child, 'exit').then(([code]) => {
    throw new Error(`the load's process ended with ${code}`)
  })
  died.catch(() => {}) // Told to whoever waits for an answer below.
  const ask = async <T>(question: string): Promise<T> => {
    child.send(question)
    const [answer] = await Promise.race([once(child, 'message'), died])
    return answer as T // The other end is this very file.
  }
  await ask('ready')
  return {
    stats: () => ask<LoadStats>('stats'),
    async stop() {
      const result = await ask<LoadResult>('stop')
      child.kill()
      return result
    },
  }
}

class Generator {
  readonly options: LoadOptions
  readonly started = Date.now()
  readonly times: number[] = []
  readonly accepted: string[] = []
  readonly unsure: string[] = []
  readonly failures: string[] = []
  readonly closed: SocketEnd[] = []
  readonly open = new Set<WebSocket>()
  readonly first: Promise<void>[] = []
  readonly loops: Promise<void>[] = []
  requests = 0
  failed = 0
  writes = 0
  slow = 0
  opened = 0
  refused = 0
  isStopping = false

  constructor(options: LoadOptions) {
    this.options = options
    const { slow, sockets } = options
    for (let i = 0; i < options.clients; i++) this.start((n) => this.request(n, i))
    for (let i = 0; i < (slow?.clients ?? 0); i++) this.start(() => ({ method: 'GET', path: slow?.path ?? '/' }))
    for (let i = 0; i < (sockets?.count ?? 0); i++) this.first.push(this.socket())
  }

  private start(next: (n: number) => { method: 'GET' | 'POST'; path: string; title?: string }): void {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.first.push(promise)
    this.loops.push(this.loop(next, resolve))
  }

  private async loop(next: (n: number) => { method: 'GET' | 'POST'; path: string; title?: string }, onFirst: () => void) {
    const client = new Client(this.options.url, { keepAliveTimeout: 60_000, headersTimeout: 60_000, bodyTimeout: 60_000 })
    // Not all at once.
    await sleep(Math.random() * this.options.pauseMs)
    for (let n = 0; !this.isStopping; n++) {
      await this.send(client, next(n))
      onFirst()
      await sleep(this.options.pauseMs)
    }
    await client.close()
  }

  private request(n: number, client: number): { method: 'GET' | 'POST'; path: string; title?: string } {
    const { reads, write } = this.options
    if (write && (n + client) % 10 === 9) return { method: 'POST', path: write.path, title: `load ${randomUUID()}` }
    return { method: 'GET', path: reads[(n + client) % reads.length] ?? '/' }
  }

  private async send(client: Client, { method, path, title }: { method: 'GET' | 'POST'; path: string; title?: string }) {
    const isSlow = path === this.options.slow?.path
    const from = performance.now()
    this.requests += 1
    if (title) this.writes += 1
    if (isSlow) this.slow += 1
    try {
      const body = title ? JSON.stringify({ ...this.options.write?.body, title }) : null
      const headers = { ...this.options.headers, ...(body && { 'content-type': 'application/json' }) }
      const answer = await client.request({ method, path, body, headers })
      const text = await answer.body.text()
      if (!isSlow) this.times.push(performance.now() - from)
      if (answer.statusCode >= 200 && answer.statusCode < 400) {
        if (title) this.accepted.push(title)
        return
      }
      this.fail(`${method} ${path}: ${answer.statusCode} ${text.slice(0, 200)}`, from)
    } catch (error) {
      if (title) this.unsure.push(title)
      this.fail(`${method} ${path}: ${error instanceof Error ? `${error.name} ${error.message}` : error}`, from)
    }
  }

  private fail(what: string, from: number): void {
    this.failed += 1
    const after = `after ${Math.round(performance.now() - from)} ms`
    if (this.failures.length < 50) this.failures.push(`${new Date().toISOString()} ${what} ${after}`)
  }

  /** Opens one socket and, when the other side ends it, another, as a browser would. Resolves once it is open. */
  private async socket(): Promise<void> {
    const url = new URL(this.options.sockets?.path ?? '/', this.options.url.replace(/^http/, 'ws'))
    const { promise, resolve } = Promise.withResolvers<void>()
    const socket = new WebSocket(url)
    let release: string | undefined
    let isOpen = false
    socket.once('open', () => {
      isOpen = true
      this.opened += 1
      this.open.add(socket)
      resolve()
    })
    // Not every app says hello in JSON, and its first message may be about something else.
    socket.on('message', (data) => {
      const text = data.toString()
      if (!release && text.startsWith('{')) release = JSON.parse(text).release
    })
    socket.on('error', (error) => {
      if (isOpen || this.isStopping) return
      this.refused += 1
      this.fail(`socket refused: ${error.message}`, performance.now())
    })
    socket.once('close', (code) => {
      this.open.delete(socket)
      resolve()
      if (this.isStopping) return
      if (isOpen) this.closed.push({ code, at: Date.now(), ...(release && { release }) })
      setTimeout(() => void this.socket(), 250)
    })
    return promise
  }

  stats(): LoadStats {
    const { requests, failed, writes, failures } = this
    return { requests, failed, writes, socketsOpen: this.open.size, failures }
  }

  async stop(): Promise<LoadResult> {
    const stats = this.stats()
    this.isStopping = true
    for (const socket of this.open) socket.terminate()
    await Promise.all(this.loops)
    const times = this.times.toSorted((a, b) => a - b)
    const at = (share: number) => Math.round((times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0) * 10) / 10
    return {
      ...this.stats(),
      socketsOpen: stats.socketsOpen,
      seconds: (Date.now() - this.started) / 1000,
      slow: this.slow,
      accepted: this.accepted,
      unsure: this.unsure,
      ms: { median: at(0.5), p99: at(0.99), max: at(1) },
      sockets: { opened: this.opened, refused: this.refused, closed: this.closed },
    }
  }
}

if (process.send && process.argv[1] === fileURLToPath(import.meta.url)) {
  const generator = new Generator(JSON.parse(process.env.LOAD_OPTIONS ?? '{}') as LoadOptions)
  process.on('disconnect', () => process.exit(1))
  process.on('message', async (question) => {
    if (question === 'ready') {
      await Promise.all(generator.first)
      process.send?.({})
    } else process.send?.(question === 'stop' ? await generator.stop() : generator.stats())
  })
}
