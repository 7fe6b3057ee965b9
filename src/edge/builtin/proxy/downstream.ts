import type { Duplex } from 'node:stream'
import { CR, LF } from '../http/bytes.ts'
import { Refusal, readRequestHead } from '../http/request-head.ts'
import { answerText } from './answer.ts'
import type { Door } from './door.ts'
import { Exchange } from './exchange.ts'
import { forwardedLines } from './forwarded.ts'
import type { Plane } from './plane.ts'
import type { Tunnel } from './tunnel.ts'

/** What the deadline of a connection is about. */
export type Waits = 'head' | 'idle' | 'body' | 'connect' | 'answer' | 'client' | 'hold' | 'linger' | 'nothing'

/** A client's connection: its requests one after the other, until either side has had enough. */
export class Downstream {
  readonly plane: Plane
  readonly socket: Duplex
  readonly door: Door
  readonly address: string
  exchange: Exchange | undefined
  tunnel: Tunnel | undefined
  private rest: Buffer | undefined
  private isRunning = false
  private isPaused = false
  private isEnding = false
  private waits: Waits = 'nothing'
  private deadline = 0
  private forwardedHost: string | undefined
  private forwarded = ''

  constructor(plane: Plane, socket: Duplex, door: Door, address: string) {
    this.plane = plane
    this.socket = socket
    this.door = door
    this.address = address
    plane.clients.add(this)
    plane.wake()
    this.wait('head', plane.limits.headMs)
    socket.on('data', (chunk: Buffer) => this.guard(() => this.onData(chunk)))
    socket.on('end', () => this.guard(() => this.onEnd()))
    socket.on('drain', () => this.guard(() => this.onDrain()))
    socket.on('error', () => this.socket.destroy()) // The client went away in the middle: `close` follows.
    socket.on('close', () => this.guard(() => this.onClose()))
  }

  wait(what: Waits, ms: number): void {
    this.waits = what
    this.deadline = what === 'nothing' ? 0 : this.plane.time + ms
  }

  checkDeadline(now: number): void {
    if (this.deadline === 0 || now < this.deadline) return
    this.deadline = 0
    this.guard(() => this.onDeadline())
  }

  /** What tells the instance whom it speaks with; the same for all requests of a connection to one host. */
  forwardedFor(host: string): string {
    if (this.door.type === 'address') return ''
    if (host !== this.forwardedHost) {
      this.forwardedHost = host
      this.forwarded = forwardedLines(this.address, host, this.door.port)
    }
    return this.forwarded
  }

  /** The exchange can take its body from now on. */
  resumeBody(): void {
    const { exchange, rest } = this
    if (rest && exchange?.wantsBody) {
      const used = exchange.takeBody(rest, 0, rest.length)
      this.rest = used < rest.length ? rest.subarray(used) : undefined
    }
    if (!this.rest) this.resume()
  }

  pause(): void {
    if (this.isPaused) return
    this.isPaused = true
    this.socket.pause()
  }

  resume(): void {
    if (!this.isPaused) return
    this.isPaused = false
    this.socket.resume()
  }

  /** The exchange has its answer; `isLast` where the connection cannot carry another. */
  done(isLast: boolean): void {
    this.exchange = undefined
    if (isLast) {
      this.end()
      return
    }
    this.wait('idle', this.plane.limits.idleMs)
    if (this.isRunning) return
    if (this.rest) this.run()
    if (!this.rest) this.resume()
  }

  /** From here on the connection is a tunnel, which has no deadline. */
  become(tunnel: Tunnel): void {
    this.exchange = undefined
    this.tunnel = tunnel
    this.wait('nothing', 0)
    this.plane.clients.delete(this)
    this.plane.tunnels.add(tunnel)
    const rest = this.rest
    this.rest = undefined
    if (rest) tunnel.fromClient(rest)
    this.resume()
  }

