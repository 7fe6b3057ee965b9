import { connect, type Socket } from 'node:net'
import { ChunkedReader } from '../http/chunked.ts'
import { type ResponseHead, readResponseHead } from '../http/response-head.ts'
import type { Exchange } from './exchange.ts'
import type { Plane } from './plane.ts'
import { openTunnel, type Tunnel } from './tunnel.ts'
import type { Upstream } from './upstream.ts'

// One buffer for all connections: what is read is used up or copied before the next read.
const shared = Buffer.allocUnsafeSlow(64 * 1024)

const HEAD = 0
const NO_BODY = 1
const BY_LENGTH = 2
const BY_CHUNKS = 3
const TO_THE_END = 4
const TUNNEL = 5

/** A connection to an instance: one exchange at a time, answers read strictly. */
export class UpstreamConnection {
  readonly upstream: Upstream
  readonly socket: Socket
  isConnected = false
  /** Has carried an exchange before: the instance may have let go of it while we were writing. */
  isReused = false
  /** Of the exchange in hand. */
  hasAnswered = false
  idleSince = 0
  idleUntil = 0
  private readonly plane: Plane
  private exchange: Exchange | undefined
  private tunnel: Tunnel | undefined
  private phase = HEAD
  private left = 0
  private chunks: ChunkedReader | undefined
  private partial: Buffer | undefined
  private head: ResponseHead | undefined
  private isPaused = false

  constructor(upstream: Upstream, plane: Plane) {
    this.upstream = upstream
    this.plane = plane
    this.socket = connect({
      host: upstream.host,
      port: upstream.port,
      noDelay: true,
      allowHalfOpen: true,
      onread: { buffer: shared, callback: (length, bytes) => this.read(bytes as Buffer, length) },
    })
    this.socket.on('connect', () => {
      this.isConnected = true
      this.exchange?.onConnected()
    })
    this.socket.on('drain', () => (this.tunnel ? this.tunnel.onUpstreamDrain() : this.exchange?.onUpstreamDrain()))
    this.socket.on('end', () => this.onEnd())
    this.socket.on('error', (error) => this.onGone(error))
    this.socket.on('close', () => this.onGone())
  }

  get isUsable(): boolean {
    return this.isConnected && !this.socket.destroyed && this.socket.writable && !this.socket.readableEnded
  }

  send(exchange: Exchange): void {
    this.exchange = exchange
    this.phase = HEAD
    this.hasAnswered = false
    exchange.connection = this
    this.socket.write(exchange.requestText, 'latin1')
    if (this.isConnected) exchange.onConnected()
  }

  pause(): void {
    this.isPaused = true
  }

  resume(): void {
    if (!this.isPaused) return
    this.isPaused = false
    this.socket.resume()
  }

  /** Nothing in hand, nothing to come. */
  close(): void {
    this.exchange = undefined
    this.socket.destroy()
  }

  /** Gives up what is in hand: the client went away, or the exchange ended early. */
  abandon(): void {
    this.exchange = undefined
    this.upstream.forget(this)
    this.socket.destroy()
  }

  /** A tunnel ends as TCP does, an answer under way is broken off. */
  cut(): void {
    if (this.tunnel) this.tunnel.cut()
    else this.socket.destroy(new Error('cut'))
  }

  /** Returns false to stop reading. */
  private read(bytes: Buffer, length: number): boolean {
    try {
      if (this.tunnel) return this.tunnel.fromUpstream(bytes, 0, length)
      if (!this.exchange) {
        // Bytes that nobody asked for: whatever they are, the next answer here could not be told from them.
        this.socket.destroy()
        return true
      }
      this.take(bytes, length)
      return !this.isPaused
    } catch (error) {
      this.plane.report(error)
      this.socket.destroy()
      return true
    }
  }

