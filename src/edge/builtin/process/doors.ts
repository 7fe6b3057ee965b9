import { createServer, type Server, type Socket } from 'node:net'
import { codeOf, LandfallError } from '../../../lib/error.ts'
import type { Door } from '../proxy/door.ts'
import { Downstream } from '../proxy/downstream.ts'
import type { Plane } from '../proxy/plane.ts'
import type { Ports } from './ports.ts'
import {
  ADDRESS_PORTS,
  BACKLOG,
  fdOf,
  type HeldSocket,
  HOST_PORTS,
  LISTENER,
  openPair,
  openSocket,
  type PortRange,
  portsOf,
} from './sockets.ts'

const RETRY_MS = 5_000

interface Listener {
  server: Server
  host: string
  port: number
  door: Door
  /** Outlives this process: its shell has it too. */
  isHeld: boolean
}

/** Every listener of the edge, and what each is for. */
export class Doors {
  private readonly listeners: Listener[] = []
  private readonly plane: Plane
  private readonly ports: Ports
  private readonly home: string
  private readonly say: (line: string) => void
  private readonly missing = new Set<string>()
  private retry: NodeJS.Timeout | undefined
  private turn: Promise<unknown> = Promise.resolve()
  /** A listener was opened that the shell does not hold. */
  onUnheld: () => void = () => {}

  constructor(plane: Plane, ports: Ports, home: string, say: (line: string) => void) {
    this.home = home
    this.plane = plane
    this.ports = ports
    this.say = say
  }

  get alerts(): string[] {
    return [...this.missing].map((socket) => `${socket} is taken by somebody else; it is tried again every ${RETRY_MS / 1000} s`)
  }

