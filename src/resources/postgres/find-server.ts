import { spawnSync } from 'node:child_process'
import { accessSync, constants, existsSync, readdirSync, realpathSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** A PostgreSQL of the distribution. */
export interface Found {
  /** Folder of `postgres`, `initdb` and the others. */
  folder: string
  major: string
  /** As the server calls itself, such as `15.18`. */
  version: string
}

/** Where distributions put them; `$` is the major. Debian and Ubuntu, then Fedora's and EL's, Arch, Homebrew. */
const FOLDERS = [
  '/usr/lib/postgresql/$/bin',
  '/usr/pgsql-$/bin',
  '/usr/local/pgsql/bin',
  '/usr/bin',
  '/usr/local/bin',
  '/opt/homebrew/opt/postgresql@$/bin',
]

/** The servers of this machine: that of `major`, and others so that they can be named. */
export function findServers(major: string, places: readonly string[] = FOLDERS): Found[] {
  const majors = [...new Set([major, ...majorsUnder(places)])]
  const folders = places.flatMap((place) => (place.includes('$') ? majors.map((m) => place.replace('$', m)) : [place]))
  const found = folders.filter((folder) => isProgram(join(folder, 'postgres'))).flatMap((folder) => ask(folder) ?? [])
  // The same server under two names is one.
  return found.filter((f, i) => found.findIndex((g) => real(g) === real(f)) === i)
}

export function findServer(there: Found[], major: string): Found | undefined {
  return there.find((found) => found.major === major)
}

export function describeServers(there: Found[]): string {
  return there.map(({ folder, version }) => `PostgreSQL ${version} (${folder})`).join(', ')
}

export function installHint(major: string): string {
  return `\`landfall doctor --fix\` installs it after asking, or \`apt-get install postgresql-${major}\` (Fedora: postgresql-server); its own service is not used and may stay off`
}

/** Names of the extensions that it can make; `undefined` where the folder with them is not known. */
export function extensionsOf({ folder, major }: Found): Set<string> | undefined {
  const places = [
    `/usr/share/postgresql/${major}/extension`,
    join(folder, '../share/extension'),
    join(folder, '../share/postgresql/extension'),
    join(folder, `../share/postgresql@${major}/extension`),
    '/usr/share/pgsql/extension',
  ]
  const place = places.find((path) => existsSync(path))
  if (!place) return undefined
  return new Set(readdirSync(place).flatMap((name) => /^([a-z][a-z0-9_-]*)\.control$/.exec(name)?.[1] ?? []))
}

function majorsUnder(places: readonly string[]): string[] {
  const parents = places.filter((place) => place.includes('/$/')).map((place) => place.slice(0, place.indexOf('/$/')))
  return parents.flatMap((parent) => (existsSync(parent) ? readdirSync(parent) : [])).filter((name) => /^\d{2}$/.test(name))
}

const known = new Map<string, Found | undefined>()
function ask(folder: string): Found | undefined {
  const { ino, mtimeMs } = statSync(join(folder, 'postgres'))
  const key = `${folder}:${ino}:${mtimeMs}`
  if (!known.has(key)) known.set(key, read(folder))
  return known.get(key)
}

/** `postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)`. */
function read(folder: string): Found | undefined {
  const { stdout } = spawnSync(join(folder, 'postgres'), ['--version'], { encoding: 'utf8', env: {}, cwd: '/', timeout: 10_000 })
  const version = /PostgreSQL\) (\d+)(\.\d+)?/.exec(stdout ?? '')
  if (!version?.[1] || !isProgram(join(folder, 'initdb'))) return undefined // Not a server that can be set up here.
  return { folder, major: version[1], version: `${version[1]}${version[2] ?? ''}` }
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return statSync(file).isFile()
  } catch {
    return false // Not there.
  }
}

function real({ folder }: Found): string {
  return realpathSync(join(folder, 'postgres'))
}
