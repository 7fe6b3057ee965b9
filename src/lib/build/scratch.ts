import { chmodSync, constants, copyFileSync, lchownSync, mkdirSync, symlinkSync } from 'node:fs'
import { copyFile, readdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { codeOf, LandfallError } from '../error.ts'
import { makeBreath } from './breath.ts'
import type { Identity } from './build-types.ts'
import { digestTree, type SourceEntry } from './digest-tree.ts'
import { removeTree } from './remove-tree.ts'
import type { SourceTree } from './source.ts'

export interface Scratch {
  folder: string
  /**
   * The copy that is built in. Its path is as long as that of the artifact's files, so that one can take the place of the other
   * in any file, also in a compiled one.
   */
  root: string
  temporary: string
}

export function scratchOf(home: string, artifact: string): Scratch {
  const folder = join(home, 'scratch', `b-${artifact}`)
  return { folder, root: join(folder, 'root'), temporary: join(folder, 'tmp') }
}

/** An empty place for a build; what a build before it left there goes. */
export async function openScratch(home: string, artifact: string): Promise<Scratch> {
  const scratch = scratchOf(home, artifact)
  await removeTree(scratch.folder)
  mkdirSync(dirname(scratch.folder), { recursive: true, mode: 0o711 })
  mkdirSync(scratch.folder, { mode: 0o711 })
  mkdirSync(scratch.root, { mode: 0o700 })
  mkdirSync(scratch.temporary, { mode: 0o700 })
  return scratch
}

const SYNC_BELOW = 1024 * 1024

/** Copies exactly what the digest stands for, and makes sure that it does. The builder gets it only then. */
export async function copySource(
  from: string,
  tree: SourceTree,
  wanted: string,
  scratch: Scratch,
  identity?: Identity,
): Promise<void> {
  const folders = foldersOf(tree.list)
  for (const folder of folders) mkdirSync(join(scratch.root, folder))
  const breath = makeBreath()
  for (const entry of tree.list) {
    await breath()
    await copyEntry(from, scratch.root, entry)
  }
  const digest = tree.digest === wanted ? await digestTree(scratch.root, tree.list) : tree.digest
  if (digest !== wanted) throw changed()
  if (identity) {
    // Folders last: while they are ours, nobody can exchange what is in them.
    const paths = [...tree.list.map((e) => e.path), ...folders.toReversed(), '', '../tmp']
    for (const path of paths) lchownSync(join(scratch.root, path), identity.uid, identity.gid)
  }
}

async function copyEntry(from: string, to: string, { path, mode, size, link }: SourceEntry): Promise<void> {
  const place = join(to, path)
  if (link !== undefined) return symlinkSync(link, place)
  try {
    if (size < SYNC_BELOW) copyFileSync(join(from, path), place, constants.COPYFILE_FICLONE)
    else await copyFile(join(from, path), place, constants.COPYFILE_FICLONE)
  } catch (error) {
    if (codeOf(error) === 'ENOENT') throw changed(error)
    throw error
  }
  chmodSync(place, mode)
}

/** Parents first. */
function foldersOf(list: readonly SourceEntry[]): string[] {
  const folders = new Set<string>()
  for (const { path } of list) {
    for (let at = dirname(path); at !== '.' && !folders.has(at); at = dirname(at)) folders.add(at)
  }
  return [...folders].sort()
}

function changed(cause?: unknown): LandfallError {
  return new LandfallError({
    code: 'E_SOURCE_CHANGED',
    message: 'the source is no longer what the plan was made from',
    hint: 'run the command once more, when nothing writes into the source',
    cause,
  })
}

/** After a start: whatever builds of a dead daemon left. Not while a build is under way. */
export async function cleanScratch(home: string): Promise<void> {
  await removeTree(join(home, 'scratch'))
  for (const folder of ['artifacts', ...(await keptFolders(home))]) {
    const names = await readdir(join(home, folder)).catch((error: unknown) => {
      if (codeOf(error) === 'ENOENT') return []
      throw error
    })
    for (const name of names) if (name.endsWith('.tmp')) await removeTree(join(home, folder, name))
  }
}

async function keptFolders(home: string): Promise<string[]> {
  const folder = join('cache', 'dependencies')
  const names = await readdir(join(home, folder)).catch(() => []) // Nothing was kept yet.
  return names.map((name) => join(folder, name))
}