  /** In use, not those that wait for a use. */
  get used(): string[] {
    const shown = ({ host, port }: Listener) => (host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`)
    return this.listeners.filter((l) => l.door.type !== 'spare').map(shown)
  }

  get own(): Set<number> {
    return new Set(this.listeners.map((l) => l.port))
  }

  get mainPort(): number | undefined {
    return this.listeners.find((l) => l.door.type === 'main')?.port
  }

  get held(): HeldSocket[] {
    return this.listeners.map(({ server, host, port }) => ({ host, port, fd: fdOf(server) }))
  }

  /** Takes over what the shell holds, then opens what is on record and was not among it. */
  async open(sockets: HeldSocket[]): Promise<void> {
    for (const socket of sockets) {
      const server = createServer(LISTENER, (client) => this.accept(client, listener))
      const listener: Listener = { server, ...socket, door: this.doorOf(socket.port), isHeld: true }
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject)
        server.listen({ fd: socket.fd, backlog: BACKLOG }, () => resolve())
      })
      this.add(listener)
    }
    await this.openMissing()
  }

  hostPort(scope: string, host: string): Promise<number> {
    return this.give('hosts', `${scope} ${host}`, HOST_PORTS)
  }

  addressPort(scope: string, component: string): Promise<number> {
    return this.give('addresses', `${scope}/${component}`, ADDRESS_PORTS)
  }

  /** Opens more ports for hosts and components to come, until there are `count` of each kind without a use. */
  async addSpares(count: number): Promise<void> {
    for (const [kind, range] of [
      ['hosts', HOST_PORTS],
      ['addresses', ADDRESS_PORTS],
    ] as const) {
      let left = count - this.sparesIn(range).size
      for (const port of portsOf(range, this.home)) {
        if (left <= 0) break
        if (this.ports.ownerOf(port) === undefined && !this.own.has(port) && (await this.openPort(kind, port))) left -= 1
      }
    }
  }

  /** Takes no more connections; the sockets stay open where somebody else holds them. */
  close(): void {
    clearTimeout(this.retry)
    for (const { server } of this.listeners) server.close()
  }

  /** One after the other, so that two never get the same. */
  private give(kind: 'hosts' | 'addresses', key: string, range: PortRange): Promise<number> {
    const work = this.turn.then(async () => {
      const known = this.ports.book[kind][key]
      if (known !== undefined) return known
      const spare = this.spare(range)
      const port = spare ?? (await this.openFree(kind, range))
      if (spare === undefined) this.onUnheld()
      await this.ports.give(kind, key, port)
      for (const listener of this.listeners) if (listener.port === port) listener.door = this.doorOf(port)
      return port
    })
    this.turn = work.catch(() => {}) // Told to whoever asked.
    return work
  }

  private spare(range: PortRange): number | undefined {
    const ports = this.sparesIn(range)
    return portsOf(range, this.home).find((port) => ports.has(port))
  }

  private sparesIn(range: PortRange): Set<number> {
    const spares = this.listeners.filter((l) => l.door.type === 'spare' && l.port >= range.from && l.port <= range.to)
    return new Set(spares.map((l) => l.port))
  }

  private async openFree(kind: 'hosts' | 'addresses', range: PortRange): Promise<number> {
    for (const port of portsOf(range, this.home)) {
      if (this.ports.ownerOf(port) || this.own.has(port)) continue
      if (await this.openPort(kind, port)) return port
    }
    throw new LandfallError({
      code: 'E_NO_PORT',
      message: `no port from ${range.from} to ${range.to} is free`,
      hint: 'see with `ss -ltnp` who has them',
    })
  }

  private async openPort(kind: 'hosts' | 'addresses', port: number): Promise<boolean> {
    const opened = kind === 'hosts' ? await openPair(port) : await openSocket('127.0.0.1', port).then((s) => s && [s])
    if (!opened) return false
    opened.forEach((server, index) => {
      this.adopt(server, index === 0 ? '127.0.0.1' : '::1', port)
    })
    return true
  }

  private adopt(server: Server, host: string, port: number): void {
    const listener: Listener = { server, host, port, door: this.doorOf(port), isHeld: false }
    server.removeAllListeners('connection')
    server.on('connection', (client) => this.accept(client, listener))
    this.add(listener)
  }

  private add(listener: Listener): void {
    // Out of descriptors, mostly: the listener itself goes on.
    listener.server.on('error', (error) => this.say(`port ${listener.port}: ${codeOf(error) ?? error.message}`))
    this.listeners.push(listener)
  }

  /** What is on record and open nowhere: somebody else took it while we were away. */
  private async openMissing(): Promise<void> {
    this.missing.clear()
    for (const kind of ['hosts', 'addresses'] as const) {
      for (const port of Object.values(this.ports.book[kind])) {
        if (this.own.has(port) || (await this.openPort(kind, port))) continue
        const four = kind === 'hosts' ? await openSocket('127.0.0.1', port) : undefined
        if (four) this.adopt(four, '127.0.0.1', port)
        else this.missing.add(`port ${port}`)
      }
    }
    if (this.missing.size === 0) return
    this.retry = setTimeout(() => {
      this.openMissing().catch((error: unknown) => this.plane.report(error))
    }, RETRY_MS)
  }

  private doorOf(port: number): Door {
    if (port === this.ports.book.main) return { type: 'main', port }
    const owner = this.ports.ownerOf(port)
    if (!owner) return { type: 'spare', port }
    if (owner.kind === 'hosts') {
      const [scope = '', host = ''] = owner.key.split(' ')
      return { type: 'host', port, scope, host }
    }
    const slash = owner.key.lastIndexOf('/')
    return { type: 'address', port, scope: owner.key.slice(0, slash), component: owner.key.slice(slash + 1) }
  }

  private accept(client: Socket, listener: Listener): void {
    const address = client.remoteAddress
    if (address === undefined || this.plane.open >= this.plane.limits.connections) {
      // Gone already; or one too many, and a connection that ends at once is better than all of them standing still.
      if (address !== undefined) this.noteShed()
      client.on('error', () => {})
      client.destroy()
      return
    }
    new Downstream(this.plane, client, listener.door, address)
  }

  private noteShed(): void {
    this.plane.shed += 1
    if ((this.plane.shed & (this.plane.shed - 1)) === 0)
      this.say(`${this.plane.shed} connections were turned away: too many are open`)
  }
}
