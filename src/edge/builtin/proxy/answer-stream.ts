import { text } from '../http/bytes.ts'
import type { ResponseHead } from '../http/response-head.ts'
import { dateLine } from './answer.ts'
import type { Exchange } from './exchange.ts'
import { writeCopy } from './write-copy.ts'

/** Up to here an answer goes out as one text with its head. */
const ONE_PIECE = 16 * 1024

/** What the client gets: an instance's answer as it comes in, or one of the edge's own. */
export class AnswerStream {
  status = 0
  /** Of the body. */
  bytes = 0
  /** A socket or an event stream: how long it lives says nothing. */
  isLong = false
  hasBegun = false
  private headText = ''
  /** An answer that ends with its connection gets chunks on the way to a client that keeps its own. */
  private isEnchunked = false
  private readonly exchange: Exchange

  constructor(exchange: Exchange) {
    this.exchange = exchange
  }

  /** Before the answer proper. 100 is our own business; hints such as 103 are for whom they were written. */
  interim(head: ResponseHead): void {
    const { exchange } = this
    if (head.status === 100 || exchange.head.isHttp10) return
    exchange.down.socket.write(`HTTP/1.1 ${head.status}${head.reason}\r\n${head.lines}\r\n`, 'latin1')
  }

  begin(head: ResponseHead, hasBody: boolean): void {
    const { exchange } = this
    const { isHttp10 } = exchange.head
    this.status = head.status
    this.isLong = head.isEventStream
    this.hasBegun = true
    let framing = ''
    if (head.isChunked && hasBody) {
      if (isHttp10) exchange.isLast = true
      else framing = 'transfer-encoding: chunked\r\n'
    } else if (head.length >= 0 && head.status !== 204) framing = `content-length: ${head.length}\r\n`
    else if (hasBody) {
      if (isHttp10) exchange.isLast = true
      else {
        this.isEnchunked = true
        framing = 'transfer-encoding: chunked\r\n'
      }
    }
    this.headText =
      `HTTP/1.1 ${head.status}${head.reason}\r\n${head.lines}${exchange.cookieLine}${framing}${this.connectionLine()}` +
      `x-request-id: ${exchange.id}\r\n${head.hasDate ? '' : dateLine()}\r\n`
  }

  data(bytes: Buffer, start: number, end: number): void {
    this.bytes += end - start
    if (!this.isEnchunked) {
      this.send(bytes, start, end)
      return
    }
    this.headText += `${(end - start).toString(16)}\r\n`
    this.send(bytes, start, end)
    this.headText = '\r\n'
    this.flush()
  }

  /** Data with its chunk lines, as they came; `slices` for a client that knows no chunks. */
  chunks(bytes: Buffer, start: number, end: number, slices: number[] | undefined): void {
    this.bytes += end - start
    if (!slices) this.send(bytes, start, end)
    else for (let i = 0; i < slices.length; i += 2) this.send(bytes, slices[i]!, slices[i + 1]!)
  }

  /** The head goes out even though no data has come yet. */
  flush(): void {
    if (this.headText === '') return
    const head = this.headText
    this.headText = ''
    this.exchange.note(this.exchange.down.socket.write(head, 'latin1'))
  }

  end(): void {
    if (this.isEnchunked) this.headText += '0\r\n\r\n'
    this.flush()
  }

  /** One of the edge's own: its head, whose body follows by `write`. */
  beginOwn(headText: string, status: number): void {
    this.status = status
    this.hasBegun = true
    this.headText = `${headText}${this.connectionLine()}x-request-id: ${this.exchange.id}\r\n${dateLine()}\r\n`
  }

  /** False where the client does not keep up. */
  write(bytes: Buffer): boolean {
    const { socket } = this.exchange.down
    this.bytes += bytes.length
    socket.cork()
    this.flush()
    const isFlowing = socket.write(bytes)
    socket.uncork()
    return isFlowing
  }

  /** `isLast` is known by now. */
  private connectionLine(): string {
    if (this.exchange.mustClose()) return 'connection: close\r\n'
    return this.exchange.head.isHttp10 ? 'connection: keep-alive\r\n' : ''
  }

  private send(bytes: Buffer, start: number, end: number): void {
    const { exchange } = this
    const head = this.headText
    this.headText = ''
    if (head !== '' && end - start <= ONE_PIECE)
      exchange.note(exchange.down.socket.write(head + text(bytes, start, end), 'latin1'))
    else exchange.note(writeCopy(exchange.down.socket, head, bytes, start, end))
  }
}
