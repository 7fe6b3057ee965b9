import { codeOf } from '../../../lib/error.ts'
import type { RequestHead } from '../http/request-head.ts'
import type { ResponseHead } from '../http/response-head.ts'
import type { Route, Routing } from '../state/routing.ts'
import { answerText } from './answer.ts'
import { AnswerStream } from './answer-stream.ts'
import { chooseUpstream } from './choose-upstream.ts'
import type { Door } from './door.ts'
import type { Downstream, Waits } from './downstream.ts'
import { findTarget } from './find-target.ts'
import type { Plane } from './plane.ts'
import { RequestBody } from './request-body.ts'
import { requestText } from './request-text.ts'
import { chooseSticky } from './sticky.ts'
import type { Upstream } from './upstream.ts'
import type { UpstreamConnection } from './upstream-connection.ts'

const REPEATABLE = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE'])

/** Out of descriptors, ports or memory: nothing that another instance could help with. */
const OWN_LACK = new Set(['EMFILE', 'ENFILE', 'EADDRNOTAVAIL', 'ENOBUFS', 'ENOMEM'])

/** What writes an answer of the edge's own, piece by piece. */
export interface Source {
  onDrain(): void
  /** The client is gone. */
  stop(): void
}

/** One request: where it goes, what is tried when that fails, and how it ends. */
export class Exchange {
  readonly down: Downstream
  readonly plane: Plane
  readonly head: RequestHead
  readonly id: string
  readonly answer: AnswerStream
  route: Route | undefined
  connection: UpstreamConnection | undefined
  source: Source | undefined
  requestText = ''
  /** For the visitor, which is to come back to the same instance. */
  cookieLine = ''
  /** The connection cannot carry another request. */
  isLast: boolean
  isOver = false
  private readonly startedAt = performance.now()
  private readonly body: RequestBody | undefined
  private routing: Routing | undefined
  private tried: Upstream[] | undefined
  private isReady = false
  private servesFiles = false

  constructor(down: Downstream, head: RequestHead) {
    this.down = down
    this.plane = down.plane
    this.head = head
    this.id = head.requestId || this.plane.nextId()
    this.isLast = !head.isKeptAlive
    this.answer = new AnswerStream(this)
    this.body = head.length === 0 ? undefined : new RequestBody(head.length, this.plane.limits.bodyBytes)
  }

  /** Every byte of the request is with the instance. */
  get isRequestDone(): boolean {
    return this.body === undefined || this.body.isDone
  }

  /** The instance is there, and takes the body. */
  get wantsBody(): boolean {
    return this.isReady && !this.isRequestDone
  }

  begin(): void {
    const { door } = this.down
    this.routing = door.type === 'ask' && door.routing ? door.routing : this.plane.routing
    const found = findTarget(this.routing, door, this.head)
    if ('status' in found) this.fail(found.status, found.why, found.lines)
    else this.serve(found)
  }

  /** Ends a wait for the next table. */
  goOn(): void {
    if (this.plane.held.delete(this)) this.begin()
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
    const upstream = this.choose(route)
    if (upstream) {
      this.down.wait('connect', this.plane.limits.connectMs)
      upstream.send(this, this.body === undefined && REPEATABLE.has(this.head.method), mustBeNew)
    } else if (route.upstreams.length === 0) this.fail(503, `no instance of ${route.component} runs`, 'retry-after: 1\r\n')
    else this.fail(502, `${route.component} refused the connection`)
  }

  private choose(route: Route): Upstream | undefined {
    if (!route.isSticky || route.upstreams.length < 2) return chooseUpstream(route, this.tried)
    const { upstream, line } = chooseSticky(route, this.tried, this.head.lines)
    this.cookieLine = line
    return upstream
  }

  onConnected(): void {
    this.isReady = true
    if (this.isRequestDone) {
      this.down.wait('answer', this.plane.limits.answerMs)
      return
    }
    this.down.wait('body', this.plane.limits.stallMs)
    if (this.head.expectsContinue && !this.head.isHttp10) this.down.socket.write('HTTP/1.1 100 Continue\r\n\r\n', 'latin1')
    this.down.resumeBody()
  }

  /** Returns the index behind what belongs to the body. */
  takeBody(bytes: Buffer, start: number, end: number): number {
    const { body, connection } = this
    if (!body || !connection) return end
    const next = body.forward(bytes, start, end, connection.socket)
    if (body.trouble) {
      this.fail(body.trouble, body.trouble === 413 ? 'the body is too large' : 'the chunks of the body are malformed')
      return end
    }
    if (!body.isDone) {
      if (!body.isFlowing) this.down.pause()
      this.down.wait('body', this.plane.limits.stallMs)
    } else if (this.answer.hasBegun) this.down.wait('nothing', 0)
    else this.down.wait('answer', this.plane.limits.answerMs)
    return next
  }

  onUpstreamDrain(): void {
    if (!this.isRequestDone) this.down.resume()
  }

  onHead(head: ResponseHead, hasBody: boolean): void {
    if (this.isRequestDone) this.down.wait('nothing', 0)
    this.answer.begin(head, hasBody)
  }

