import { lstatSync, readFileSync, realpathSync } from 'node:fs'
import { readdir, readlink } from 'node:fs/promises'
import { dirname, isAbsolute, join, relative, sep } from 'node:path'
import type { Finding } from '../../model/finding.ts'
import type { SourceFiles } from '../../model/plug.ts'
import { codeOf, LandfallError } from '../error.ts'
import { digestTree, type SourceEntry } from './digest-tree.ts'
import { eachLimit } from './each-limit.ts'
import { decide, outerRules, type Rules, withFolder } from './source-rules.ts'
import { closureOf, workspacesOf } from './workspaces.ts'

export interface SourceTree {
  digest: string
  files: SourceFiles
  /** Sorted by path. Paths are from `workspaceRoot` where there is one. */
  list: SourceEntry[]
  /** What was left out that somebody may miss. */
  notes: Finding[]
}
export interface SourceLimits {
  maxFiles: number
  maxBytes: number
}
const LIMITS: SourceLimits = { maxFiles: 50_000, maxBytes: 2 * 1024 ** 3 }
const MAX_TEXT = 4 * 1024 * 1024

/**
 * Takes a folder in: without what .gitignore and .landfallignore leave out, without what tools made, and without `.env` files.
 * With `workspaceRoot`, the whole monorepo is taken in that `folder` is a package of, but of packages that `folder` does not
 * need only their package.json, which the package managers ask for: a change there is no change here.
 */
export async function readSource(folder: string, workspaceRoot?: string, limits = LIMITS): Promise<SourceTree> {
  const root = realFolder(workspaceRoot ?? folder)
  const found: SourceEntry[] = []
  const notes: Finding[] = []
  await walk(root, '', outerRules(root), { root, found, notes, limits })
  const all = found.sort((a, b) => (a.path < b.path ? -1 : 1))
  const member = workspaceRoot ? relative(root, realFolder(folder)).split(sep).join('/') : ''
  const list = member === '' ? all : narrow(all, filesOf(root, all), member)
  if (list.length > limits.maxFiles || total(list) > limits.maxBytes) throw tooLarge(root, list, limits)
  try {
    return { digest: await digestTree(root, list), files: filesOf(root, list), list, notes }
  } catch (error) {
    throw unreadable(root, error)
  }
}

interface Walk {
  root: string
  found: SourceEntry[]
  notes: Finding[]
  limits: SourceLimits
}

async function walk(folder: string, path: string, outer: Rules, to: Walk): Promise<void> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    throw unreadable(to.root, error)
  })
  const names = entries.map((e) => e.name)
  // A Python environment by any name: it holds absolute paths of this machine.
  if (path !== '' && names.includes('pyvenv.cfg')) return
  // A home of ours, which holds copies of the source itself.
  if (path !== '' && names.includes('secrets.key') && names.includes('state.db')) return
  const rules = withFolder(outer, folder, path, names)
  await eachLimit(entries, 16, async (entry) => {
    const at = path === '' ? entry.name : `${path}/${entry.name}`
    const decided = decide(rules, at, entry.isDirectory())
    if ('out' in decided && decided.out === 'values')
      to.notes.push(leftOut(at, 'holds values of one machine', 'set them with `landfall env set`'))
    if ('out' in decided) return
    if (entry.isDirectory()) return walk(join(folder, entry.name), at, decided.below, to)
    if (at.includes('\uFFFD') || /[\n\r]/.test(at)) throw unsafe(at, 'its name is no text that a list can hold')
    if (entry.isSymbolicLink()) return void to.found.push(await readLink(to.root, at))
    if (!entry.isFile()) return void to.notes.push(leftOut(at, 'is no regular file', 'nothing needs to be done'))
    const { mode, size } = lstatSync(join(folder, entry.name))
    to.found.push({ path: at, mode: mode & 0o111 ? 0o755 : 0o644, size })
    // The walk itself must end: somebody may have pointed us at the root of a disk.
    if (to.found.length > to.limits.maxFiles * 4) throw tooLarge(to.root, to.found, to.limits)
  })
}

/** A link may point inside its source only: whoever builds it reads what it points to. */
async function readLink(root: string, path: string): Promise<SourceEntry> {
  const link = await readlink(join(root, path))
  if (isAbsolute(link)) throw unsafe(path, `is a link to ${link}, an absolute path`)
  // Step by step, as the kernel goes: what looks inside may lead out through another link.
  let at = realpathSync(dirname(join(root, path)))
  for (const part of link.split('/').filter((p) => p !== '' && p !== '.')) {
    at = part === '..' ? dirname(at) : realOf(join(at, part))
    if (!isInside(root, at)) throw unsafe(path, `is a link to ${link}, outside of the source`)
  }
  return { path, mode: 0o644, size: 0, link }
}

