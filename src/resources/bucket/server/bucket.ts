import type { Credentials } from './authenticate.ts'
import type { Blobs, Piece } from './blobs.ts'
import type { Catalog } from './catalog.ts'

/** All that the handlers know and use. */
export interface Bucket {
  name: string
  region: string
  credentials: Credentials
  catalog: Catalog
  blobs: Blobs
  now(): number
  say(line: string): void
}

export interface Answer {
  status: number
  headers?: Record<string, string>
  xml?: string
  /** Of an object; `release` is called when it is sent, or never will be. */
  body?: { pieces: Piece[]; start: number; end: number; release(): void }
}

export const quoted = (etag: string) => `"${etag}"`
export const isoTime = (at: number) => new Date(at).toISOString()
export const httpTime = (at: number) => new Date(at).toUTCString()

/** Writes the row that a new piece is for; without that row, on a full disk for one, the piece goes again. */
export function commit(bucket: Bucket, piece: Piece, write: () => Piece[]): void {
  let old: Piece[]
  try {
    old = write()
  } catch (error) {
    bucket.blobs.remove([piece])
    throw error
  }
  bucket.blobs.remove(old)
}
