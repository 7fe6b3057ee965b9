import { posix } from 'node:path'
import { type PackageJson, readPackage, workspacesOf } from '../../lib/build/workspaces.ts'
import type { BuildOptions } from '../../model/app.ts'
import type { Finding } from '../../model/finding.ts'
import type { RuntimeWish, SourceFiles } from '../../model/plug.ts'

export interface Manager {
  name: 'npm' | 'pnpm' | 'yarn'
  /** yarn from 2 on, which has little in common with the first one. */
  isBerry: boolean
  /** Folder that is installed in: the root of the monorepo, or the component's own. */
  base: string
  lockfile?: string
  /** Absent for npm where nobody names a version: the one that fits Node is taken. */
  wish?: RuntimeWish
  findings: Finding[]
}

const LOCKFILES = {
  'package-lock.json': 'npm',
  'npm-shrinkwrap.json': 'npm',
  'pnpm-lock.yaml': 'pnpm',
  'yarn.lock': 'yarn',
} as const
const NAMES = ['npm', 'pnpm', 'yarn'] as const
type Name = Manager['name']

/** Which package manager installs, by `packageManager` of package.json, else by the lockfile. */
export function managerOf(files: SourceFiles, options: BuildOptions): Manager {
  const base = installFolder(files, options)
  const json = readPackage(files, base)
  const at = posix.join(base, 'package.json')
  const locks = Object.entries(LOCKFILES).filter(([file]) => files.names.has(posix.join(base, file)))
  const named = namedIn(json)
  const kinds = [...new Set(locks.map(([, kind]) => kind))].sort()
  const name: Name = named?.name ?? kinds[0] ?? 'npm'
  const lockfile = locks.find(([, kind]) => kind === name)?.[0]
  const wish = wishOf(name, named?.version, lockfile && files.text(posix.join(base, lockfile)), json, at)
  const isBerry = name === 'yarn' && wish !== undefined && !/^[~^=v]*1(\.|$)/.test(wish.version)
  const manager: Manager = { name, isBerry, base, ...(lockfile && { lockfile }), ...(wish && { wish }), findings: [] }
  manager.findings.push(...findings(files, manager, { named, kinds, json, at }))
  return manager
}

/** The root of the monorepo where the component is a package of it: there the lockfile lies. */
function installFolder(files: SourceFiles, { workspace = '.' }: BuildOptions): string {
  return workspace !== '.' && workspacesOf(files).includes(workspace) ? '.' : workspace
}

function namedIn(json: PackageJson | undefined): { name: Name; version: string } | undefined {
  const match = /^(npm|pnpm|yarn)@([^+]+)/.exec(String(json?.packageManager ?? ''))
  const name = NAMES.find((n) => n === match?.[1])
  return name && match?.[2] ? { name, version: match[2] } : undefined
}

function wishOf(name: Name, version: string | undefined, lock: string | undefined, json: PackageJson | undefined, from: string) {
  const wished = version ?? json?.engines?.[name]
  if (wished) return { name, version: wished, from }
  if (name === 'pnpm') return { name, version: pnpmFor(lock) }
  if (name === 'yarn') return { name, version: lock?.includes('__metadata:') ? '4' : '1' }
  return undefined
}

/** The newest one that reads the lockfile as it stands. */
function pnpmFor(lock: string | undefined): string {
  const format = /^lockfileVersion:\s*['"]?(\d+)/m.exec(lock ?? '')?.[1]
  return format === '5' ? '7' : format === '6' ? '8' : '10'
}

interface Seen {
  named: { name: Name; version: string } | undefined
  kinds: Name[]
  json: PackageJson | undefined
  at: string
}

function findings(files: SourceFiles, manager: Manager, { named, kinds, json, at }: Seen): Finding[] {
  const { name, base, lockfile, wish } = manager
  const found: Finding[] = []
  const add = (level: Finding['level'], code: string, message: string, hint: string) =>
    found.push({ level, code, at, message, hint })
  const other = /^(\w+)@/.exec(String(json?.packageManager ?? ''))?.[1]
  const bun = ['bun.lock', 'bun.lockb'].find((file) => files.names.has(posix.join(base, file)))
  if ((other && !named) || (bun && kinds.length === 0)) {
    add(
      'error',
      'E_PACKAGE_MANAGER',
      `${other ?? 'bun'} is not installed with here`,
      'use npm, pnpm or yarn, or the `command` builder',
    )
    return found
  }
  if (!named && kinds.length > 1) {
    const hint = 'delete those that are not kept up to date, or set `packageManager` in package.json'
    add('error', 'E_TWO_LOCKFILES', `there are lockfiles of ${kinds.join(' and ')}`, hint)
  } else if (named && !lockfile && kinds.length > 0) {
    const hint = `run \`${name} install\` and commit its lockfile, or correct \`packageManager\``
    add('error', 'E_LOCKFILE_OTHER', `packageManager is ${name}, and the lockfile is one of ${kinds.join(' and ')}`, hint)
  } else if (!lockfile) {
    const hint = `run \`${name} install\` and commit the lockfile that it writes`
    add('warning', 'W_NO_LOCKFILE', 'without a lockfile every build may get other packages, and none can be taken again', hint)
  }
  if (wish && !wish.from && (name === 'pnpm' || manager.isBerry)) {
    const hint = `set "packageManager": "${name}@<the version you use>" in package.json`
    add(
      'warning',
      'W_RUNTIME_UNPINNED',
      `nothing says which ${name} this needs: ${wish.version} is used, as its lockfile looks`,
      hint,
    )
  }
  return found
}
