import type { Exchange } from './exchange.ts'
import type { Plane } from './plane.ts'
import { UpstreamConnection } from './upstream-connection.ts'

/** Idle connections are let go before the usual servers do so themselves (Node and uvicorn after 5 s). */
const IDLE_MS = 4_000
const IDLE_MAX = 256
/** What must not be sent twice goes out only on a connection that was in use a moment ago, or on a new one. */
const YOUNG_MS = 1_000
const AVOID_MS = 1_000

/** One endpoint: its connections, and what it has in hand. */
export class Upstream {
  readonly endpoint: string
  readonly host: string
  readonly port: number
  /** Requests and sockets, those of tables that no longer serve included. */
  inFlight = 0
  /** Named by a table that serves or is on trial; otherwise its connections end with what they are doing. */
  isWanted = true
  readonly busy = new Set<UpstreamConnection>()
  private readonly idle: UpstreamConnection[] = []
  private readonly plane: Plane
  private refusedAt = Number.NEGATIVE_INFINITY

  constructor(endpoint: string, plane: Plane) {
    const url = new URL(endpoint)
    this.endpoint = endpoint
    this.host = url.hostname === 'localhost' ? '127.0.0.1' : url.hostname.replace(/^\[|\]$/g, '')
    this.port = Number(url.port || 80)
    this.plane = plane
  }

  get isIdle(): boolean {
    return this.idle.length === 0 && this.inFlight === 0
  }

  /** Refused a connection a moment ago: others first. */
  get isAvoided(): boolean {
    return this.plane.time - this.refusedAt < AVOID_MS
  }

  noteRefusal(): void {
    this.refusedAt = this.plane.time
  }

  /** Sends an exchange on a kept connection, or on a new one. */
  send(exchange: Exchange, isRepeatable: boolean, mustBeNew: boolean): void {
    this.inFlight += 1
    const connection = (mustBeNew ? undefined : this.takeIdle(isRepeatable)) ?? new UpstreamConnection(this, this.plane)
    this.busy.add(connection)
    connection.send(exchange)
  }

  /** The exchange is over, and the connection good for another. */
  release(connection: UpstreamConnection, keepMs: number): void {
    this.forget(connection)
    if (!this.isWanted || this.idle.length >= IDLE_MAX) {
      connection.close()
      return
    }
    // A second before the instance's own limit; where that leaves nothing, it is not kept.
    const keep = keepMs > 0 ? Math.min(keepMs - 1000, IDLE_MS) : IDLE_MS
    if (keep <= 0) {
      connection.close()
      return
    }
    connection.idleSince = this.plane.time
    connection.idleUntil = this.plane.time + keep
    this.idle.push(connection)
    this.plane.wake()
  }

  /** The exchange is over, or the connection gone to its end. */
  forget(connection: UpstreamConnection): void {
    if (this.busy.delete(connection)) this.inFlight -= 1
    this.plane.forgetUnused(this)
  }

  forgetIdle(connection: UpstreamConnection): void {
    const index = this.idle.indexOf(connection)
    if (index !== -1) this.idle.splice(index, 1)
    this.plane.forgetUnused(this)
  }

  /** Idle connections whose time is over; all of them once nobody wants the endpoint. */
  sweep(now: number): void {
    while (this.idle.length > 0 && (!this.isWanted || this.idle[0]!.idleUntil <= now)) this.idle.shift()?.close()
    this.plane.forgetUnused(this)
  }

  cut(): void {
    for (const connection of [...this.busy]) connection.cut()
  }

  private takeIdle(isRepeatable: boolean): UpstreamConnection | undefined {
    for (;;) {
      // The one used last: the others grow old and go.
      const connection = this.idle.pop()
      if (!connection) return undefined
      const isDue = connection.idleUntil <= this.plane.time
      if (!isDue && connection.isUsable && (isRepeatable || this.plane.time - connection.idleSince < YOUNG_MS)) return connection
      connection.close()
    }
  }
}
