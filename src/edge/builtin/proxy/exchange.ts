import { text } from '../http/bytes.ts'
import { ChunkedReader } from '../http/chunked.ts'
import type { RequestHead } from '../http/request-head.ts'
import type { ResponseHead } from '../http/response-head.ts'
import type { Route, Routing } from '../state/routing.ts'
import { answerText, dateLine } from './answer.ts'
import { chooseUpstream } from './choose-upstream.ts'
import type { Door } from './door.ts'
import type { Downstream, Waits } from './downstream.ts'
import { findTarget, type Miss } from './find-target.ts'
import type { Plane } from './plane.ts'
import { requestText } from './request-text.ts'
import { Tunnel } from './tunnel.ts'
import type { Upstream } from './upstream.ts'
import type { UpstreamConnection } from './upstream-connection.ts'

const REPEATABLE = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE'])
/** Up to here an answer goes out in one piece with its head. */
const ONE_PIECE = 16 * 1024

/** What writes an answer of the edge's own, piece by piece. */
export interface Source {
  onDrain(): void
  /** The client is gone. */
  stop(): void
}

/** One request and its answer. */
export class Exchange {
  readonly down: Downstream
  readonly plane: Plane
  readonly head: RequestHead
  readonly id: string
  readonly startedAt = performance.now()
  route: Route | undefined
  connection: UpstreamConnection | undefined
  requestText = ''
  /** Every byte of the request is with the instance. */
  isRequestDone: boolean
  status = 0
  /** Of the answer's body. */
  bytes = 0
  isLong = false
  isOver = false
  source: Source | undefined
  private routing: Routing | undefined
  private tried: Upstream[] | undefined
  private isReady = false
  private servesFiles = false
  private bodyLeft: number
  private chunks: ChunkedReader | undefined
  private headText = ''
  private hasAnswered = false
  private isLast: boolean
  /** An answer that ends with its connection gets chunks on the way to a client that keeps its own. */
  private isEnchunked = false

  constructor(down: Downstream, head: RequestHead) {
    this.down = down
    this.plane = down.plane
    this.head = head
    this.id = head.requestId || this.plane.nextId()
    this.bodyLeft = head.length
    this.isRequestDone = head.length === 0
    this.isLast = !head.isKeptAlive || this.plane.isLeaving
    if (head.length === -1) this.chunks = new ChunkedReader({ allowsExtensions: false, wantsSlices: false })
  }

  /** The instance is there, and takes the body. */
  get wantsBody(): boolean {
    return this.isReady && !this.isRequestDone
  }

  begin(): void {
    const { door } = this.down
    this.routing = door.type === 'ask' && door.routing ? door.routing : this.plane.routing
    const found = findTarget(this.routing, door, this.head)
    if ('status' in found) this.miss(found)
    else this.serve(found)
  }

  /** Ends a wait for the next table. */
  goOn(): void {
    if (!this.plane.held.delete(this)) return
    this.begin()
  }

  private miss(found: Miss): void {
    this.fail(found.status, found.why, found.lines)
  }

  private serve(route: Route): void {
    this.route = route
    const until = this.down.door.type === 'ask' ? 0 : this.plane.heldUntil(route)
    if (until > this.plane.time) this.waitForTable(until)
    else if (route.site) {
      this.plane.countFiles(route.site.endpoint, 1)
      this.servesFiles = true
      route.site.serve(this)
    } else {
      this.requestText = requestText(this.head, this.down, this.id)
      this.ask(route, false)
    }
  }

  private waitForTable(until: number): void {
    if (this.plane.held.size >= this.plane.limits.held) {
      this.fail(503, 'too many requests wait for the next release', 'retry-after: 5\r\n')
      return
    }
    this.plane.held.add(this)
    this.down.wait('hold', until - this.plane.time)
  }