  onEnd(): void {
    this.connection = undefined
    this.answer.end()
    this.finish()
  }

  /** An answer before the whole request was read: what is left of the request has nobody to go to. */
  mustClose(): boolean {
    if (!this.isRequestDone || this.plane.isLeaving) this.isLast = true
    return this.isLast
  }

  /** Whether the client took what was written, or the instance must wait. */
  note(isFlowing: boolean): void {
    if (isFlowing || !this.connection) return
    this.connection.pause()
    this.down.wait('client', this.plane.limits.stallMs)
  }

  onClientDrain(): void {
    if (this.answer.hasBegun) this.down.wait('nothing', 0)
    this.connection?.resume()
    this.source?.onDrain()
  }

  /** Lost before the answer was whole: another try where nothing was, or can have been, taken in. */
  onLost(connection: UpstreamConnection, error: Error | undefined): void {
    if (this.connection !== connection || this.isOver) return
    this.connection = undefined
    this.isReady = false
    if (OWN_LACK.has(codeOf(error) ?? '')) {
      this.fail(503, 'this server has no connection left for the request', 'retry-after: 1\r\n')
    } else if (!connection.isConnected) {
      connection.upstream.noteRefusal()
      this.tried = [...(this.tried ?? []), connection.upstream]
      this.again()
    } else if (!connection.hasAnswered && connection.isReused && !this.body && REPEATABLE.has(this.head.method)) {
      if (this.route) this.ask(this.route, true)
    } else if (this.answer.hasBegun) this.breakOff()
    else {
      const how = error?.message === 'cut' ? 'was stopped' : 'closed the connection'
      this.fail(502, `${this.route?.component} ${how} before it answered`)
    }
  }

  /** With the table of now, which may be another than that of the first try. */
  private again(): void {
    const { door } = this.down
    if (door.type !== 'ask' && this.routing !== this.plane.routing) this.begin()
    else if (this.route) this.ask(this.route, false)
  }

  onGarbage(what: string): void {
    if (this.answer.hasBegun) this.breakOff()
    else this.fail(502, `the answer of ${this.route?.component} is not valid HTTP: ${what}`)
  }

  onDeadline(waits: Waits): void {
    const who = this.route?.component
    if (waits === 'hold') this.fail(503, `${who} is being released and took longer than was announced`, 'retry-after: 5\r\n')
    else if (waits === 'body') this.fail(408, 'the body took too long')
    else if (waits === 'connect') this.fail(504, `${who} did not take the connection in time`)
    else this.fail(504, `${who} did not answer in time`)
  }

  onClientGone(): void {
    this.source?.stop()
    this.abandon()
    this.close(this.answer.status || 499)
  }

  /** An answer of the edge's own, with the client's body unread or not. */
  fail(status: number, why: string, lines = ''): void {
    if (this.isOver) return
    this.abandon()
    if (this.answer.hasBegun) {
      this.breakOff()
      return
    }
    if (status === 400 || this.head.isHttp10) this.isLast = true
    const answer = answerText(status, why, this.id, { isHead: this.head.method === 'HEAD', isKept: !this.mustClose(), lines })
    this.answer.status = status
    this.answer.bytes = answer.bodyBytes
    this.down.socket.write(answer.text, 'latin1')
    this.finish()
  }

  /** For what serves files: the head of an answer whose body follows by `writeOwn`. */
  beginOwn(headText: string, status: number): void {
    this.answer.beginOwn(headText, status)
    this.down.wait('nothing', 0)
  }

  /** False where the client does not keep up; `onDrain` of the source follows. */
  writeOwn(bytes: Buffer): boolean {
    const isFlowing = this.answer.write(bytes)
    if (!isFlowing) this.down.wait('client', this.plane.limits.stallMs)
    return isFlowing
  }

  finishOwn(): void {
    this.answer.flush()
    this.down.wait('nothing', 0)
    this.finish()
  }

  /** The client must notice that its answer is not whole. */
  breakOff(): void {
    this.abandon()
    this.close(this.answer.status)
    this.down.socket.destroy()
  }

  /** Nobody works for this request any more. */
  private abandon(): void {
    this.plane.held.delete(this)
    const { connection } = this
    this.connection = undefined
    connection?.abandon()
  }

  private finish(): void {
    this.close(this.answer.status)
    this.down.done(this.isLast || !this.isRequestDone)
  }

  /** Over, and on record. */
  close(status: number): void {
    if (this.isOver) return
    this.isOver = true
    const { answer, head, down, route } = this
    if (status >= 500) this.plane.errors += 1
    if (this.servesFiles && route?.site) this.plane.countFiles(route.site.endpoint, -1)
    this.plane.log.add({
      status,
      ms: performance.now() - this.startedAt,
      method: head.method,
      target: head.target,
      host: hostOf(down.door, head),
      id: this.id,
      bytes: answer.bytes,
      to: route ? route.label : '-',
      isLong: answer.isLong,
    })
  }
}

function hostOf(door: Door, head: RequestHead): string {
  if (door.type === 'address') return `${door.component}.internal`
  return door.type === 'host' || door.type === 'ask' ? door.host : head.host
}
