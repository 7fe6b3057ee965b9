import type { Limits } from '../http/limits.ts'
import type { AccessLog } from '../log/access-log.ts'
import type { Route, Routing } from '../state/routing.ts'
import type { Downstream } from './downstream.ts'
import type { Exchange } from './exchange.ts'
import type { Tunnel } from './tunnel.ts'
import { Upstream } from './upstream.ts'

const TICK_MS = 250

/** What all requests share: the table that serves, the connections, the clock of the time-outs, the counters. */
export class Plane {
  readonly limits: Limits
  readonly log: AccessLog
  readonly clients = new Set<Downstream>()
  readonly tunnels = new Set<Tunnel>()
  readonly held = new Set<Exchange>()
  routing: Routing = { sites: new Map(), internal: new Map() }
  /** Milliseconds, to a quarter of a second: enough for time-outs, and free. */
  time = performance.now()
  requests = 0
  errors = 0
  shed = 0
  /** Another process takes the new connections: what is still here ends with its next request. */
  isLeaving = false
  /** Until when requests for a route wait; 0 where they do not. On the clock of `time`. */
  heldUntil: (route: Route) => number = () => 0
  beforeRequest: (() => void) | undefined
  private readonly upstreams = new Map<string, Upstream>()
  private readonly files = new Map<string, number>()
  private readonly say: (line: string) => void
  private readonly idPrefix: string
  private ids = 0
  private ticker: NodeJS.Timeout | undefined

  constructor(options: { limits: Limits; log: AccessLog; idPrefix: string; say: (line: string) => void }) {
    this.limits = options.limits
    this.log = options.log
    this.idPrefix = options.idPrefix
    this.say = options.say
  }

  get open(): number {
    return this.clients.size + this.tunnels.size
  }

  nextId(): string {
    this.ids += 1
    return `${this.idPrefix}${this.ids.toString(36).padStart(6, '0')}`
  }

  upstream(endpoint: string): Upstream {
    const name = endpoint.replace(/\/$/, '')
    let found = this.upstreams.get(name)
    if (!found) {
      found = new Upstream(name, this)
      this.upstreams.set(name, found)
    }
    found.isWanted = true
    return found
  }

  /** After a change of tables: what no route names any more ends with what it has in hand. */
  keepUpstreams(wanted: ReadonlySet<Upstream>): void {
    for (const upstream of this.upstreams.values()) {
      upstream.isWanted = wanted.has(upstream)
      if (!upstream.isWanted) upstream.sweep(this.time)
    }
  }

  forgetUnused(upstream: Upstream): void {
    if (!upstream.isWanted && upstream.isIdle) this.upstreams.delete(upstream.endpoint)
  }

  inFlight(endpoint: string): number {
    const name = endpoint.replace(/\/$/, '')
    return this.upstreams.get(name)?.inFlight ?? this.files.get(name) ?? 0
  }

  /** Answers under way from a folder. */
  countFiles(endpoint: string, change: 1 | -1): void {
    const name = endpoint.replace(/\/$/, '')
    const count = (this.files.get(name) ?? 0) + change
    if (count === 0) this.files.delete(name)
    else this.files.set(name, count)
  }

  cut(endpoint: string): void {
    this.upstreams.get(endpoint.replace(/\/$/, ''))?.cut()
  }

  /** The next table serves: those that waited go on with it. */
  releaseHeld(isOver: (route: Route) => boolean): void {
    for (const exchange of [...this.held]) if (exchange.route && isOver(exchange.route)) exchange.goOn()
  }

  /** Something that should not have happened, and was contained. */
  report(error: unknown): void {
    this.errors += 1
    this.say(error instanceof Error ? (error.stack ?? error.message) : String(error))
  }

  /** The clock runs only while something can time out. */
  wake(): void {
    if (this.ticker) return
    this.time = performance.now()
    this.ticker = setInterval(() => this.tick(), TICK_MS)
  }

  private tick(): void {
    this.time = performance.now()
    let isNeeded = this.clients.size > 0
    for (const client of this.clients) client.checkDeadline(this.time)
    for (const upstream of this.upstreams.values()) {
      upstream.sweep(this.time)
      isNeeded ||= !upstream.isIdle
    }
    if (isNeeded) return
    clearInterval(this.ticker)
    this.ticker = undefined
  }
}
