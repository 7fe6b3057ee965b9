import { createHash } from 'node:crypto'
import { lstat, readFile, realpath, stat } from 'node:fs/promises'
import { join, sep } from 'node:path'
import { codeOf } from '../../../lib/error.ts'
import { contentType, isCompressible } from './content-type.ts'
import type { Encoding } from './negotiate.ts'

/** A file as it is served. */
export interface StaticFile {
  path: string
  size: number
  type: string
  isCompressible: boolean
  /** Without quotes, and without the encoding that goes behind it. */
  tag: string
  /** Of small files. */
  body?: Buffer
  /** Packed beforehand by the build. */
  packed: { encoding: Encoding; path: string; size: number }[]
  encoded: Map<Encoding, Buffer>
  version: string
  checkedAt: number
}
export type Found = { type: 'file'; file: StaticFile } | { type: 'folder' } | { type: 'none' }

const FRESH_MS = 1_000
const BODY_MAX = 64 * 1024
const TAG_BY_CONTENT_MAX = 1024 * 1024
const BYTES_MAX = 16 * 1024 * 1024
const FILES_MAX = 4_000

/** What is known of served files, and the bodies of small ones; looked at anew once a second at most. */
export class FileCache {
  private readonly files = new Map<string, StaticFile>()
  private bytes = 0

  /** One that was looked at a moment ago. */
  fresh(folder: string, relative: string): StaticFile | undefined {
    const file = this.files.get(`${folder}\0${relative}`)
    return file && performance.now() - file.checkedAt < FRESH_MS ? file : undefined
  }

  async find(folder: string, relative: string): Promise<Found> {
    const fresh = this.fresh(folder, relative)
    if (fresh) return { type: 'file', file: fresh }
    const key = `${folder}\0${relative}`
    try {
      const [root, path] = await Promise.all([realpath(folder), realpath(join(folder, relative))])
      // A link may lead anywhere within the folder, and nowhere else.
      if (path !== root && !path.startsWith(root + sep)) return { type: 'none' }
      const info = await stat(path, { bigint: true })
      if (info.isDirectory()) return { type: 'folder' }
      if (!info.isFile()) return { type: 'none' }
      const version = `${path} ${info.ino} ${info.size} ${info.mtimeNs} ${info.ctimeNs}`
      const known = this.files.get(key)
      if (known?.version === version) {
        known.checkedAt = performance.now()
        return { type: 'file', file: known }
      }
      const file = await load(path, Number(info.size), version)
      this.keep(key, file)
      return { type: 'file', file }
    } catch (error) {
      this.drop(key)
      if (['ENOENT', 'ENOTDIR', 'ENAMETOOLONG', 'ELOOP', 'EACCES'].includes(codeOf(error) ?? '')) return { type: 'none' }
      throw error
    }
  }

  keepEncoded(file: StaticFile, encoding: Encoding, body: Buffer): void {
    if (file.encoded.has(encoding)) return
    file.encoded.set(encoding, body)
    if ([...this.files.values()].includes(file)) this.bytes += body.length
    this.shrink()
  }

  private keep(key: string, file: StaticFile): void {
    this.drop(key)
    this.files.set(key, file)
    this.bytes += weight(file)
    this.shrink()
  }

  private drop(key: string): void {
    const file = this.files.get(key)
    if (!file) return
    this.files.delete(key)
    this.bytes -= weight(file)
  }

  /** The oldest go first: what is asked for often is soon back. */
  private shrink(): void {
    for (const key of this.files.keys()) {
      if (this.bytes <= BYTES_MAX && this.files.size <= FILES_MAX) return
      this.drop(key)
    }
  }
}

function weight(file: StaticFile): number {
  let bytes = file.body?.length ?? 0
  for (const body of file.encoded.values()) bytes += body.length
  return bytes
}

async function load(path: string, size: number, version: string): Promise<StaticFile> {
  const type = contentType(path)
  const body = size <= TAG_BY_CONTENT_MAX ? await readFile(path) : undefined
  const file: StaticFile = {
    path,
    size: body?.length ?? size,
    type,
    isCompressible: isCompressible(type),
    // By content where that is cheap, so that what a release left as it was stays valid in every browser.
    tag: createHash('sha256')
      .update(body ?? version)
      .digest('base64url')
      .slice(0, 22),
    packed: [],
    encoded: new Map(),
    version,
    checkedAt: performance.now(),
  }
  if (body && body.length <= BODY_MAX) file.body = body
  if (file.isCompressible) {
    for (const [encoding, suffix] of [
      ['br', '.br'],
      ['gzip', '.gz'],
    ] as const) {
      const info = await lstat(path + suffix).catch(() => undefined)
      if (info?.isFile()) file.packed.push({ encoding, path: path + suffix, size: info.size })
    }
  }
  return file
}
