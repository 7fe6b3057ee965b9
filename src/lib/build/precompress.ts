import { type Dirent, readFileSync, writeFileSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'

const TEXT = new Set(
  '.html .htm .css .js .mjs .cjs .json .map .svg .xml .txt .md .webmanifest .wasm .ico .ttf .otf .eot .csv .ics'.split(' '),
)
const LEAST = 1024
const MOST = 16 * 1024 * 1024
/** A packed file that is not this much smaller is not worth a second one. */
const WORTH = 0.95

const brotli = promisify(brotliCompress)
const zip = promisify(gzip)

export interface Precompressed {
  files: number
  savedBytes: number
  /** Files that were left as they are since the time was over. */
  skipped: number
}

/**
 * Puts `app.js.br` and `app.js.gz` beside every text file that gets smaller by it, so that serving one costs no computing. One file
 * at a time, within `seconds`: what is not done by then stays as it is.
 */
export async function precompress(
  folder: string,
  options: { seconds?: number; signal?: AbortSignal } = {},
): Promise<Precompressed> {
  const done: Precompressed = { files: 0, savedBytes: 0, skipped: 0 }
  const end = performance.now() + (options.seconds ?? 30) * 1000
  const all = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((e) => e.isFile())
  const names = new Set(all.map(pathOf))
  for (const { path, data } of textFiles(all, names)) {
    options.signal?.throwIfAborted()
    if (performance.now() > end) {
      done.skipped += 1
      continue
    }
    const packed = [
      { suffix: '.br', bytes: await brotli(data, brotliOptions(data.length)) },
      { suffix: '.gz', bytes: await zip(data, { level: 9 }) },
    ]
    const worth = packed.filter(({ bytes }) => bytes.length < data.length * WORTH)
    for (const { suffix, bytes } of worth) writeFileSync(path + suffix, bytes, { mode: 0o644, flag: 'wx' })
    if (worth[0]) done.files += 1
    if (worth[0]) done.savedBytes += data.length - worth[0].bytes.length
  }
  return done
}

const pathOf = (entry: Dirent) => join(entry.parentPath, entry.name)

function* textFiles(all: Dirent[], names: Set<string>): Generator<{ path: string; data: Buffer }> {
  const paths = all.map(pathOf).filter((p) => TEXT.has(extname(p).toLowerCase()))
  // Whoever packed it already chose how.
  const open = paths.filter((p) => !names.has(`${p}.br`) && !names.has(`${p}.gz`)).sort()
  for (const path of open) {
    const data = readFileSync(path)
    if (data.length >= LEAST && data.length <= MOST) yield { path, data }
  }
}

/** The best quality takes a second per megabyte: only for what is small. */
function brotliOptions(size: number) {
  const quality = size < 128 * 1024 ? 11 : size < 1024 * 1024 ? 9 : 6
  const { BROTLI_PARAM_QUALITY, BROTLI_PARAM_SIZE_HINT } = constants
  return { params: { [BROTLI_PARAM_QUALITY]: quality, [BROTLI_PARAM_SIZE_HINT]: size } }
}
