import { nearest } from '../../lib/nearest.ts'
import { show } from '../../lib/show.ts'
import type { Environment, Resource } from '../../model/app.ts'
import type { Finding, Level } from '../../model/finding.ts'
import { EXTENSIONS } from './extensions.ts'
import { DEFAULT_MAJOR, isMajor, MAJORS, RELEASES } from './versions.ts'

export interface Options {
  major: string
  extensions: string[]
  connections: number
  sharedBuffersMiB: number
  /** Stored value with the URL of a server that is not ours. */
  urlFrom?: string
}

/** `startEmpty` is the planner's: it is allowed for every resource that keeps data. */
const KEYS = ['version', 'extensions', 'connections', 'sharedBuffers', 'url', 'startEmpty']
const DAY_MS = 86_400_000

/** The options as far as they are right; `checkOptions` says what is wrong with the rest. */
export function readOptions(resource: Resource): Options {
  return read(resource.options, () => {})
}

export function checkOptions(resource: Resource, environment: Environment | undefined, today: Date): Finding[] {
  const findings: Finding[] = []
  const options = read(resource.options, (level, code, at, message, hint) =>
    findings.push({ level, code, at, message, ...(hint && { hint }) }),
  )
  if (options.urlFrom === undefined) findings.push(...ageOf(options.major, today), ...protection(environment))
  return findings
}

type Say = (level: Level, code: string, at: string, message: string, hint?: string) => void

function read(given: Record<string, unknown>, say: Say): Options {
  const options: Options = { major: DEFAULT_MAJOR, extensions: [], connections: 100, sharedBuffersMiB: 32 }
  for (const key of Object.keys(given)) {
    if (KEYS.includes(key)) continue
    const near = nearest(key, KEYS)
    const hint = near ? `did you mean \`${near}\`?` : `known keys: ${KEYS.join(', ')}`
    say('error', 'E_UNKNOWN_KEY', key, `postgres has no option ${show(key)}`, hint)
  }
  const { version, extensions, connections, sharedBuffers, url } = given
  if (version !== undefined) {
    const major = typeof version === 'number' || typeof version === 'string' ? String(version) : ''
    if (isMajor(major)) options.major = major
    else say('error', 'E_VERSION', 'version', `there is no PostgreSQL ${show(version)} here`, `write one of ${MAJORS.join(', ')}`)
  }
  if (extensions !== undefined) options.extensions = readExtensions(extensions, say)
  if (connections !== undefined) {
    if (isWhole(connections, 10, 1000)) options.connections = connections
    else say('error', 'E_RANGE', 'connections', `connections must be a whole number from 10 to 1000, not ${show(connections)}`)
  }
  if (sharedBuffers !== undefined) {
    const size = sizeMiB(sharedBuffers)
    if (isWhole(size, 1, 65_536)) options.sharedBuffersMiB = size
    else say('error', 'E_RANGE', 'sharedBuffers', `sharedBuffers must be 1Mi to 64Gi, such as 128Mi, not ${show(sharedBuffers)}`)
  }
  if (url !== undefined) readUrl(url, options, say)
  return options
}

function readExtensions(given: unknown, say: Say): string[] {
  if (!Array.isArray(given)) {
    say('error', 'E_TYPE', 'extensions', `extensions must be a list of names, not ${show(given)}`)
    return []
  }
  given.forEach((name, i) => {
    if (typeof name === 'string' && EXTENSIONS.has(name)) return
    const near = typeof name === 'string' ? nearest(name, EXTENSIONS) : undefined
    const other = 'only what PostgreSQL itself brings along is here; for others give `url:` of a server that has them'
    const hint = near ? `did you mean \`${near}\`? ${other}` : other
    say('error', 'E_EXTENSION', `extensions[${i}]`, `there is no extension ${show(name)} here`, hint)
  })
  return [...new Set(given.filter((name): name is string => typeof name === 'string' && EXTENSIONS.has(name)))].sort()
}

function readUrl(url: unknown, options: Options, say: Say): void {
  const name = typeof url === 'object' && url !== null && 'env' in url ? url.env : undefined
  if (typeof name !== 'string' || !/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
    const hint = 'write `url: { env: DATABASE_URL }` and set it with `landfall env set DATABASE_URL=…`'
    say('error', 'E_TYPE', 'url', 'url must name the variable that holds the address: it has a password in it', hint)
    return
  }
  options.urlFrom = name
  // The rest is what another environment's own server is made from.
  if (options.extensions.length === 0) return
  const hint = `run \`create extension\` there for ${options.extensions.join(', ')}`
  say('warning', 'W_IGNORED', 'extensions', 'extensions are not made on a server that `url` names', hint)
}

function ageOf(major: string, today: Date): Finding[] {
  const { endOfLife } = RELEASES[major]!
  const daysLeft = (Date.parse(endOfLife) - today.getTime()) / DAY_MS
  if (daysLeft > 180) return []
  const verb = daysLeft < 0 ? 'ended' : 'ends'
  const message = `support of PostgreSQL ${major} ${verb} on ${endOfLife}`
  const hint = `add a second resource with \`version: ${DEFAULT_MAJOR}\` under another name and copy the data over`
  return [{ level: 'warning', code: 'W_END_OF_LIFE', at: 'version', message, hint }]
}

function protection(environment: Environment | undefined): Finding[] {
  if (!environment?.isProtected) return []
  const message = `${environment.name} is protected, and this server's minor releases come some weeks after PostgreSQL's own`
  const hint = 'for data that must not be lost consider a server that somebody looks after: `url: { env: DATABASE_URL }`'
  return [{ level: 'warning', code: 'W_BUNDLED_SERVER', at: '', message, hint }]
}

function isWhole(value: unknown, least: number, most: number): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most
}

function sizeMiB(value: unknown): number | undefined {
  const match = typeof value === 'string' ? /^(\d{1,6})(Mi|MB|Gi|GB)$/.exec(value) : null
  return match ? Number(match[1]) * (match[2]!.startsWith('G') ? 1024 : 1) : undefined
}
