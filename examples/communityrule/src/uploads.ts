import { randomUUID } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import type { Database } from './database.ts'
import { Failure } from './failure.ts'

export interface Upload {
  id: string
  name: string
  type: string
  size: number
}

export const MAX_UPLOAD_BYTES = 5 * 1024 * 1024

/** What a file is, by its first bytes: what its sender calls it decides nothing. */
const KINDS: { type: string; begins: RegExp }[] = [
  { type: 'image/png', begins: /^\x89PNG\r\n/ },
  { type: 'image/jpeg', begins: /^\xff\xd8\xff/ },
  { type: 'image/gif', begins: /^GIF8[79]a/ },
  { type: 'image/webp', begins: /^RIFF[\s\S]{4}WEBP/ },
  { type: 'application/pdf', begins: /^%PDF-/ },
]

/** Throws where the server has no place for files. */
export function requireRoot(uploadRoot: string | undefined): string {
  if (uploadRoot) return uploadRoot
  throw new Failure(500, 'server_misconfigured', 'Uploads need UPLOAD_ROOT, a folder that stays, on the server.')
}

/** The file first, then its row: a row without a file would be a broken picture. */
export async function storeUpload(db: Database, root: string, owner: string, file: File): Promise<Upload> {
  if (file.size > MAX_UPLOAD_BYTES) throw new Failure(413, 'too_large', 'At most 5 MB, please.')
  const bytes = new Uint8Array(await file.arrayBuffer())
  const start = Buffer.from(bytes.subarray(0, 16)).toString('latin1')
  const type = KINDS.find(({ begins }) => begins.test(start))?.type
  if (!type) throw new Failure(415, 'unknown_type', 'Pictures (PNG, JPEG, GIF, WebP) and PDF files, please.')
  const id = randomUUID()
  await mkdir(root, { recursive: true })
  const path = join(root, id)
  // Beside and renamed over: nobody ever sees half of it, and a full disk leaves nothing.
  try {
    await writeFile(`${path}.new`, bytes, { flush: true })
    await rename(`${path}.new`, path)
  } catch (error) {
    await rm(`${path}.new`, { force: true })
    throw error
  }
  const { rows } = await db.query<Upload>(
    'insert into uploads (id, owner, name, type, size) values ($1, $2, $3, $4, $5) returning id, name, type, size',
    [id, owner, file.name.slice(0, 200), type, bytes.byteLength],
  )
  return rows[0]!
}

export async function findUpload(db: Database, id: string): Promise<Upload | undefined> {
  const { rows } = await db.query<Upload>('select id, name, type, size from uploads where id = $1', [id])
  return rows[0]
}

/** As the web wants it; the id was checked to be one. */
export function readUpload(root: string, { id }: Upload): ReadableStream<Uint8Array> {
  return Readable.toWeb(createReadStream(join(root, id))) as ReadableStream<Uint8Array> // Node's own type of the same thing
}
