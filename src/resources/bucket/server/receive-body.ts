import { createHash } from 'node:crypto'
import type { Signed } from './authenticate.ts'
import { type Algorithm, isAlgorithm, isChecksum, openChecksum } from './checksums.ts'
import { field } from './fields.ts'
import type { S3Request } from './request.ts'
import { S3Error } from './s3-error.ts'
import { unframe } from './unframe.ts'

export interface Received {
  size: number
  /** Hex. */
  md5: string
  /** The one that the client sent, and that was right. */
  checksum?: { algorithm: Algorithm; value: string }
}

export const MAX_OBJECT_BYTES = 5 * 1024 ** 3

/** Hands the body on piece by piece, whatever its form, and at its end knows that it is the one that was meant. */
export async function receiveBody(
  request: S3Request,
  signed: Signed,
  write: (piece: Buffer) => Promise<unknown>,
  most = MAX_OBJECT_BYTES,
): Promise<Received> {
  const isFramed = signed.payload.startsWith('STREAMING-')
  const announced = lengthOf(request, isFramed)
  if (announced > most) throw new S3Error('EntityTooLarge')
  const claim = readChecksumClaim(request, isFramed)
  const checksum = claim && openChecksum(claim.algorithm)
  const sha = /^[0-9a-f]{64}$/.test(signed.payload) ? createHash('sha256') : undefined
  const md5 = createHash('md5')
  let size = 0
  let trailers = new Map<string, string>()
  // Stopped in the middle, the request goes on: the client must get the answer that says why.
  const source: AsyncIterableIterator<Buffer> = request.message.iterator({ destroyOnReturn: false })
  try {
    const pieces = isFramed ? unframe(source, isChained(signed) ? signed.chain : undefined) : source
    for (;;) {
      const next = await pieces.next()
      if (next.done) {
        if (next.value instanceof Map) trailers = next.value
        break
      }
      size += next.value.length
      if (size > announced) throw new S3Error('IncompleteBody')
      for (const each of [md5, sha, checksum]) each?.update(next.value)
      await write(next.value)
    }
  } finally {
    await source.return?.()
  }
  if (size !== announced) throw new S3Error('IncompleteBody')
  if (sha && sha.digest('hex') !== signed.payload) throw new S3Error('XAmzContentSHA256Mismatch')
  const digest = md5.digest()
  checkMd5(field(request, 'content-md5'), digest)
  const received = { size, md5: digest.toString('hex') }
  if (!claim || !checksum) return received
  const wanted = claim.value ?? trailers.get(`x-amz-checksum-${claim.algorithm}`)
  if (wanted === undefined) throw new S3Error('MalformedTrailerError')
  if (!isChecksum(claim.algorithm, wanted))
    throw new S3Error('InvalidRequest', `The value of x-amz-checksum-${claim.algorithm} is invalid`)
  const value = checksum.digest()
  if (value !== wanted) throw new S3Error('BadDigest')
  return { ...received, checksum: { algorithm: claim.algorithm, value } }
}

const isChained = (signed: Signed) => signed.payload.startsWith('STREAMING-AWS4-HMAC-SHA256-PAYLOAD')

function lengthOf({ headers }: S3Request, isFramed: boolean): number {
  const text = headers.get(isFramed ? 'x-amz-decoded-content-length' : 'content-length')
  if (text === undefined) throw new S3Error('MissingContentLength')
  if (!/^\d{1,15}$/.test(text)) throw new S3Error('InvalidArgument', 'The length is no number')
  return Number(text)
}

/** In a header, or announced there and behind the body. */
function readChecksumClaim(request: S3Request, isFramed: boolean): { algorithm: Algorithm; value?: string } | undefined {
  const claims: { algorithm: Algorithm; value?: string }[] = []
  for (const name of request.headers.keys()) {
    const algorithm = name.replace('x-amz-checksum-', '')
    if (algorithm !== name && isAlgorithm(algorithm)) claims.push({ algorithm, value: request.headers.get(name)! })
  }
  for (const name of (request.headers.get('x-amz-trailer') ?? '').toLowerCase().split(',')) {
    const algorithm = name.trim().replace('x-amz-checksum-', '')
    if (isFramed && isAlgorithm(algorithm)) claims.push({ algorithm })
  }
  if (claims.length > 1) throw new S3Error('InvalidRequest', 'Only one checksum is allowed')
  return claims[0]
}

function checkMd5(given: string | undefined, digest: Buffer): void {
  if (given === undefined) return
  const wanted = Buffer.from(given, 'base64')
  if (wanted.length !== 16) throw new S3Error('InvalidDigest')
  if (!wanted.equals(digest)) throw new S3Error('BadDigest')
}
