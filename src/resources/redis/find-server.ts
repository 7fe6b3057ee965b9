import { spawnSync } from 'node:child_process'
import { accessSync, constants, realpathSync, statSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'

export interface Found {
  file: string
  flavour: 'redis' | 'valkey'
  /** As the server calls itself, such as `7.0.15`. */
  version: string
}

/** Redis first: where a machine has both, its data was probably written by that. */
export const PROGRAMS = ['redis-server', 'valkey-server']
/** Beyond PATH: where distributions put servers. The start program looks in the same ones. */
export const FOLDERS = ['/usr/local/bin', '/usr/bin', '/usr/local/sbin', '/usr/sbin', '/opt/homebrew/bin', '/opt/local/bin']
/** Older ones have no access lists. */
export const OLDEST = '6.0'
export const INSTALL =
  '`landfall doctor --fix` installs one after asking, or apt-get install redis-server (Fedora, Alpine, newer Debian: valkey)'

/** The servers of this machine that the uid of servers may run. */
export function findServers(folders: string[] = searched()): Found[] {
  const files = PROGRAMS.flatMap((name) => folders.map((folder) => join(folder, name))).filter(isOpenToAll)
  return files.map(ask).filter((found) => found !== undefined)
}

function searched(): string[] {
  const folders = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder.startsWith('/'))
  return [...new Set([...folders, ...FOLDERS])]
}

/** The first one that is new enough and, where a version is wished (`7` or `7.2`), of that. */
export function findServer(there: Found[], wish?: string): Found | undefined {
  return there.find(({ version }) => !isOlder(version, OLDEST) && (!wish || `${version}.`.startsWith(`${wish}.`)))
}

export function describeServers(there: Found[]): string {
  return there.map(({ file, flavour, version }) => `${flavour} ${version} (${file})`).join(', ')
}

export function isOlder(version: string, than: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const [leastMajor = 0, leastMinor = 0] = than.split('.').map(Number)
  return major < leastMajor || (major === leastMajor && minor < leastMinor)
}

const known = new Map<string, Found | undefined>()
function ask(file: string): Found | undefined {
  const { ino, mtimeMs } = statSync(file)
  const key = `${file}:${ino}:${mtimeMs}`
  if (!known.has(key)) known.set(key, read(file))
  return known.get(key)
}

/** `Redis server v=7.0.15 sha=…`, `Valkey server v=8.1.1 …`; the first Valkeys say only `Server v=7.2.5 …`. */
function read(file: string): Found | undefined {
  const { stdout } = spawnSync(file, ['--version'], { encoding: 'utf8', env: {}, cwd: '/', timeout: 10_000 })
  const version = / v=(\d+\.\d+(\.\d+)?)/.exec(stdout ?? '')?.[1]
  if (!version) return undefined // Not a server that runs here.
  return { file, flavour: /valkey/i.test(`${stdout} ${realpathSync(file)}`) ? 'valkey' : 'redis', version }
}

/** Under root a server has another uid: it must get through every folder on the way. */
function isOpenToAll(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    if (!statSync(file).isFile()) return false
    if (process.getuid?.() !== 0) return true
    const real = realpathSync(file)
    for (let at = real; ; at = dirname(at)) {
      if (!(statSync(at).mode & 0o001)) return false
      if (at === dirname(at)) return true
    }
  } catch {
    return false // Not there.
  }
}