/** What is not there stands for itself: it may be left out, or not built yet. */
function realOf(path: string): string {
  try {
    return realpathSync(path)
  } catch (error) {
    if (codeOf(error) !== 'ENOENT' && codeOf(error) !== 'ENOTDIR') throw error
    return path
  }
}
const isInside = (root: string, path: string) => path === root || path.startsWith(root === '/' ? root : `${root}${sep}`)

/** Without the packages of the monorepo that `member` does not need. */
function narrow(list: SourceEntry[], files: SourceFiles, member: string): SourceEntry[] {
  const members = workspacesOf(files)
  if (!members.includes(member)) return list
  const needed = new Set(closureOf(files, member))
  const longestFirst = members.toSorted((a, b) => b.length - a.length)
  return list.filter(({ path }) => {
    const owner = longestFirst.find((m) => path.startsWith(`${m}/`))
    return owner === undefined || needed.has(owner) || path === `${owner}/package.json`
  })
}

function filesOf(root: string, list: SourceEntry[]): SourceFiles {
  const sizes = new Map(list.filter((e) => e.link === undefined).map((e) => [e.path, e.size]))
  const texts = new Map<string, string>()
  const text = (path: string): string | undefined => {
    if ((sizes.get(path) ?? Number.POSITIVE_INFINITY) > MAX_TEXT) return undefined
    const before = texts.get(path)
    if (before !== undefined) return before
    const read = readFileSync(join(root, path), 'utf8')
    texts.set(path, read)
    return read
  }
  return { names: new Set(list.map((e) => e.path)), text }
}

function realFolder(folder: string): string {
  try {
    const real = realpathSync(folder)
    if (lstatSync(real).isDirectory()) return real
  } catch (error) {
    if (codeOf(error) !== 'ENOENT' && codeOf(error) !== 'ENOTDIR') throw unreadable(folder, error)
  }
  throw new LandfallError({
    code: 'E_SOURCE_MISSING',
    message: `the source folder ${folder} is not there`,
    hint: 'correct `source` in landfall.yaml: it is a path from that file',
  })
}

const total = (list: readonly SourceEntry[]) => list.reduce((sum, e) => sum + e.size, 0)
const leftOut = (at: string, why: string, hint: string): Finding => ({
  level: 'warning',
  code: 'W_LEFT_OUT',
  at,
  message: `${at} ${why}: it is not part of the source`,
  hint,
})

function unsafe(path: string, why: string): LandfallError {
  return new LandfallError({
    code: 'E_SOURCE_UNSAFE',
    message: `${JSON.stringify(path).slice(1, -1)} ${why}`,
    hint: 'replace it by the file itself, or leave it out in .landfallignore',
  })
}

function tooLarge(root: string, list: readonly SourceEntry[], limits: SourceLimits): LandfallError {
  const sums = new Map<string, { files: number; bytes: number }>()
  for (const { path, size } of list) {
    const top = path.includes('/') ? `${path.split('/').slice(0, 2).join('/')}` : path
    const sum = sums.get(top) ?? { files: 0, bytes: 0 }
    sums.set(top, { files: sum.files + 1, bytes: sum.bytes + size })
  }
  const worst = [...sums].sort((a, b) => b[1].bytes - a[1].bytes || b[1].files - a[1].files).slice(0, 8)
  const mib = (bytes: number) => `${(bytes / 1024 ** 2).toFixed(0)} MiB`
  return new LandfallError({
    code: 'E_SOURCE_TOO_LARGE',
    message: `the source ${root} has ${list.length} files and ${mib(total(list))}; the limits are ${limits.maxFiles} and ${mib(limits.maxBytes)}`,
    detail: worst.map(([path, sum]) => `${mib(sum.bytes)}  ${sum.files} files  ${path}`).join('\n'),
    hint: 'name what the build does not need in .landfallignore, one pattern per line as in .gitignore',
  })
}

function unreadable(root: string, error: unknown): unknown {
  const code = codeOf(error)
  if (code !== 'EACCES' && code !== 'EPERM' && code !== 'ENOENT') return error
  const path = error instanceof Error && 'path' in error ? String(error.path) : root
  const why = code === 'ENOENT' ? 'went away while it was read' : 'may not be read by Landfall'
  return new LandfallError({
    code: code === 'ENOENT' ? 'E_SOURCE_CHANGED' : 'E_SOURCE_UNREADABLE',
    message: `${path} ${why}`,
    hint:
      code === 'ENOENT'
        ? 'try again once nothing writes into the source'
        : `chmod -R a+rX ${root}, or leave it out in .landfallignore`,
    cause: error,
  })
}
