import { createHash } from 'node:crypto'
import { pipeline, Readable, type Transform } from 'node:stream'
import { constants, createZstdCompress, createZstdDecompress, type ZstdCompress } from 'node:zlib'
import { decrypt, encrypt } from '../lib/age/stream.ts'
import { codeOf, LandfallError } from '../lib/error.ts'
import type { Place } from './places/place.ts'

type Bytes = AsyncIterable<Uint8Array>
/** Each piece goes to a thread and back: large ones go less often. */
const PIECE = 1024 * 1024
/** Of rows as text, level 3 makes hardly less and takes twice the time. */
const LEVEL = 1
export const ENDING = '.zst.age'

/** Compressed, encrypted, written, all at the pace of the slowest. A failure anywhere is a failure of the whole. */
export async function writePart(
  place: Place,
  path: string,
  plain: Bytes,
  recipients: string[],
): Promise<{ bytes: number; sha256: string }> {
  const hash = createHash('sha256')
  let bytes = 0
  async function* counted(source: Bytes) {
    for await (const chunk of source) {
      hash.update(chunk)
      bytes += chunk.length
      yield chunk
    }
  }
  const zstd = createZstdCompress({
    chunkSize: PIECE,
    params: { [constants.ZSTD_c_compressionLevel]: LEVEL, [constants.ZSTD_c_checksumFlag]: 1 },
  })
  const written = await place.write(path, counted(encrypt(compressed(plain, zstd), recipients)))
  if (written !== bytes || bytes === 0) {
    throw new LandfallError({ code: 'E_BACKUP', at: path, message: `${written} bytes lie there in place of ${bytes}` })
  }
  return { bytes, sha256: hash.digest('hex') }
}

/** The same way back. E_BACKUP_INVALID, E_BACKUP_TRUNCATED or E_DECRYPT name the file; at its end its size and digest are known. */
export async function* readPart(
  place: Place,
  path: string,
  is: { bytes: number; sha256: string },
  identities: string[],
): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256')
  let bytes = 0
  async function* counted(source: Bytes) {
    for await (const chunk of source) {
      hash.update(chunk)
      bytes += chunk.length
      yield chunk
    }
  }
  const at = `${place.title}/${path}`
  const source = counted(place.read(path))
  try {
    yield* through(decrypt(source, identities), createZstdDecompress({ chunkSize: PIECE }))
    for await (const _ of source);
  } catch (error) {
    if (error instanceof LandfallError) {
      for await (const _ of source);
      // All of it is there: then what looks like a missing end is an altered one.
      const isWhole = error.code === 'E_BACKUP_TRUNCATED' && bytes === is.bytes
      throw isWhole ? named(error, at, 'E_BACKUP_INVALID', 'bytes near the end were altered') : named(error, at)
    }
    if (codeOf(error)?.startsWith('ZSTD_') || codeOf(error)?.startsWith('ERR_')) {
      throw new LandfallError({ code: 'E_BACKUP_INVALID', message: 'the compressed bytes are damaged', at, cause: error })
    }
    throw error
  }
  if (bytes !== is.bytes) {
    const code = bytes < is.bytes ? 'E_BACKUP_TRUNCATED' : 'E_BACKUP_INVALID'
    throw new LandfallError({ code, at, message: `the file has ${bytes} bytes, and its manifest says ${is.bytes}` })
  }
  const sha256 = hash.digest('hex')
  if (sha256 !== is.sha256) {
    const detail = `sha256 ${sha256}\nmanifest ${is.sha256}`
    throw new LandfallError({ code: 'E_BACKUP_INVALID', at, message: 'the file is not the one that its manifest names', detail })
  }
}

const named = (e: LandfallError, at: string, code = e.code, message = e.message): LandfallError =>
  new LandfallError({
    code,
    message,
    at: e.at ?? at,
    ...(e.detail && { detail: e.detail }),
    ...(e.hint && { hint: e.hint }),
    cause: e,
  })

/** One piece is filled while the other is compressed: none is ever made anew, whatever passes. */
async function* compressed(plain: Bytes, zstd: ZstdCompress): AsyncGenerator<Uint8Array> {
  const feed = async () => {
    let [filling, other] = [Buffer.allocUnsafeSlow(PIECE), Buffer.allocUnsafeSlow(PIECE)]
    let length = 0
    let taken: Promise<void> | undefined
    const pass = async () => {
      await taken
      taken = handed(zstd, filling.subarray(0, length))
      taken.catch(() => {}) // It is waited for, unless the source fails before.
      ;[filling, other] = [other, filling]
      length = 0
    }
    for await (const chunk of plain) {
      for (let at = 0; at < chunk.length; ) {
        const end = Math.min(at + PIECE - length, chunk.length)
        filling.set(chunk.subarray(at, end), length)
        length += end - at
        at = end
        if (length === PIECE) await pass()
      }
    }
    if (length > 0) await pass()
    await taken
    zstd.end()
  }
  // The error of either reaches whoever reads.
  feed().catch((error: unknown) => zstd.destroy(error instanceof Error ? error : new Error(String(error))))
  yield* zstd
}

/** Resolves when the bytes are no longer needed. */
function handed(to: Transform, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => to.write(bytes, (error) => (error ? reject(error) : resolve())))
}

async function* through(source: Bytes, transform: Transform): AsyncGenerator<Uint8Array> {
  // The error of either reaches whoever reads the transform.
  pipeline(Readable.from(source, { objectMode: true, highWaterMark: 2 }), transform, () => {})
  yield* transform
}
