import { Socket } from 'node:net'

/** Of one read: as much as a local socket holds. */
const READ = 256 * 1024
const QUEUE = 4

/** Hears bytes that are valid only until it returns; `false`: nothing more for now. */
type Sink = (bytes: Buffer) => boolean
interface Own {
  socket: Socket
  /** Where the bytes of each read go. */
  to(sink: Sink): void
}

/**
 * A socket that reads into one buffer for its whole life: a new one for each read costs more than the reading. Until somebody else
 * takes the bytes they are its `data`, as of any socket.
 */
export function frugalSocket(): Own {
  let sink: Sink = (bytes) => socket.emit('data', Buffer.from(bytes)) || true
  const buffer = Buffer.allocUnsafeSlow(READ)
  const socket: Socket = new Socket({ onread: { buffer, callback: (length) => sink(buffer.subarray(0, length)) } })
  return { socket, to: (next) => (sink = next) }
}

/** What comes from a server, at the pace of whoever asks for it. */
export class Reads {
  private readonly socket: Socket
  private readonly queue: Buffer[] = []
  private sink: Sink | undefined
  private isOver = false
  private failure: unknown
  private wake: (() => void) | undefined

  /** `own`: the bytes of `socket` come that way, and not as `data`. */
  constructor(socket: Socket, own: Own | undefined) {
    this.socket = socket
    const over = (error?: unknown) => {
      this.isOver = true
      if (error instanceof Error) this.failure ??= error
      this.tell()
    }
    socket.on('error', over)
    socket.on('end', () => over())
    socket.on('close', () => over())
    if (own) own.to((bytes) => this.take(bytes))
    else {
      socket.on('data', (bytes: Buffer) => {
        if (!this.take(bytes)) socket.pause()
      })
    }
    socket.pause()
  }

  /** The next bytes, whoever keeps them; an error where the connection has ended. */
  async next(): Promise<Buffer> {
    for (;;) {
      const bytes = this.queue.shift()
      if (bytes) return bytes
      await this.more()
    }
  }

  /** From now on `sink` hears everything that arrives while somebody waits for `more`; absent: it is kept for `next` again. */
  divert(sink: Sink | undefined): void {
    this.sink = sink
  }

  /** Until something was kept, or the sink has enough to go on with. */
  async more(): Promise<void> {
    if (this.isOver) throw this.failure ?? new Error('the connection ended')
    this.socket.resume()
    await new Promise<void>((resolve) => (this.wake = resolve))
    if (this.isOver && this.failure) throw this.failure
  }

  /** Of a sink: there is something. */
  tell(): void {
    this.wake?.()
    this.wake = undefined
  }

  private take(bytes: Buffer): boolean {
    if (this.sink) return this.sink(bytes)
    this.queue.push(Buffer.from(bytes))
    this.tell()
    return this.queue.length < QUEUE
  }
}
