import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, posix, relative } from 'node:path'
import { parse } from 'yaml'

/** How files are asked for, by path from the monorepo's root. */
export interface Lookup {
  names: ReadonlySet<string>
  text(path: string): string | undefined
}

/** Folders of the packages of a monorepo, sorted; empty where it is none. Understands npm, yarn and pnpm. */
export function workspacesOf(files: Lookup): string[] {
  const patterns = workspacePatterns(files)
  if (patterns.length === 0) return []
  const wanted = patterns.filter((p) => !p.startsWith('!')).map(globToRegExp)
  const unwanted = patterns.filter((p) => p.startsWith('!')).map((p) => globToRegExp(p.slice(1)))
  const folders = [...files.names].filter((n) => n.endsWith('/package.json')).map((n) => posix.dirname(n))
  return folders.filter((f) => wanted.some((w) => w.test(f)) && !unwanted.some((u) => u.test(f))).sort()
}

function workspacePatterns(files: Lookup): string[] {
  const pnpm = files.text('pnpm-workspace.yaml')
  if (pnpm !== undefined)
    return strings(
      field(
        parseOrNothing(() => parse(pnpm)),
        'packages',
      ),
    )
  const own = readPackage(files, '.')
  const listed = own?.workspaces
  return strings(Array.isArray(listed) ? listed : field(listed, 'packages'))
}

/** Folders of `member` and of all packages of the monorepo that it needs, those that others need first. */
export function closureOf(files: Lookup, member: string): string[] {
  const byName = new Map<string, string>()
  for (const folder of workspacesOf(files)) {
    const name = readPackage(files, folder)?.name
    if (typeof name === 'string') byName.set(name, folder)
  }
  const order: string[] = []
  const seen = new Set<string>()
  const visit = (folder: string) => {
    if (seen.has(folder)) return
    seen.add(folder)
    for (const name of dependencyNames(readPackage(files, folder)).sort()) {
      const needed = byName.get(name)
      if (needed) visit(needed)
    }
    order.push(folder)
  }
  visit(member)
  return order
}

/**
 * The root of the monorepo that the package in `folder` belongs to, looked for up to `within`; `undefined` where it stands alone.
 * A source of such a component is that root, with `folder` as its workspace: the lockfile lies there.
 */
export function findWorkspaceRoot(folder: string, within: string): string | undefined {
  for (let at = dirname(folder); at.startsWith(within); at = dirname(at)) {
    const member = relative(at, folder).split('\\').join('/')
    const text = (path: string) => (existsSync(join(at, path)) ? readFileSync(join(at, path), 'utf8') : undefined)
    if (workspacesOf({ names: new Set([`${member}/package.json`]), text }).includes(member)) return at
    if (dirname(at) === at) return undefined
  }
  return undefined
}

export type PackageJson = Record<string, unknown> & {
  scripts?: Record<string, string>
  dependencies?: Record<string, string>
  devDependencies?: Record<string, string>
  optionalDependencies?: Record<string, string>
  peerDependencies?: Record<string, string>
  engines?: Record<string, string>
}
const MAPS = ['scripts', 'dependencies', 'devDependencies', 'optionalDependencies', 'peerDependencies', 'engines'] as const

/** package.json of a folder, its maps holding nothing but strings; `undefined` where there is none that can be read. */
export function readPackage(files: Lookup, folder: string): PackageJson | undefined {
  const text = files.text(posix.join(folder, 'package.json'))
  const parsed = text === undefined ? undefined : parseOrNothing(() => JSON.parse(text))
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return undefined
  const json: PackageJson = { ...parsed }
  for (const key of MAPS) {
    const map = json[key]
    if (map === undefined) continue
    const entries = typeof map === 'object' && map !== null ? Object.entries(map) : []
    json[key] = Object.fromEntries(entries.filter(([, v]) => typeof v === 'string'))
  }
  return json
}

export function dependencyNames(json: PackageJson | undefined): string[] {
  const maps = [json?.dependencies, json?.devDependencies, json?.optionalDependencies, json?.peerDependencies]
  return maps.flatMap((map) => Object.keys(map ?? {}))
}

function globToRegExp(glob: string): RegExp {
  const clean = glob.replace(/^\.\//, '').replace(/\/+$/, '')
  const source = clean.replace(/\*\*\/?|\*|\?|\{[^}]*\}|[.+^$()|[\]\\{}]/g, (part) => {
    if (part.startsWith('**')) return part.endsWith('/') ? '(?:.*/)?' : '.*'
    if (part === '*') return '[^/]*'
    if (part === '?') return '[^/]'
    if (part.startsWith('{') && part.length > 1) {
      const choices = part.slice(1, -1).split(',')
      return `(?:${choices.map((c) => c.replace(/[.+^$()|[\]\\*?]/g, '\\$&')).join('|')})`
    }
    return `\\${part}`
  })
  return new RegExp(`^${source}$`)
}

const field = (value: unknown, key: string): unknown =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined
const strings = (value: unknown): string[] => (Array.isArray(value) ? value.filter((v) => typeof v === 'string') : [])

function parseOrNothing(read: () => unknown): unknown {
  try {
    return read()
  } catch {
    return undefined // Not ours to report: the package manager names the file and the place.
  }
}
