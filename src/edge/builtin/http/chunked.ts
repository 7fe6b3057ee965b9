import { CR, HEX, LF, TOKEN } from './bytes.ts'
import { BAD, LAST, LINE, line, MORE, readHeaderLine } from './header-line.ts'

const SIZE = 0
const EXTENSION = 1
const SIZE_LF = 2
const DATA = 3
const DATA_CR = 4
const DATA_LF = 5
const TRAILERS = 6
const MAX_TRAILER_BYTES = 8192

/**
 * Finds the end of a chunked body, strictly: hexadecimal sizes, CRLF, nothing else. The bytes themselves may then go on as they
 * came, since whoever reads them next cannot read them otherwise.
 */
export class ChunkedReader {
  isDone = false
  isBad = false
  /** Bytes of data so far, without the framing. */
  total = 0
  /** Index, in the piece that was fed last, behind the line of the last chunk: trailers begin there. -1 before. */
  trailersAt = -1
  /** Pairs of start and end of the data in the piece that was fed last, when asked for. */
  readonly slices: number[] | undefined
  private state = SIZE
  private left = 0
  private digits = 0
  private extension = 0
  private trailer: Uint8Array | undefined
  private readonly allowsExtensions: boolean

  constructor(options: { allowsExtensions: boolean; wantsSlices: boolean }) {
    this.allowsExtensions = options.allowsExtensions
    this.slices = options.wantsSlices ? [] : undefined
  }

  /** Whether what follows belongs to the trailers, and no longer to the chunks. */
  get isInTrailers(): boolean {
    return this.state === TRAILERS
  }

  /** Returns the index behind what belongs to the body. */
  feed(bytes: Uint8Array, start: number, end: number): number {
    let i = start
    this.trailersAt = -1
    if (this.slices) this.slices.length = 0
    while (i < end) {
      if (this.state === DATA) {
        const take = Math.min(this.left, end - i)
        this.slices?.push(i, i + take)
        this.left -= take
        i += take
        if (this.left === 0) this.state = DATA_CR
        continue
      }
      if (this.state === TRAILERS) return this.readTrailers(bytes, i, end)
      if (!this.step(bytes[i]!)) {
        this.isBad = true
        return i
      }
      i += 1
      if (this.state === TRAILERS) this.trailersAt = i
    }
    return i
  }

  /** One byte of framing. */
  private step(byte: number): boolean {
    switch (this.state) {
      case SIZE: {
        const digit = HEX[byte]!
        if (digit >= 0) {
          this.digits += 1
          this.left = this.left * 16 + digit
          return this.digits <= 12
        }
        if (this.digits === 0) return false
        if (byte === CR) this.state = SIZE_LF
        else if (byte === 0x3b && this.allowsExtensions) this.state = EXTENSION
        else return false
        return true
      }
      case EXTENSION:
        this.extension += 1
        if (byte === CR) this.state = SIZE_LF
        else if (TOKEN[byte] === 0 && byte !== 0x3d && byte !== 0x3b && byte !== 0x22 && byte !== 0x20) return false
        return this.extension < 256
      case SIZE_LF:
        if (byte !== LF) return false
        this.total += this.left
        this.state = this.left === 0 ? TRAILERS : DATA
        this.digits = 0
        this.extension = 0
        return true
      case DATA_CR:
        this.state = DATA_LF
        return byte === CR
      default:
        this.state = SIZE
        return byte === LF
    }
  }

  private readTrailers(bytes: Uint8Array, start: number, end: number): number {
    const before = this.trailer?.length ?? 0
    // Mostly the two bytes of the empty line, and in one piece.
    const all = this.trailer ? Buffer.concat([this.trailer, bytes.subarray(start, end)]) : bytes
    let i = this.trailer ? 0 : start
    const limit = this.trailer ? all.length : end
    for (;;) {
      const kind = readHeaderLine(all, i, limit)
      if (kind === LINE) i = line.next
      else if (kind === LAST) {
        this.isDone = true
        return this.trailer ? start + line.next - before : line.next
      } else if (kind === BAD || limit - (this.trailer ? 0 : start) > MAX_TRAILER_BYTES) {
        this.isBad = true
        return start
      } else if (kind === MORE) {
        this.trailer = Buffer.from(all.subarray(this.trailer ? 0 : start, limit))
        return end
      }
    }
  }
}
