import {
  type BigIntStats,
  chmodSync,
  closeSync,
  constants,
  copyFileSync,
  lchownSync,
  linkSync,
  lstatSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { dirname, isAbsolute, join, resolve, sep } from 'node:path'
import { makeBreath } from './breath.ts'

export interface SealWish {
  /** Text that files and links may hold, looked for in all of them; replaced where `by` says so, which is of the same length. */
  mention?: { of: string; by?: string }
  /** The same file where it is kept anyway: both become one on the disk. `path` is relative to the tree. */
  twin?(path: string, found: BigIntStats): string | undefined
}
export interface Sealed {
  bytes: number
  files: number
  /** Files that hold `mention.of`. */
  mentions: string[]
  /** Links that lead out of the tree. */
  outward: string[]
}
/** Larger ones are bundles and libraries: a path in them is for people, if it is there at all. */
const MAX_LOOK = 2 * 1024 * 1024

/**
 * Makes a tree ours and read-only. From the top down: once a folder is ours, nobody can put a link in the place of a file that
 * we are about to change. What is no file, folder or link goes.
 */
export async function sealTree(tree: string, wish: SealWish = {}): Promise<Sealed> {
  const isRoot = process.getuid?.() === 0
  const breath = makeBreath()
  const sealed: Sealed = { bytes: 0, files: 0, mentions: [], outward: [] }
  const visit = async (folder: string, prefix: string): Promise<void> => {
    if (isRoot) lchownSync(folder, 0, 0)
    chmodSync(folder, 0o755)
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name)
      const at = `${prefix}${entry.name}`
      if (entry.isDirectory()) await visit(path, `${at}/`)
      else if (entry.isSymbolicLink()) sealLink(tree, path, at, wish, sealed, isRoot)
      else if (entry.isFile()) sealFile(path, at, wish, sealed, isRoot)
      else rmSync(path, { force: true })
      await breath()
    }
    chmodSync(folder, 0o555)
  }
  await visit(tree, '')
  return sealed
}

function sealLink(tree: string, path: string, at: string, wish: SealWish, sealed: Sealed, isRoot: boolean): void {
  const target = readlinkSync(path)
  const { of, by } = wish.mention ?? {}
  const isMention = of !== undefined && (target === of || target.startsWith(of + sep))
  if (isMention && by !== undefined) {
    rmSync(path)
    symlinkSync(by + target.slice(of.length), path)
  } else {
    const end = isAbsolute(target) ? target : resolve(dirname(path), target)
    if (!isMention && end !== tree && !end.startsWith(tree + sep)) sealed.outward.push(at)
  }
  if (isRoot) lchownSync(path, 0, 0)
}

function sealFile(path: string, at: string, wish: SealWish, sealed: Sealed, isRoot: boolean): void {
  const found = lstatSync(path, { bigint: true })
  sealed.bytes += Number(found.size)
  sealed.files += 1
  const twin = wish.twin?.(at, found)
  if (twin !== undefined && become(path, twin)) return
  // Another name of it may lie in a cache that its builder can still write.
  if (found.nlink > 1n) separate(path)
  if (isRoot) lchownSync(path, 0, 0)
  if (wish.mention && found.size > 0n && found.size <= MAX_LOOK) look(path, at, wish.mention, sealed)
  chmodSync(path, found.mode & 0o111n ? 0o555 : 0o444)
}

function become(path: string, twin: string): boolean {
  const aside = `${path}.landfall`
  try {
    linkSync(twin, aside)
  } catch {
    return false // A disk bounds how many names a file can have: then it is one of its own.
  }
  renameSync(aside, path)
  return true
}

function separate(path: string): void {
  const aside = `${path}.landfall`
  copyFileSync(path, aside, constants.COPYFILE_FICLONE)
  renameSync(aside, path)
}

function look(path: string, at: string, { of, by }: { of: string; by?: string }, sealed: Sealed): void {
  const data = readFileSync(path)
  const wanted = Buffer.from(of)
  let place = data.indexOf(wanted)
  if (place < 0) return
  sealed.mentions.push(at)
  if (by === undefined) return
  for (; place >= 0; place = data.indexOf(wanted, place + wanted.length)) data.write(by, place)
  rewrite(path, data)
}

/** Another content and the same times: compiled Python is held against those of its source. */
export function rewrite(path: string, data: Uint8Array): void {
  const { atime, mtime, mode } = lstatSync(path)
  chmodSync(path, 0o600)
  const file = openSync(path, constants.O_WRONLY | constants.O_TRUNC | constants.O_NOFOLLOW)
  try {
    writeFileSync(file, data)
  } finally {
    closeSync(file)
  }
  utimesSync(path, atime, mtime)
  chmodSync(path, mode & 0o7777)
}
