import { close, open, read } from 'node:fs'
import type { Exchange, Source } from '../proxy/exchange.ts'

const PIECE = 64 * 1024

/** A file, or a part of it, piece by piece, as fast as the client takes it. */
export class FileSource implements Source {
  private readonly exchange: Exchange
  private readonly path: string
  private position: number
  private left: number
  private file: number | undefined
  private isReading = false
  private isStopped = false

  constructor(exchange: Exchange, path: string, from: number, length: number) {
    this.exchange = exchange
    this.path = path
    this.position = from
    this.left = length
  }

  start(headText: string, status: number): void {
    open(this.path, 'r', (error, file) => {
      if (this.isStopped) {
        if (!error) close(file)
        return
      }
      if (error) {
        this.exchange.fail(error.code === 'EMFILE' || error.code === 'ENFILE' ? 503 : 500, 'the file cannot be read just now')
        return
      }
      this.file = file
      this.exchange.beginOwn(headText, status)
      this.next()
    })
  }

  onDrain(): void {
    this.next()
  }

  stop(): void {
    this.isStopped = true
    if (!this.isReading) this.close()
  }

  private next(): void {
    if (this.isReading || this.file === undefined) return
    this.isReading = true
    const piece = Buffer.allocUnsafeSlow(Math.min(PIECE, this.left))
    read(this.file, piece, 0, piece.length, this.position, (error, length) => {
      this.isReading = false
      if (this.isStopped) {
        this.close()
        return
      }
      // It became shorter than its head said: the client must not take it for whole.
      if (error || length === 0) {
        this.close()
        this.exchange.breakOff()
        return
      }
      this.position += length
      this.left -= length
      const isFlowing = this.exchange.writeOwn(length === piece.length ? piece : piece.subarray(0, length))
      if (this.left === 0) {
        this.close()
        this.exchange.finishOwn()
      } else if (isFlowing) this.next()
    })
  }

  private close(): void {
    if (this.file !== undefined) close(this.file, () => {}) // Read only: nothing can be lost by it.
    this.file = undefined
  }
}
