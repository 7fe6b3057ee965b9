import type { ResponseHead } from '../http/response-head.ts'
import type { Downstream } from './downstream.ts'
import type { Exchange } from './exchange.ts'
import type { UpstreamConnection } from './upstream-connection.ts'
import { writeCopy } from './write-copy.ts'

const CUT_MS = 2_000

/** A WebSocket: bytes both ways, each end passed on as it comes. Stays with its instance, whatever the table says by now. */
export class Tunnel {
  bytes = 0
  private readonly down: Downstream
  private readonly up: UpstreamConnection
  private readonly onOver: () => void
  private isOver = false
  private isDownPaused = false

  constructor(down: Downstream, up: UpstreamConnection, onOver: () => void) {
    this.down = down
    this.up = up
    this.onOver = onOver
  }

  fromClient(chunk: Buffer): void {
    if (this.up.socket.write(chunk)) return
    this.isDownPaused = true
    this.down.socket.pause()
  }

  fromUpstream(bytes: Buffer, start: number, end: number): boolean {
    this.bytes += end - start
    if (writeCopy(this.down.socket, '', bytes, start, end)) return true
    this.up.pause()
    return false
  }

  onUpstreamDrain(): void {
    if (!this.isDownPaused) return
    this.isDownPaused = false
    this.down.socket.resume()
  }

  onClientDrain(): void {
    this.up.resume()
  }

  onClientEnd(): void {
    this.up.socket.end()
  }

  onUpstreamEnd(): void {
    this.down.socket.end()
  }

  onClientGone(): void {
    this.up.socket.destroy()
    this.over()
  }

  onUpstreamGone(): void {
    // What is still on its way to the client gets there before the end does.
    if (!this.down.socket.destroyed) this.down.socket.end(() => this.down.socket.destroy())
    setTimeout(() => this.down.socket.destroy(), CUT_MS).unref()
    this.over()
  }

  cut(): void {
    this.down.socket.end()
    this.up.socket.end()
    setTimeout(() => {
      this.down.socket.destroy()
      this.up.socket.destroy()
    }, CUT_MS).unref()
  }

  private over(): void {
    if (this.isOver) return
    this.isOver = true
    this.onOver()
  }
}

/** The instance agreed: from here on the client's connection is a tunnel to it. */
export function openTunnel(exchange: Exchange, head: ResponseHead, connection: UpstreamConnection): Tunnel {
  const { answer, down, plane } = exchange
  answer.status = 101
  answer.isLong = true
  const tunnel: Tunnel = new Tunnel(down, connection, () => {
    plane.tunnels.delete(tunnel)
    connection.upstream.forget(connection)
    answer.bytes = tunnel.bytes
    exchange.close(101)
  })
  const own = `${exchange.cookieLine}connection: Upgrade\r\nupgrade: websocket\r\nx-request-id: ${exchange.id}\r\n`
  down.socket.write(`HTTP/1.1 101${head.reason}\r\n${head.lines}${own}\r\n`, 'latin1')
  exchange.connection = undefined
  down.become(tunnel)
  return tunnel
}
