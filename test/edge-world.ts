import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { Agent, createServer, type IncomingMessage, type RequestListener, request, type Server } from 'node:http'
import { type AddressInfo, connect, createServer as createTcpServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Scope } from '../src/model/plan.ts'
import type { Edge, EdgeTable, EdgeType } from '../src/model/plug.ts'

/** An edge in a LANDFALL_HOME of its own, with its own process; `close` ends it and looks that nothing of it is left. */
export class EdgeWorld {
  readonly home: string
  readonly said: string[]
  readonly edge: Edge
  readonly port: number
  private readonly closers: (() => void | Promise<void>)[] = []

  private constructor(edge: Edge, port: number, home: string, said: string[]) {
    this.edge = edge
    this.port = port
    this.home = home
    this.said = said
  }

  static async start(type: EdgeType, env: Record<string, string> = {}): Promise<EdgeWorld> {
    const home = mkdtempSync(join(tmpdir(), 'edge-'))
    chmodSync(home, 0o755)
    const said: string[] = []
    const port = await freePort()
    const edge = await type.connect({ home, say: (line) => said.push(line) })
    await withEnv({ LANDFALL_EDGE_PORT: String(port), ...env }, () => edge.ensure())
    return new EdgeWorld(edge, port, home, said)
  }

  /** A server that stands for an instance. */
  async instance(answer: RequestListener): Promise<Instance> {
    const server = createServer({ keepAliveTimeout: 5_000 }, answer)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const instance = new Instance(server)
    this.closers.push(() => instance.stop())
    return instance
  }

  /** One that answers with its name. */
  named(name: string): Promise<Instance> {
    return this.instance((request, response) => {
      request.resume().on('end', () => response.end(name))
    })
  }

  /** A server of bytes: what happens on a connection is up to the test. */
  async rawInstance(onSocket: (socket: Socket) => void): Promise<string> {
    const sockets = new Set<Socket>()
    const server = createTcpServer((socket) => {
      sockets.add(socket)
      socket.on('error', () => {})
      onSocket(socket)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    this.closers.push(() => {
      for (const socket of sockets) socket.destroy()
      server.close()
    })
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  }

  /** A request by the main port, as the world sends it. */
  get(host: string, path = '/', options: AskOptions = {}): Promise<Answer> {
    return ask(this.port, path, { ...options, headers: { host, ...options.headers } })
  }

  accessLog(): string[] {
    const file = join(this.home, 'logs/edge/access.log')
    return existsSync(file) ? readFileSync(file, 'utf8').trimEnd().split('\n') : []
  }

  /** The line is written within a second; waits for it. */
  async logged(what: string): Promise<string> {
    return until(() => this.accessLog().find((line) => line.includes(what)), `a line with ${what}`)
  }

  async close(): Promise<void> {
    for (const closer of this.closers) await closer()
    await this.edge.stop()
    await this.edge.close()
    await until(() => edgeProcesses(this.home).length === 0, 'the edge and its shell to be gone')
    rmSync(this.home, { recursive: true, force: true })
  }
}

export class Instance {
  readonly server: Server
  readonly endpoint: string
  constructor(server: Server) {
    this.server = server
    this.endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  }
  async stop(): Promise<void> {
    this.server.closeAllConnections()
    await new Promise<void>((resolve) => this.server.close(() => resolve()))
  }
}

export interface AskOptions {
  method?: string
  headers?: Record<string, string>
  body?: string | Buffer
  agent?: Agent
  address?: string
}
export interface Answer {
  status: number
  headers: IncomingMessage['headers']
  body: string
  bytes: Buffer
}

export function ask(port: number, path: string, options: AskOptions = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asking = request(
      {
        host: options.address ?? '127.0.0.1',
        port,
        path,
        method: options.method ?? 'GET',
        headers: options.headers ?? {},
        agent: options.agent ?? false,
      },
      (response) => {
        const parts: Buffer[] = []
        response.on('data', (part: Buffer) => parts.push(part))
        response.on('error', reject)
        response.on('end', () => {
          const bytes = Buffer.concat(parts)
          if (!response.complete) reject(new Error('the answer was cut'))
          else resolve({ status: response.statusCode ?? 0, headers: response.headers, body: bytes.toString('utf8'), bytes })
        })
      },
    )
    asking.on('error', reject)
    asking.end(options.body)
  })
}

