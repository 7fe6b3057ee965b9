const D = 0x64
const PIECE = 1024 * 1024

/** Buffers that are used again and again: what is allocated anew for every megabyte is also collected anew. */
export class Slabs {
  private readonly free: Buffer[] = []

  take(): Buffer {
    return this.free.pop() ?? Buffer.allocUnsafeSlow(PIECE)
  }

  give(slab: Buffer): void {
    this.free.push(slab)
  }
}

/** Takes the rows of a `COPY … TO STDOUT` out of their messages, into pieces that are worth passing on. A row may lie in several. */
export class CopyRows {
  /** How many rows began. */
  count = 0
  /** What came after the last row; absent while there may be more of them. */
  rest: Buffer | undefined
  private readonly slabs: Slabs
  private readonly pieces: { slab: Buffer; length: number }[] = []
  /** Being filled. */
  private slab: Buffer | undefined
  private length = 0
  /** With whoever asked last. */
  private lent: Buffer | undefined
  /** Bytes of the row under way that have not come yet: one row may be larger than memory likes. */
  private left = 0
  /** Of a message whose head has not come whole. */
  private head: Buffer = Buffer.alloc(0)

  constructor(slabs: Slabs) {
    this.slabs = slabs
  }

  /** How many pieces wait. */
  get waiting(): number {
    return this.pieces.length
  }

  /** `bytes` are the caller's again afterwards. */
  take(given: Buffer): void {
    let bytes = given
    if (this.rest) {
      this.rest = Buffer.concat([this.rest, bytes])
      return
    }
    if (this.head.length > 0) {
      bytes = Buffer.concat([this.head, bytes])
      this.head = Buffer.alloc(0)
    }
    let at = 0
    while (at < bytes.length) {
      if (this.left > 0) {
        const length = Math.min(this.left, bytes.length - at)
        this.put(bytes, at, at + length)
        this.left -= length
        at += length
        continue
      }
      if (bytes[at] !== D) {
        this.rest = Buffer.from(bytes.subarray(at))
        this.cut()
        return
      }
      if (bytes.length - at < 5) {
        this.head = Buffer.from(bytes.subarray(at))
        return
      }
      this.left = bytes.readUInt32BE(at + 1) - 4
      at += 5
      this.count += 1
    }
  }

  /** The next piece, valid until the one after it is asked for; absent where the rows that came do not fill one. */
  next(): Buffer | undefined {
    if (this.lent) this.slabs.give(this.lent)
    const piece = this.pieces.shift()
    this.lent = piece?.slab
    return piece?.slab.subarray(0, piece.length)
  }

  private put(bytes: Buffer, start: number, end: number): void {
    for (let at = start; at < end; ) {
      this.slab ??= this.slabs.take()
      const copied = bytes.copy(this.slab, this.length, at, end)
      this.length += copied
      at += copied
      if (this.length === this.slab.length) this.cut()
    }
  }

  private cut(): void {
    if (!this.slab) return
    this.pieces.push({ slab: this.slab, length: this.length })
    this.slab = undefined
    this.length = 0
  }
}