  private ask(route: Route, mustBeNew: boolean): void {
    const upstream = chooseUpstream(route, this.tried)
    if (upstream) {
      this.down.wait('connect', this.plane.limits.connectMs)
      upstream.send(this, this.isRequestDone && REPEATABLE.has(this.head.method), mustBeNew)
    } else if (route.upstreams.length === 0) this.fail(503, `no instance of ${route.component} runs`, 'retry-after: 1\r\n')
    else this.fail(502, `${route.component} refused the connection`)
  }

  onConnected(): void {
    this.isReady = true
    this.down.wait(
      this.isRequestDone ? 'answer' : 'body',
      this.isRequestDone ? this.plane.limits.answerMs : this.plane.limits.stallMs,
    )
    if (this.isRequestDone) return
    if (this.head.expectsContinue && !this.head.isHttp10) this.down.socket.write('HTTP/1.1 100 Continue\r\n\r\n', 'latin1')
    this.down.resumeBody()
  }

  /** Returns the index behind what belongs to the body. */
  takeBody(bytes: Buffer, start: number, end: number): number {
    let next: number
    let forwardEnd: number
    if (this.chunks) {
      const wereTrailers = this.chunks.isInTrailers
      next = this.chunks.feed(bytes, start, end)
      // Trailers of strangers end here: what they say could pass for headers of ours.
      forwardEnd = wereTrailers ? start : this.chunks.trailersAt === -1 ? next : this.chunks.trailersAt
      if (this.chunks.isBad) {
        this.fail(400, 'the chunks of the body are malformed')
        return end
      }
      if (this.chunks.total > this.plane.limits.bodyBytes) {
        this.fail(413, 'the body is too large')
        return end
      }
      this.isRequestDone = this.chunks.isDone
    } else {
      next = Math.min(end, start + this.bodyLeft)
      forwardEnd = next
      this.bodyLeft -= next - start
      this.isRequestDone = this.bodyLeft === 0
    }
    const socket = this.connection?.socket
    if (!socket) return end
    let isFlowing = true
    if (forwardEnd > start) isFlowing = socket.write(bytes.subarray(start, forwardEnd))
    if (this.chunks && this.isRequestDone) socket.write('\r\n', 'latin1')
    if (!this.isRequestDone && !isFlowing) this.down.pause()
    if (!this.isRequestDone) this.down.wait('body', this.plane.limits.stallMs)
    else if (this.hasAnswered) this.down.wait('nothing', 0)
    else this.down.wait('answer', this.plane.limits.answerMs)
    return next
  }

  onUpstreamDrain(): void {
    if (!this.isRequestDone) this.down.resume()
  }

  onInterim(head: ResponseHead): void {
    // 100 is our own business; hints such as 103 are for whom they were written.
    if (head.status === 100 || this.head.isHttp10) return
    this.down.socket.write(`HTTP/1.1 ${head.status}${head.reason}\r\n${head.lines}\r\n`, 'latin1')
  }

  onHead(head: ResponseHead, hasBody: boolean): void {
    this.status = head.status
    this.isLong = head.isEventStream
    this.hasAnswered = true
    if (this.isRequestDone) this.down.wait('nothing', 0)
    if (this.plane.isLeaving) this.isLast = true
    let framing = ''
    if (head.isChunked && hasBody) {
      if (this.head.isHttp10) this.isLast = true
      else framing = 'transfer-encoding: chunked\r\n'
    } else if (head.length >= 0 && head.status !== 204) framing = `content-length: ${head.length}\r\n`
    else if (hasBody) {
      if (this.head.isHttp10) this.isLast = true
      else {
        this.isEnchunked = true
        framing = 'transfer-encoding: chunked\r\n'
      }
    }
    // An answer before the whole request was read: what is left of the request has nobody to go to.
    if (!this.isRequestDone) this.isLast = true
    const connection = this.isLast ? 'connection: close\r\n' : this.head.isHttp10 ? 'connection: keep-alive\r\n' : ''
    this.headText =
      `HTTP/1.1 ${head.status}${head.reason}\r\n${head.lines}${framing}${connection}` +
      `x-request-id: ${this.id}\r\n${head.hasDate ? '' : dateLine()}\r\n`
  }

