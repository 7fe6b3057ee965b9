import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { chmod, cp, link, mkdir, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { satisfies, valid } from 'semver'
import { LandfallError } from '../error.ts'
import { fetchPackage } from '../fetch-package.ts'
import { findNpm } from '../find-npm.ts'
import { compose, type ProvideOptions, type Runtime, runtimesOf, writeStarter } from './runtime-folder.ts'

type Name = 'npm' | 'pnpm' | 'yarn'
/** Programs of each, by the file in its package that they start. */
const PROGRAMS: Record<Name, string[]> = { npm: ['npm', 'npx'], pnpm: ['pnpm', 'pnpx'], yarn: ['yarn', 'yarnpkg'] }

export async function providePackageManager(name: Name, range: string, home: string, options: ProvideOptions): Promise<Runtime> {
  const there = installed(name, range, home)
  if (there) return { bin: join(runtimesOf(home), `${name}-${there}`, 'bin'), version: there }
  const { version, folder } = await fetch(packageOf(name, range), range, home, options)
  const native = await nativeOf(name, version, folder, home, options)
  await compose(home, `${name}-${version}`, async (aside) => {
    await mkdir(join(aside, 'bin'), { mode: 0o755 })
    const [program = name] = PROGRAMS[name]
    if (native) return takeNative(aside, folder, native, program)
    const files = binsOf(folder)
    for (const each of PROGRAMS[name]) {
      const file = files[each]
      if (file) await writeStarter(join(aside, 'bin', each), join(folder, file), true)
    }
  })
  return { bin: join(runtimesOf(home), `${name}-${version}`, 'bin'), version }
}

function installed(name: Name, range: string, home: string): string | undefined {
  const start = `${name}-`
  const names = readdirSync(runtimesOf(home))
    .filter((n) => n.startsWith(start))
    .map((n) => n.slice(start.length))
  return names
    .filter((v) => valid(v) && satisfies(v, range))
    .sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))
    .at(-1)
}

/** yarn from 2 on is published under another name. */
const packageOf = (name: Name, range: string) => (name === 'yarn' && !/^[~^=v]*1(\.|$)/.test(range) ? '@yarnpkg/cli-dist' : name)

function fetch(name: string, version: string, home: string, { signal, say }: ProvideOptions) {
  const wish = { name, version, into: runtimesOf(home), cache: join(home, 'cache', 'downloads'), signal, say }
  return fetchPackage(wish).catch((error: unknown) => {
    if (!(error instanceof LandfallError) || error.code !== 'E_FETCH') throw error
    const { detail, hint } = error
    throw new LandfallError({
      code: 'E_RUNTIME',
      message: error.message,
      ...(detail && { detail }),
      ...(hint && { hint }),
      cause: error,
    })
  })
}

function binsOf(folder: string): Record<string, string> {
  const { bin } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { bin?: Record<string, string> | string }
  return typeof bin === 'object' ? bin : {}
}

/** pnpm from 12 on is a program of its own: the package of that name holds the place that an install script would fill. */
async function nativeOf(
  name: Name,
  version: string,
  folder: string,
  home: string,
  options: ProvideOptions,
): Promise<string | undefined> {
  const file = binsOf(folder)[name]
  if (name !== 'pnpm' || !file || /\.[cm]?js$/.test(file)) return undefined
  const musl = process.platform === 'linux' && !isGlibc() ? '-musl' : ''
  const { folder: native } = await fetch(`@pnpm/exe.${process.platform}-${process.arch}${musl}`, version, home, options)
  return join(native, 'pnpm')
}

/** Beside what else its package holds, where it looks for it. */
async function takeNative(aside: string, folder: string, native: string, program: string): Promise<void> {
  await cp(folder, join(aside, 'lib'), { recursive: true })
  const place = join(aside, 'lib', program)
  await rm(place, { force: true })
  await link(native, place)
  await chmod(place, 0o755)
  const home = dirname(aside)
  await writeStarter(join(aside, 'bin', program), join(home, `${program}-${versionIn(folder)}`, 'lib', program), false)
}

const versionIn = (folder: string) =>
  (JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string }).version

function isGlibc(): boolean {
  const { header } = process.report.getReport() as { header?: { glibcVersionRuntime?: string } }
  return header?.glibcVersionRuntime !== undefined
}

/** Folder of an npm that works with this Node: the machine's own, else one from the registry. */
export async function npmFor(node: string, home: string, options: ProvideOptions): Promise<string> {
  const own = ownNpm(node)
  if (own) {
    const name = `npm@${own.version}`
    // A copy, so that an update of the machine does not change what is built and run with it.
    if (!existsSync(join(runtimesOf(home), name))) {
      await compose(home, name, (aside) => cp(own.folder, aside, { recursive: true, dereference: true }))
    }
    return join(runtimesOf(home), name)
  }
  const range = NPM_BY_NODE.find(([engines]) => satisfies(node, engines))?.[1] ?? '8'
  return (await fetch('npm', range, home, options)).folder
}
const NPM_BY_NODE = [
  ['^20.17.0 || >=22.9.0', '11'],
  ['^18.17.0 || >=20.5.0', '10'],
  ['^14.17.0 || ^16.13.0 || >=18.0.0', '9'],
] as const

function ownNpm(node: string): { folder: string; version: string } | undefined {
  let file: string | undefined
  try {
    file = findNpm().args[0]
  } catch {
    return undefined // None on this machine: the registry has it.
  }
  if (!file?.endsWith('bin/npm-cli.js')) return undefined
  const folder = dirname(dirname(file))
  const json = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string; engines?: { node?: string } }
  // Debian's own npm has its packages elsewhere: a copy of it alone does not run.
  const isWhole = existsSync(join(folder, 'node_modules/@npmcli/arborist'))
  return isWhole && satisfies(node, json.engines?.node ?? '*') ? { folder, version: json.version } : undefined
}
