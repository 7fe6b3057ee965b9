import type { Downstream } from './downstream.ts'
import type { UpstreamConnection } from './upstream-connection.ts'

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
    // Copied: the buffer belongs to all connections.
    if (this.down.socket.write(Buffer.from(bytes.subarray(start, end)))) return true
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