  onData(bytes: Buffer, start: number, end: number): void {
    this.bytes += end - start
    if (!this.isEnchunked) {
      this.send(bytes, start, end)
      return
    }
    const size = `${(end - start).toString(16)}\r\n`
    this.headText += size
    this.flush()
    this.down.socket.write(Buffer.from(bytes.subarray(start, end)))
    this.headText = '\r\n'
    this.flush()
  }

  /** Data with its chunk lines, as they came; `slices` for a client that knows no chunks. */
  onChunks(bytes: Buffer, start: number, end: number, slices: number[] | undefined): void {
    this.bytes += end - start
    if (!slices) this.send(bytes, start, end)
    else for (let i = 0; i < slices.length; i += 2) this.send(bytes, slices[i]!, slices[i + 1]!)
  }

  /** The head goes out even though no data has come yet. */
  flush(): void {
    if (this.headText === '') return
    const head = this.headText
    this.headText = ''
    this.note(this.down.socket.write(head, 'latin1'))
  }

  onEnd(): void {
    this.connection = undefined
    if (this.isEnchunked) this.headText += '0\r\n\r\n'
    this.flush()
    this.finish()
  }

  private send(bytes: Buffer, start: number, end: number): void {
    const { socket } = this.down
    if (this.headText !== '' && end - start <= ONE_PIECE) {
      const whole = this.headText + text(bytes, start, end)
      this.headText = ''
      this.note(socket.write(whole, 'latin1'))
      return
    }
    socket.cork()
    this.flush()
    // Copied: the buffer belongs to all connections.
    const isFlowing = socket.write(Buffer.from(bytes.subarray(start, end)))
    socket.uncork()
    this.note(isFlowing)
  }

  private note(isFlowing: boolean): void {
    if (isFlowing || !this.connection) return
    this.connection.pause()
    this.down.wait('client', this.plane.limits.stallMs)
  }

  onClientDrain(): void {
    this.down.wait('nothing', 0)
    this.connection?.resume()
    this.source?.onDrain()
  }

  /** Lost before the answer was whole: another try where nothing was, or can have been, taken in. */
  onLost(connection: UpstreamConnection, error: Error | undefined): void {
    if (this.connection !== connection || this.isOver) return
    this.connection = undefined
    const wasReady = this.isReady
    this.isReady = false
    if (!connection.isConnected && !wasReady) {
      connection.upstream.noteRefusal()
      this.tried = [...(this.tried ?? []), connection.upstream]
      this.again()
    } else if (!connection.hasAnswered && connection.isReused && this.head.length === 0 && REPEATABLE.has(this.head.method)) {
      if (this.route) this.ask(this.route, true)
    } else if (!this.hasAnswered) {
      const how = error?.message === 'cut' ? 'was stopped' : 'closed the connection'
      this.fail(502, `${this.route?.component} ${how} before it answered`)
    } else this.breakOff()
  }

  /** With the table of now, which may be another than that of the first try. */
  private again(): void {
    const { door } = this.down
    if (door.type !== 'ask' && this.routing !== this.plane.routing) this.begin()
    else if (this.route) this.ask(this.route, false)
  }

  onGarbage(what: string): void {
    this.plane.errors += 1
    if (this.hasAnswered) this.breakOff()
    else this.fail(502, `the answer of ${this.route?.component} is not valid HTTP: ${what}`)
  }

  onDeadline(waits: Waits): void {
    if (waits === 'hold') {
      this.plane.held.delete(this)
      this.fail(503, `${this.route?.component} is being released and took longer than was announced`, 'retry-after: 5\r\n')
    } else if (waits === 'body') this.fail(408, 'the body took too long')
    else if (waits === 'connect') this.fail(504, `${this.route?.component} did not take the connection in time`)
    else this.fail(504, `${this.route?.component} did not answer in time`)
  }

