import { constants, existsSync, readdirSync, realpathSync, statSync } from 'node:fs'
import { chmod, copyFile, link, mkdir, rm, symlink } from 'node:fs/promises'
import { delimiter, dirname, join } from 'node:path'
import { satisfies } from 'semver'
import type { RuntimeWish } from '../../model/plug.ts'
import { LandfallError } from '../error.ts'
import { exec } from '../exec.ts'
import { fetchPackage } from '../fetch-package.ts'
import { npmFor } from './provide-package-manager.ts'
import { compose, type ProvideOptions, type Runtime, runtimesOf, writeStarter } from './runtime-folder.ts'

interface Found {
  version: string
  /** A Node of this machine; absent where it already is in runtimes/. */
  file?: string
}

/** The Node that runs us or one on PATH where it is in the range; else one that was fetched before; else one from the registry. */
export async function provideNode(wish: RuntimeWish, home: string, options: ProvideOptions): Promise<Runtime> {
  const found = (await onMachine(wish.version)) ?? installed(home, wish.version)
  if (found) return { bin: await install(home, found, options), version: found.version }
  const platform = `${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`
  const said = wish.from ? ` (${wish.from})` : ''
  options.say(`Node ${wish.version}${said} is not on this machine: it comes from the npm registry`)
  const into = runtimesOf(home)
  const cache = join(home, 'cache', 'downloads')
  const wanted = { name: `node-${platform}`, version: wish.version, into, cache, signal: options.signal, say: options.say }
  const { version, folder } = await fetchPackage(wanted).catch((error: unknown) => {
    if (!(error instanceof LandfallError) || error.code !== 'E_FETCH') throw error
    const message = `Node ${wish.version}${said} is not on this machine, and could not be fetched: ${error.message}`
    const hint = `install it and put it on PATH, or ask for ${process.versions.node}, which is here`
    throw new LandfallError({ code: 'E_RUNTIME', message, ...(error.detail && { detail: error.detail }), hint, cause: error })
  })
  return { bin: await install(home, { version, file: join(folder, 'bin/node') }, options), version }
}

async function onMachine(range: string): Promise<Found | undefined> {
  const own = { version: process.versions.node, file: process.execPath }
  if (satisfies(own.version, range)) return own
  const folders = (process.env.PATH ?? '').split(delimiter).filter((f) => f.startsWith('/'))
  const files = [
    ...new Set(
      [...folders, '/usr/local/bin', '/usr/bin']
        .map((f) => join(f, 'node'))
        .filter(isProgram)
        .map((f) => realpathSync(f)),
    ),
  ]
  for (const file of files) {
    const version = await versionOf(file)
    if (version && satisfies(version, range)) return { version, file }
  }
  return undefined
}

function installed(home: string, range: string): Found | undefined {
  const versions = readdirSync(runtimesOf(home)).flatMap((n) => /^node-(\d+\.\d+\.\d+)$/.exec(n)?.[1] ?? [])
  const version = versions
    .filter((v) => satisfies(v, range))
    .sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))
    .at(-1)
  return version === undefined ? undefined : { version }
}

async function install(home: string, { version, file }: Found, options: ProvideOptions): Promise<string> {
  const folder = join(runtimesOf(home), `node-${version}`)
  if (existsSync(join(folder, 'bin/npm'))) return join(folder, 'bin')
  if (!file) return join(folder, 'bin')
  const npm = await npmFor(version, home, options)
  await compose(home, `node-${version}`, async (aside) => {
    await mkdir(join(aside, 'bin'), { mode: 0o755 })
    await take(file, join(aside, 'bin/node'))
    if ((await versionOf(join(aside, 'bin/node'))) !== version) {
      throw new LandfallError({
        code: 'E_RUNTIME',
        message: `a copy of ${file} does not run`,
        hint: 'install Node from nodejs.org',
      })
    }
    // For packages that are compiled when they are installed.
    const include = join(dirname(dirname(realpathSync(file))), 'include')
    if (existsSync(join(include, 'node/node_version.h'))) await symlink(include, join(aside, 'include'))
    await writeStarter(join(aside, 'bin/npm'), join(npm, 'bin/npm-cli.js'), true)
    await writeStarter(join(aside, 'bin/npx'), join(npm, 'bin/npx-cli.js'), true)
  })
  return join(folder, 'bin')
}

/** The same bytes under another name, where the disk is the same: an update of the machine puts a new file in place of the old. */
async function take(file: string, to: string): Promise<void> {
  const source = realpathSync(file)
  try {
    await link(source, to)
    if ((statSync(to).mode & 0o555) === 0o555) return
    await rm(to)
  } catch {
    // Another disk, or a kernel that does not let us: a copy does as well.
  }
  await copyFile(source, to, constants.COPYFILE_FICLONE)
  await chmod(to, 0o755)
}

const versions = new Map<string, string | undefined>()
async function versionOf(file: string): Promise<string | undefined> {
  const { ino, mtimeMs } = statSync(file)
  const key = `${file}:${ino}:${mtimeMs}`
  if (!versions.has(key)) {
    const asked = await exec(file, ['--version'], { timeoutSeconds: 20, env: {} }).catch(() => undefined) // Not one that runs here.
    versions.set(key, /^v(\d+\.\d+\.\d+)\s*$/.exec(asked?.stdout ?? '')?.[1])
  }
  return versions.get(key)
}

function isProgram(path: string): boolean {
  const found = statSync(path, { throwIfNoEntry: false })
  return found?.isFile() === true && (found.mode & 0o111) !== 0
}