/** Sends bytes as they are and returns all that comes back until the other side closes. */
export function raw(port: number, bytes: string | Buffer | (string | Buffer)[], pauseMs = 20): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1')
    let text = ''
    socket.on('data', (part) => {
      text += part.toString('latin1')
    })
    socket.on('error', (error) => (text === '' ? reject(error) : resolve(text)))
    socket.on('close', () => resolve(text))
    const pieces = Array.isArray(bytes) ? bytes : [bytes]
    void (async () => {
      for (const piece of pieces) {
        if (socket.destroyed) return
        socket.write(piece)
        if (pieces.length > 1) await sleep(pauseMs)
      }
    })()
  })
}

/** Requests without a pause from clients with kept connections, until `stop`, which tells what became of them. */
export function startLoad(
  port: number,
  host: string,
  options: { clients?: number; paths?: string[]; body?: string } = {},
): { stop(): Promise<{ done: number; failed: string[]; bodies: Map<string, number> }>; count(): number } {
  const { clients = 8, paths = ['/'], body } = options
  const agent = new Agent({ keepAlive: true, maxSockets: clients })
  const failed: string[] = []
  const bodies = new Map<string, number>()
  let done = 0
  let isOver = false
  const client = async (index: number) => {
    for (let n = index; !isOver; n++) {
      const path = paths[n % paths.length] ?? '/'
      const isPost = body !== undefined && n % 2 === 0
      try {
        const answer = await ask(port, path, {
          agent,
          headers: { host },
          ...(isPost && { method: 'POST', body }),
        })
        if (answer.status !== 200) failed.push(`${answer.status} ${answer.body.slice(0, 200)}`)
        else if (isPost && !answer.body.endsWith(body)) failed.push('the body did not arrive whole')
        bodies.set(answer.body, (bodies.get(answer.body) ?? 0) + 1)
        done += 1
      } catch (error) {
        failed.push(String(error))
      }
    }
  }
  const all = Promise.all(Array.from({ length: clients }, (_, index) => client(index)))
  return {
    count: () => done,
    async stop() {
      isOver = true
      await all
      agent.destroy()
      return { done, failed, bodies }
    },
  }
}

export function table(...routes: [host: string, path: string, endpoint: string | string[], component?: string][]): EdgeTable {
  return {
    routes: routes.map(([host, path, endpoint, component = 'web']) => ({
      host,
      path,
      component,
      release: 'r1',
      endpoints: [endpoint].flat(),
    })),
    internal: [],
  }
}

export const shop: Scope = { app: 'shop', environment: 'production' }

export async function until<T>(look: () => T | Promise<T>, what: string, guardMs = 20_000): Promise<NonNullable<T>> {
  const deadline = Date.now() + guardMs
  for (;;) {
    const found = await look()
    if (found) return found
    if (Date.now() > deadline) throw new Error(`waited in vain for ${what}`)
    await sleep(10)
  }
}

/** Pids of the edges of a home and of the shells around them. */
export function edgeProcesses(home: string): { pid: number; isShell: boolean }[] {
  const found: { pid: number; isShell: boolean }[] = []
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue
    try {
      const words = readFileSync(`/proc/${entry}/cmdline`, 'latin1').split('\0')
      const isEdge = words.at(-2) === home && words.some((word) => word.endsWith('builtin/main.ts') || word.endsWith('edge.mjs'))
      if (isEdge) found.push({ pid: Number(entry), isShell: words[0] === '/bin/sh' })
    } catch {
      // It ended while it was looked at.
    }
  }
  return found
}

/** Outside the kernel's range for outgoing connections, so that it is still free after an edge was killed. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = 10_000 + Math.floor(Math.random() * 8_000)
    const server = createTcpServer()
    const isFree = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false))
      server.listen(port, '0.0.0.0', () => resolve(true))
    })
    await new Promise((resolve) => server.close(resolve))
    if (isFree) return port
  }
}

async function withEnv<T>(env: Record<string, string>, work: () => Promise<T>): Promise<T> {
  const before = Object.fromEntries(Object.keys(env).map((name) => [name, process.env[name]]))
  Object.assign(process.env, env)
  try {
    return await work()
  } finally {
    for (const [name, value] of Object.entries(before)) {
      if (value === undefined) delete process.env[name]
      else process.env[name] = value
    }
  }
}
