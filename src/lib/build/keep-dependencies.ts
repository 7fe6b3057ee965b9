import { randomUUID } from 'node:crypto'
import {
  type BigIntStats,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { rename } from 'node:fs/promises'
import { join, posix } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { RecipeStep } from '../../model/plug.ts'
import { syncFolder, writeAtomic } from '../atomic.ts'
import { digestOf } from '../digest.ts'
import { codeOf } from '../error.ts'
import { identify } from '../process-identity.ts'
import type { Identity } from './build-types.ts'
import { removeTree } from './remove-tree.ts'
import { rewrite, sealTree } from './seal-tree.ts'

/** Folders that an install made, kept in the cache. Everything in them is read-only and never changes. */
interface Kept {
  /** Root of the build that made them: some files hold it. */
  root: string
  /** Of the machine: until all of it is on the disk for certain, another start of the machine does not trust it. */
  boot: string
  folders: { path: string; at: string; mentions: string[] }[]
}
export interface KeptDependencies {
  folder: string
  kept: Kept
  /** Files that are older than this were not touched since they were put into the build. */
  since: bigint
}
/** Runs a command as the builder. */
export type RunAs = (argv: string[]) => Promise<void>

const MAX_KEPT = 12
const IN_USE_MS = 3_600_000

const shelf = (home: string, identity: Identity | undefined) =>
  join(home, 'cache', 'dependencies', String(identity?.uid ?? 'own'))

/** One name for all installs that make the same: same commands, same files that they read, same runtimes. */
export function keyOf(steps: RecipeStep[], root: string, facts: Record<string, unknown>): string {
  const from = [...new Set(steps.flatMap((s) => s.keeps?.from ?? []))].sort()
  const contents = from.map((file) => [file, existsSync(join(root, file)) ? readFileSync(join(root, file), 'base64') : null])
  const commands = steps.map(({ command, cwd, env, keeps }) => ({ command, cwd, env, folders: keeps?.folders }))
  // The length of the path counts: it is replaced in files by one that must be as long.
  return digestOf({ contents, commands, length: root.length, ...facts })
}

/** Puts what an earlier build installed into this one: copies, which this build may change. False where there is none. */
export async function takeDependencies(
  home: string,
  key: string,
  root: string,
  identity: Identity | undefined,
  run: RunAs,
): Promise<KeptDependencies | undefined> {
  const folder = join(shelf(home, identity), key)
  const kept = await readKept(folder)
  if (!kept) return undefined
  const now = new Date()
  utimesSync(folder, now, now)
  for (const { path, at, mentions } of kept.folders) {
    const place = join(root, path)
    await run(['mkdir', '-p', '--', posix.dirname(place)])
    await run(['cp', '-R', '--', join(folder, at), place])
    await run(['chmod', '-R', 'u+w', '--', place])
    for (const name of mentions) replaceIn(join(place, name), kept.root, root)
  }
  return { folder, kept, since: await tick(folder) }
}

/** Moves what was just installed into the cache and takes it from there, as the next build will. */
export async function keepDependencies(
  home: string,
  key: string,
  steps: RecipeStep[],
  root: string,
  identity: Identity | undefined,
): Promise<boolean> {
  const wanted = [...new Set(steps.flatMap((s) => s.keeps?.folders ?? []))].sort()
  const there = wanted.filter((path) => lstatSync(join(root, path), { throwIfNoEntry: false })?.isDirectory())
  if (there.length === 0) return false
  const place = shelf(home, identity)
  mkdirSync(place, { recursive: true, mode: 0o711 })
  const aside = join(place, `${key}.${randomUUID()}.tmp`)
  mkdirSync(aside, { mode: 0o755 })
  const kept: Kept = { root, boot: boot(), folders: [] }
  for (const [i, path] of there.entries()) {
    const at = String(i)
    await rename(join(root, path), join(aside, at))
    const { mentions } = await sealTree(join(aside, at), { mention: { of: root } })
    kept.folders.push({ path, at, mentions })
  }
  writeAtomic(join(aside, 'kept.json'), JSON.stringify(kept), 0o444)
  await rename(aside, join(place, key)).catch(async (error: unknown) => {
    if (codeOf(error) !== 'ENOTEMPTY' && codeOf(error) !== 'EEXIST') throw error
    // Another build installed the same meanwhile.
    await removeTree(aside)
  })
  syncFolder(place)
  await forgetOldest(place, key)
  return true
}

/** The disk was told to write everything: what is kept outlives a power cut from here on. */
export function trustDependencies({ folder }: KeptDependencies): void {
  if (existsSync(join(folder, 'kept.json'))) writeAtomic(join(folder, 'safe'), '', 0o444)
}

async function readKept(folder: string): Promise<Kept | undefined> {
  if (!existsSync(join(folder, 'kept.json'))) return undefined
  const kept = JSON.parse(readFileSync(join(folder, 'kept.json'), 'utf8')) as Kept
  if (kept.boot === boot() || existsSync(join(folder, 'safe'))) return kept
  await removeTree(folder)
  return undefined
}
const boot = () => identify(process.pid)?.bootId ?? ''

/** The file of the cache that a file of the finished build still is; for `sealTree`. */
export function twinOf(deps: KeptDependencies[]): (path: string, found: BigIntStats) => string | undefined {
  const folders = deps.flatMap(({ folder, kept, since }) =>
    kept.folders.map((f) => ({ prefix: `${f.path}/`, place: join(folder, f.at), mentions: new Set(f.mentions), since })),
  )
  return (path, found) => {
    const owner = folders.find((f) => path.startsWith(f.prefix))
    if (!owner || found.ctimeNs >= owner.since) return undefined
    const name = path.slice(owner.prefix.length)
    if (owner.mentions.has(name)) return undefined
    const twin = join(owner.place, name)
    const same = lstatSync(twin, { bigint: true, throwIfNoEntry: false })
    const isSame = same?.isFile() && same.size === found.size && ((same.mode & 0o111n) === 0n) === ((found.mode & 0o111n) === 0n)
    return isSame ? twin : undefined
  }
}

/** A moment of the disk's own clock that is after everything written so far, and before everything that comes. */
async function tick(folder: string): Promise<bigint> {
  await sleep(15)
  const file = `${folder}.${randomUUID()}.tmp`
  writeFileSync(file, '')
  const { ctimeNs } = lstatSync(file, { bigint: true })
  await removeTree(file)
  await sleep(15)
  return ctimeNs
}

function replaceIn(path: string, from: string, to: string): void {
  if (from === to) return
  const data = readFileSync(path)
  const wanted = Buffer.from(from)
  for (let at = data.indexOf(wanted); at >= 0; at = data.indexOf(wanted, at + wanted.length)) data.write(to, at)
  rewrite(path, data)
}

/** What no artifact shares any more takes its own room: few are worth it. */
async function forgetOldest(place: string, but: string): Promise<void> {
  const names = readdirSync(place).filter((n) => !n.endsWith('.tmp') && n !== but)
  const byAge = names.map((name) => ({ name, used: statSync(join(place, name)).mtimeMs })).sort((a, b) => b.used - a.used)
  for (const { name, used } of byAge.slice(MAX_KEPT - 1)) {
    // Another build may be taking it at this moment.
    if (Date.now() - used > IN_USE_MS) await removeTree(join(place, name))
  }
}
