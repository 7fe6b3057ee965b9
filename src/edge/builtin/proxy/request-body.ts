import type { Writable } from 'node:stream'
import { ChunkedReader } from '../http/chunked.ts'

/** The body of a request on its way to an instance. */
export class RequestBody {
  isDone = false
  /** Status of the answer that ends it early; 0 while all is well. */
  trouble: 0 | 400 | 413 = 0
  /** Whether the instance keeps up. */
  isFlowing = true
  private left: number
  private readonly chunks: ChunkedReader | undefined
  private readonly limit: number

  /** `length`: -1 where it comes in chunks. */
  constructor(length: number, limit: number) {
    this.left = length
    this.limit = limit
    if (length === -1) this.chunks = new ChunkedReader({ allowsExtensions: false, wantsSlices: false })
  }

  /** Returns the index behind what belongs to the body. */
  forward(bytes: Buffer, start: number, end: number, to: Writable): number {
    if (this.chunks) return this.forwardChunks(this.chunks, bytes, start, end, to)
    const next = Math.min(end, start + this.left)
    this.left -= next - start
    this.isDone = this.left === 0
    if (next > start) this.isFlowing = to.write(bytes.subarray(start, next))
    return next
  }

  private forwardChunks(chunks: ChunkedReader, bytes: Buffer, start: number, end: number, to: Writable): number {
    const wereTrailers = chunks.isInTrailers
    const next = chunks.feed(bytes, start, end)
    if (chunks.isBad || chunks.total > this.limit) {
      this.trouble = chunks.isBad ? 400 : 413
      return end
    }
    // Trailers of strangers end here: what they say could pass for headers of ours.
    const dataEnd = wereTrailers ? start : chunks.trailersAt === -1 ? next : chunks.trailersAt
    if (dataEnd > start) this.isFlowing = to.write(bytes.subarray(start, dataEnd))
    this.isDone = chunks.isDone
    if (this.isDone) to.write('\r\n', 'latin1')
    return next
  }
}
