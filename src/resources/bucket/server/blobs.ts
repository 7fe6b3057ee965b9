import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { type FileHandle, open, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { syncFolder } from '../../../lib/atomic.ts'

/** A file of bytes; an object is one of them or, uploaded in parts, several. */
export interface Piece {
  id: string
  size: number
}

/** Files under names of their own, which never change once they are there. What a key is called is nothing to them. */
export class Blobs {
  private readonly objects: string
  private readonly incoming: string
  /** Readers of each piece; one that is removed meanwhile goes when the last of them is done. */
  private readonly readers = new Map<string, number>()
  private readonly doomed = new Set<string>()

  constructor(folder: string) {
    this.objects = join(folder, 'objects')
    this.incoming = join(folder, 'incoming')
    rmSync(this.incoming, { recursive: true, force: true })
    for (const each of [this.objects, this.incoming]) mkdirSync(each, { recursive: true, mode: 0o700 })
  }

  /** What `fill` writes, on the disk under its name when this resolves; nothing of it where `fill` fails. */
  async write<T>(fill: (write: (bytes: Uint8Array) => Promise<unknown>) => Promise<T>): Promise<{ piece: Piece; result: T }> {
    const id = randomBytes(16).toString('hex')
    const temporary = join(this.incoming, id)
    let size = 0
    try {
      const handle = await open(temporary, 'wx', 0o600)
      let result: T
      try {
        result = await fill((bytes) => {
          size += bytes.length
          return writeAll(handle, bytes)
        })
        await handle.sync()
      } finally {
        await handle.close()
      }
      const folder = this.folderOf(id)
      if (!existsSync(folder)) {
        mkdirSync(folder, { recursive: true, mode: 0o700 })
        syncFolder(this.objects)
      }
      await rename(temporary, this.fileOf(id))
      syncFolder(folder)
      return { piece: { id, size }, result }
    } catch (error) {
      await rm(temporary, { force: true })
      throw error
    }
  }

  /** Bytes `start` to `end`, both included, over all pieces; somebody must hold them. */
  async *read(pieces: Piece[], start: number, end: number): AsyncGenerator<Buffer> {
    let offset = 0
    for (const piece of pieces) {
      const from = Math.max(0, start - offset)
      const to = Math.min(piece.size - 1, end - offset)
      offset += piece.size
      if (from > to) continue
      const handle = await open(this.fileOf(piece.id), 'r')
      try {
        yield* handle.createReadStream({ start: from, end: to, highWaterMark: 256 * 1024, autoClose: false })
      } finally {
        await handle.close()
      }
    }
  }

  /** To be called in the same breath as they are looked up: from then on nothing removes them until they are let go. */
  hold(pieces: Piece[]): () => void {
    for (const { id } of pieces) this.readers.set(id, (this.readers.get(id) ?? 0) + 1)
    return () => {
      for (const { id } of pieces) {
        const left = (this.readers.get(id) ?? 1) - 1
        if (left > 0) {
          this.readers.set(id, left)
          continue
        }
        this.readers.delete(id)
        if (this.doomed.delete(id)) rmSync(this.fileOf(id), { force: true })
      }
    }
  }

  remove(pieces: Piece[]): void {
    for (const { id } of pieces) {
      if (this.readers.has(id)) this.doomed.add(id)
      else rmSync(this.fileOf(id), { force: true })
    }
  }

  /** After a start: files that a crash left without a row go. */
  keepOnly(ids: ReadonlySet<string>): void {
    for (const folder of readdirSync(this.objects)) {
      for (const name of readdirSync(join(this.objects, folder))) {
        if (!ids.has(name)) rmSync(join(this.objects, folder, name), { force: true })
      }
    }
  }

  private folderOf(id: string): string {
    return join(this.objects, id.slice(0, 2))
  }
  private fileOf(id: string): string {
    return join(this.objects, id.slice(0, 2), id)
  }
}

async function writeAll(handle: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let written = 0; written < bytes.length; ) {
    written += (await handle.write(bytes, written, bytes.length - written)).bytesWritten
  }
}