  onClientGone(): void {
    this.plane.held.delete(this)
    this.source?.stop()
    this.abandon()
    if (!this.isOver) this.close(this.status || 499)
  }

  openTunnel(head: ResponseHead, connection: UpstreamConnection): Tunnel {
    const { down, plane } = this
    this.status = 101
    this.isLong = true
    const tunnel: Tunnel = new Tunnel(down, connection, () => {
      plane.tunnels.delete(tunnel)
      connection.upstream.forget(connection)
      this.bytes = tunnel.bytes
      this.close(101)
    })
    down.socket.write(
      `HTTP/1.1 101${head.reason}\r\n${head.lines}connection: Upgrade\r\nupgrade: websocket\r\nx-request-id: ${this.id}\r\n\r\n`,
      'latin1',
    )
    this.connection = undefined
    // Once the connection knows its tunnel: bytes that came early go through it.
    down.become(tunnel)
    return tunnel
  }

  /** An answer of the edge's own, with the client's body unread or not. */
  fail(status: number, why: string, lines = ''): void {
    if (this.isOver) return
    this.abandon()
    if (this.hasAnswered) {
      this.breakOff()
      return
    }
    if (!this.isRequestDone || status === 400 || this.head.isHttp10 || this.plane.isLeaving) this.isLast = true
    const answer = answerText(status, why, this.id, { isHead: this.head.method === 'HEAD', isKept: !this.isLast, lines })
    this.status = status
    this.bytes = answer.bodyBytes
    this.down.socket.write(answer.text, 'latin1')
    this.finish()
  }

  /** For what serves files: the head of an answer whose body follows by `writeOwn`. */
  beginOwn(headText: string, status: number): void {
    this.status = status
    this.hasAnswered = true
    if (!this.isRequestDone || this.plane.isLeaving) this.isLast = true
    const connection = this.isLast ? 'connection: close\r\n' : this.head.isHttp10 ? 'connection: keep-alive\r\n' : ''
    this.headText = `${headText}${connection}x-request-id: ${this.id}\r\n${dateLine()}\r\n`
    this.down.wait('nothing', 0)
  }

  /** False where the client does not keep up; `onDrain` of the source follows. */
  writeOwn(bytes: Buffer): boolean {
    const { socket } = this.down
    this.bytes += bytes.length
    socket.cork()
    this.flush()
    const isFlowing = socket.write(bytes)
    socket.uncork()
    if (!isFlowing) this.down.wait('client', this.plane.limits.stallMs)
    return isFlowing
  }

  finishOwn(): void {
    this.flush()
    this.down.wait('nothing', 0)
    this.finish()
  }

  /** The client must notice that its answer is not whole. */
  breakOff(): void {
    this.abandon()
    this.close(this.status)
    this.down.socket.destroy()
  }

  private abandon(): void {
    const { connection } = this
    this.connection = undefined
    connection?.abandon()
  }

  private finish(): void {
    this.close(this.status)
    this.down.done(this.isLast || !this.isRequestDone)
  }

  private close(status: number): void {
    if (this.isOver) return
    this.isOver = true
    if (status >= 500) this.plane.errors += 1
    const { head, down, route } = this
    if (this.servesFiles && route?.site) this.plane.countFiles(route.site.endpoint, -1)
    this.plane.log.add({
      status,
      ms: performance.now() - this.startedAt,
      method: head.method,
      target: head.target,
      host: hostOf(down.door, head),
      id: this.id,
      bytes: this.bytes,
      to: route ? route.label : '-',
      isLong: this.isLong,
    })
  }
}

function hostOf(door: Door, head: RequestHead): string {
  if (door.type === 'address') return `${door.component}.internal`
  return door.type === 'host' || door.type === 'ask' ? door.host : head.host
}
