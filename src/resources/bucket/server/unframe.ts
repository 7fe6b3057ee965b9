import { createHash, timingSafeEqual } from 'node:crypto'
import { EMPTY_SHA256, hmac, scopeText, sha256 } from '../../../lib/s3/sigv4.ts'
import type { Signed } from './authenticate.ts'
import { S3Error } from './s3-error.ts'

const MAX_LINE = 8 * 1024
const MAX_TRAILERS = 16
const MAX_CHUNK = 0x7fffffff

/**
 * Takes the framing off a body of form `aws-chunked`: `<hex size>[;chunk-signature=…]\r\n<bytes>\r\n`, up to a chunk of size 0,
 * then trailers. With `chain`, each chunk is signed with the signature before it. Returns the trailers.
 */
export async function* unframe(
  source: AsyncIterable<Buffer>,
  chain: Signed['chain'] | undefined,
): AsyncGenerator<Buffer, Map<string, string>> {
  const input = new Input(source)
  const signatures = chain && new SignatureChain(chain)
  for (;;) {
    const [, sizeText = '', signature] = /^([0-9a-fA-F]{1,8})(?:;chunk-signature=([0-9a-f]{64}))?$/.exec(await input.line()) ?? []
    const size = sizeText === '' ? -1 : Number.parseInt(sizeText, 16)
    if (size < 0 || size > MAX_CHUNK) throw new S3Error('IncompleteBody', 'The body is not framed as was announced')
    const hash = signatures && createHash('sha256')
    for (let left = size; left > 0; ) {
      const piece = await input.some(left)
      left -= piece.length
      hash?.update(piece)
      yield piece
    }
    if (signatures) signatures.check('PAYLOAD', [EMPTY_SHA256, hash!.digest('hex')], signature)
    if (size === 0) break
    if ((await input.line()) !== '') throw new S3Error('IncompleteBody', 'A chunk is longer than was announced')
  }
  const trailers = await readTrailers(input)
  const trailerSignature = trailers.get('x-amz-trailer-signature')
  trailers.delete('x-amz-trailer-signature')
  if (signatures && trailers.size > 0) {
    const text = [...trailers].map(([name, value]) => `${name}:${value}\n`).join('')
    signatures.check('TRAILER', [sha256(text)], trailerSignature)
  }
  return trailers
}

async function readTrailers(input: Input): Promise<Map<string, string>> {
  const trailers = new Map<string, string>()
  for (;;) {
    const line = await input.line()
    if (line === '') break
    const cut = line.indexOf(':')
    if (cut < 1 || trailers.size >= MAX_TRAILERS) throw new S3Error('MalformedTrailerError')
    trailers.set(line.slice(0, cut).trim().toLowerCase(), line.slice(cut + 1).trim())
  }
  if (!(await input.isAtEnd())) throw new S3Error('IncompleteBody')
  return trailers
}

class SignatureChain {
  private readonly chain: Signed['chain']
  private last: string
  constructor(chain: Signed['chain']) {
    this.chain = chain
    this.last = chain.signature
  }
  check(what: 'PAYLOAD' | 'TRAILER', digests: string[], given: string | undefined): void {
    const { key, time, scope } = this.chain
    const text = [`AWS4-HMAC-SHA256-${what}`, time, scopeText(scope), this.last, ...digests].join('\n')
    const wanted = hmac(key, text)
    const bytes = Buffer.from(given ?? '', 'hex')
    if (bytes.length !== wanted.length || !timingSafeEqual(bytes, wanted)) throw new S3Error('SignatureDoesNotMatch')
    this.last = wanted.toString('hex')
  }
}

/** Bytes of a stream, asked for in the pieces that the framing has. */
class Input {
  private readonly source: AsyncIterator<Buffer>
  private rest: Buffer = Buffer.alloc(0)
  constructor(source: AsyncIterable<Buffer>) {
    this.source = source[Symbol.asyncIterator]()
  }
  async line(): Promise<string> {
    for (let from = 0; ; ) {
      const end = this.rest.indexOf('\n', from)
      if (end >= 0) {
        const line = this.rest.toString('latin1', 0, end).replace(/\r$/, '')
        this.rest = this.rest.subarray(end + 1)
        return line
      }
      from = this.rest.length
      if (from > MAX_LINE) throw new S3Error('IncompleteBody', 'The body is not framed as was announced')
      if (!(await this.more())) throw new S3Error('IncompleteBody')
    }
  }
  /** At most `most` bytes, at least one. */
  async some(most: number): Promise<Buffer> {
    if (this.rest.length === 0 && !(await this.more())) throw new S3Error('IncompleteBody')
    const piece = this.rest.subarray(0, most)
    this.rest = this.rest.subarray(piece.length)
    return piece
  }
  async isAtEnd(): Promise<boolean> {
    return this.rest.length === 0 && !(await this.more())
  }
  private async more(): Promise<boolean> {
    for (;;) {
      const next = await this.source.next()
      if (next.done) return false
      if (next.value.length === 0) continue
      this.rest = this.rest.length === 0 ? next.value : Buffer.concat([this.rest, next.value])
      return true
    }
  }
}