  /** Closes behind what was written, and reads on for a while, so that the client gets to see it. */
  end(): void {
    if (this.isEnding) return
    this.isEnding = true
    this.rest = undefined
    this.wait('linger', this.plane.limits.lingerMs)
    this.socket.end()
    this.resume()
  }

  private onData(chunk: Buffer): void {
    if (this.isEnding) return
    if (this.tunnel) {
      this.tunnel.fromClient(chunk)
      return
    }
    const { exchange } = this
    if (!exchange) {
      this.rest = this.rest ? Buffer.concat([this.rest, chunk]) : chunk
      this.run()
      return
    }
    let used = 0
    if (exchange.wantsBody && !this.rest) used = exchange.takeBody(chunk, 0, chunk.length)
    if (used === chunk.length || this.isEnding) return
    const left = chunk.subarray(used)
    this.rest = this.rest ? Buffer.concat([this.rest, left]) : left
    // The next request, or a body that cannot go on yet: no more than this piece is kept.
    if (this.exchange) this.pause()
    else this.run()
  }

  /** Takes requests out of what was read; a loop, since answers from memory come at once. */
  private run(): void {
    if (this.isRunning) return
    this.isRunning = true
    try {
      while (this.rest && !this.exchange && !this.tunnel && !this.isEnding) if (!this.runOne(this.rest)) break
    } finally {
      this.isRunning = false
    }
    if (this.exchange && this.rest) this.pause()
    else if (!this.rest) this.resume()
  }

  /** False where more has to come first. */
  private runOne(bytes: Buffer): boolean {
    let start = 0
    while (bytes[start] === CR && bytes[start + 1] === LF) start += 2
    const { plane } = this
    const isTrusted = this.door.type === 'address'
    const head = start < bytes.length ? readRequestHead(bytes, start, bytes.length, plane.limits, isTrusted) : undefined
    if (head === undefined) {
      this.rest = start < bytes.length ? bytes.subarray(start) : undefined
      if (this.rest && this.waits === 'idle') this.wait('head', plane.limits.headMs)
      return false
    }
    plane.requests += 1
    plane.beforeRequest?.()
    if (head instanceof Refusal) {
      this.refuse(head.status, head.why)
      return false
    }
    this.rest = head.end < bytes.length ? bytes.subarray(head.end) : undefined
    const exchange = new Exchange(this, head)
    this.exchange = exchange
    exchange.begin()
    if (this.rest && exchange === this.exchange && exchange.wantsBody) this.resumeBody()
    return true
  }

  /** An answer to what never became a request. */
  private refuse(status: number, why: string): void {
    const id = this.plane.nextId()
    const answer = answerText(status, why, id)
    this.socket.write(answer.text, 'latin1')
    this.plane.log.add({
      status,
      ms: 0,
      method: '-',
      target: '-',
      host: '-',
      id,
      bytes: answer.bodyBytes,
      to: '-',
      isLong: false,
    })
    this.end()
  }

  private onDeadline(): void {
    switch (this.waits) {
      case 'head':
        // A browser that connected in advance must not take an answer for one to its next request.
        if (this.rest) this.refuse(408, 'the headers took too long')
        else this.socket.destroy()
        break
      case 'idle':
        this.end()
        break
      case 'linger':
      case 'client':
        this.socket.destroy()
        break
      default:
        this.exchange?.onDeadline(this.waits)
    }
  }

  private onDrain(): void {
    if (this.tunnel) this.tunnel.onClientDrain()
    else this.exchange?.onClientDrain()
  }

  private onEnd(): void {
    if (this.tunnel) this.tunnel.onClientEnd()
    else if (this.exchange || this.rest) this.socket.destroy()
    else this.socket.end()
  }

  private onClose(): void {
    this.plane.clients.delete(this)
    const { exchange, tunnel } = this
    this.exchange = undefined
    if (tunnel) tunnel.onClientGone()
    else exchange?.onClientGone()
  }

  /** One connection's trouble stays its own. */
  private guard(work: () => void): void {
    try {
      work()
    } catch (error) {
      this.plane.report(error)
      this.socket.destroy()
    }
  }
}
