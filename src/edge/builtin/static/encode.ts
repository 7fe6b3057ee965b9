import { readFile } from 'node:fs/promises'
import type { FileCache, StaticFile } from './file-cache.ts'
import type { Encoding } from './negotiate.ts'

/** What goes out: bytes from memory, or a file. */
export interface Representation {
  encoding?: Encoding
  size: number
  body?: Buffer
  path: string
}

const MIN = 1024
const MAX = 4 * 1024 * 1024
const AT_ONCE = 2

let running = 0
const waiting: (() => void)[] = []
const underWay = new Map<string, Promise<Buffer>>()

export function plain(file: StaticFile): Representation {
  return { size: file.size, path: file.path, ...(file.body && { body: file.body }) }
}

/** The representation for a client with these encodings, if it needs no work. */
export function readyRepresentation(file: StaticFile, accepted: Encoding[]): Representation | undefined {
  if (!file.isCompressible || accepted.length === 0 || file.size === 0) return plain(file)
  for (const encoding of accepted) {
    const body = file.encoded.get(encoding)
    if (body) return { encoding, size: body.length, body, path: file.path }
    const packed = file.packed.find((p) => p.encoding === encoding)
    if (packed) return { encoding, size: packed.size, path: packed.path }
  }
  return file.size < MIN || file.size > MAX ? plain(file) : undefined
}

/** Packs the file for the best of `accepted`, once for all that ask meanwhile. */
export async function represent(file: StaticFile, accepted: Encoding[], cache: FileCache): Promise<Representation> {
  const encoding = accepted[0]!
  const key = `${encoding} ${file.version}`
  let work = underWay.get(key)
  if (!work) {
    work = pack(file, encoding).finally(() => underWay.delete(key))
    underWay.set(key, work)
  }
  const body = await work
  cache.keepEncoded(file, encoding, body)
  return { encoding, size: body.length, body, path: file.path }
}

async function pack(file: StaticFile, encoding: Encoding): Promise<Buffer> {
  if (running >= AT_ONCE) await new Promise<void>((resolve) => waiting.push(resolve))
  running += 1
  try {
    const { brotliCompress, constants, gzip } = await import('node:zlib')
    const body = file.body ?? (await readFile(file.path))
    return await new Promise<Buffer>((resolve, reject) => {
      const done = (error: Error | null, result: Buffer) => (error ? reject(error) : resolve(result))
      if (encoding === 'br') {
        brotliCompress(
          body,
          { params: { [constants.BROTLI_PARAM_QUALITY]: 5, [constants.BROTLI_PARAM_SIZE_HINT]: body.length } },
          done,
        )
      } else gzip(body, { level: 6 }, done)
    })
  } finally {
    running -= 1
    waiting.shift()?.()
  }
}
