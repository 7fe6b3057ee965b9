import { createHash } from 'node:crypto'
import { closeSync, constants, createReadStream, fstatSync, openSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { makeBreath } from './breath.ts'

/** A file of a source. `link`: where it points, for a symbolic link. */
export interface SourceEntry {
  path: string
  /** `0o755` or `0o644`: no more of it is carried over. */
  mode: number
  size: number
  link?: string
}

/** Content digests of files that did not change: by device, inode, size and both times. */
const known = new Map<string, string>()
const MAX_KNOWN = 200_000
/** A file that was written this short ago may be written once more without its times telling. */
const SETTLED_MS = 2000
const STREAM_ABOVE = 1024 * 1024

/** Digest over paths, modes and contents; the same for a folder and a copy of it. */
export async function digestTree(folder: string, list: readonly SourceEntry[]): Promise<string> {
  const digests = new Map<string, string>()
  const breath = makeBreath()
  for (const entry of list) {
    await breath()
    const digest = entry.link === undefined ? await digestFile(join(folder, entry.path), entry.size) : `link ${entry.link}`
    digests.set(entry.path, digest)
  }
  const hash = createHash('sha256')
  const paths = list.map((entry) => ({ entry, key: entry.path }))
  paths.sort((a, b) => (a.key < b.key ? -1 : 1))
  for (const { entry } of paths) hash.update(`${entry.mode.toString(8)} ${entry.path}\0${digests.get(entry.path)}\n`)
  return hash.digest('hex')
}

async function digestFile(path: string, size: number): Promise<string> {
  const found = statSync(path, { bigint: true })
  const key = `${found.dev}:${found.ino}:${found.size}:${found.mtimeNs}:${found.ctimeNs}`
  const before = known.get(key)
  if (before) return before
  const hash = createHash('sha256')
  if (size > STREAM_ABOVE) await pipeline(createReadStream(path), hash)
  else hash.update(readRegular(path))
  const digest = hash.digest('hex')
  if (Date.now() - Number(found.ctimeMs) > SETTLED_MS) {
    if (known.size >= MAX_KNOWN) known.clear()
    known.set(key, digest)
  }
  return digest
}

/** It was a plain file a moment ago: should it be a pipe by now, opening it must not wait for ever. */
function readRegular(path: string): Buffer {
  const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW)
  try {
    return fstatSync(file).isFile() ? readFileSync(file) : Buffer.alloc(0)
  } finally {
    closeSync(file)
  }
}