  private take(bytes: Buffer, length: number): void {
    let all = bytes
    let end = length
    let i = 0
    if (this.partial) {
      all = Buffer.concat([this.partial, bytes.subarray(0, length)])
      end = all.length
      this.partial = undefined
    }
    const exchange = this.exchange!
    while (this.phase === HEAD) {
      const head = readResponseHead(all, i, end, this.plane.limits.answerHeadBytes)
      if (head === undefined) {
        this.partial = Buffer.from(all.subarray(i, end))
        return
      }
      if (typeof head === 'string') {
        exchange.onGarbage(head)
        return
      }
      this.hasAnswered = true
      i = head.end
      if (head.status === 101) {
        this.switch(head, all, i, end)
        return
      }
      if (head.status < 200) exchange.answer.interim(head)
      else this.begin(head)
    }
    this.takeBody(all, i, end)
  }

  private begin(head: ResponseHead): void {
    const exchange = this.exchange!
    this.head = head
    if (exchange.head.method === 'HEAD' || head.status === 204 || head.status === 304) this.phase = NO_BODY
    else if (head.isChunked) {
      this.phase = BY_CHUNKS
      this.chunks = new ChunkedReader({ allowsExtensions: true, wantsSlices: exchange.head.isHttp10 })
    } else if (head.length >= 0) {
      this.phase = head.length === 0 ? NO_BODY : BY_LENGTH
      this.left = head.length
    } else this.phase = TO_THE_END
    exchange.onHead(head, this.phase !== NO_BODY)
  }

  private takeBody(bytes: Buffer, start: number, end: number): void {
    const exchange = this.exchange!
    let next = start
    let isDone = this.phase === NO_BODY
    if (this.phase === BY_LENGTH) {
      next = Math.min(end, start + this.left)
      this.left -= next - start
      isDone = this.left === 0
      if (next > start) exchange.answer.data(bytes, start, next)
    } else if (this.phase === BY_CHUNKS) {
      const chunks = this.chunks!
      next = chunks.feed(bytes, start, end)
      if (chunks.isBad) {
        exchange.onGarbage('its chunks are malformed')
        return
      }
      isDone = chunks.isDone
      if (next > start) exchange.answer.chunks(bytes, start, next, chunks.slices)
    } else if (this.phase === TO_THE_END) {
      next = end
      if (next > start) exchange.answer.data(bytes, start, next)
    }
    if (!isDone) {
      exchange.answer.flush()
      return
    }
    // More than was announced: what follows could only be taken for the next answer.
    this.finish(next === end)
  }

  private finish(isClean: boolean): void {
    const exchange = this.exchange!
    const head = this.head!
    this.exchange = undefined
    this.chunks = undefined
    this.phase = HEAD
    const isKept = isClean && head.isKeptAlive && exchange.isRequestDone && this.socket.writableLength === 0
    if (isKept) {
      this.isReused = true
      this.isPaused = false
      this.upstream.release(this, head.keepMs)
    } else {
      this.upstream.forget(this)
      this.socket.destroy()
    }
    exchange.onEnd()
  }

  private switch(head: ResponseHead, bytes: Buffer, start: number, end: number): void {
    const exchange = this.exchange!
    if (!exchange.head.isWebSocket || head.upgrade !== 'websocket') {
      exchange.onGarbage('it switched protocols without being asked')
      return
    }
    this.phase = TUNNEL
    this.exchange = undefined
    this.tunnel = openTunnel(exchange, head, this)
    if (end > start) this.tunnel.fromUpstream(bytes, start, end)
  }

  private onEnd(): void {
    if (this.tunnel) {
      this.tunnel.onUpstreamEnd()
      return
    }
    if (this.exchange && this.phase === TO_THE_END) {
      this.head!.isKeptAlive = false
      this.finish(true)
      return
    }
    this.socket.destroy()
    this.onGone()
  }

  private onGone(error?: Error): void {
    const exchange = this.exchange
    this.exchange = undefined
    if (this.tunnel) {
      this.upstream.forget(this)
      this.tunnel.onUpstreamGone()
    } else if (exchange) {
      this.upstream.forget(this)
      exchange.onLost(this, error)
    } else this.upstream.forgetIdle(this)
  }
}
