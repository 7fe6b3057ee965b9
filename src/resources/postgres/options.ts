import { nearest } from '../../lib/nearest.ts'
import { envNameOf, isWhole, type Say, saysNothing, sayUnknownKeys, sizeMiBOf } from '../../lib/option-reader.ts'
import { show } from '../../lib/show.ts'
import type { Environment, Resource } from '../../model/app.ts'
import type { Finding } from '../../model/finding.ts'
import { EXTENSIONS } from './extensions.ts'
import { describeServers, extensionsOf, type Found, findServer, findServers, installHint } from './find-server.ts'
import { DEFAULT_MAJOR, isMajor, MAJORS, RELEASES } from './versions.ts'

export interface Options {
  major: string
  extensions: string[]
  connections: number
  sharedBuffersMiB: number
  /** The distribution's PostgreSQL, in place of the one that Landfall brings along. */
  isSystem: boolean
  /** Sessions that one instance of a component keeps at most. */
  pool: number
  /** Stored value with the URL of a server that is not ours. */
  urlFrom?: string
  /** Stored value with the URL under which it can only be read. */
  readonlyUrlFrom?: string
}

/** `startEmpty` is the planner's: it is allowed for every resource that keeps data. */
const KEYS = ['version', 'server', 'extensions', 'connections', 'sharedBuffers', 'pool', 'url', 'readonlyUrl', 'startEmpty']
const DAY_MS = 86_400_000
/** What most pools of Node, Python and Ruby keep by themselves. */
const DEFAULT_POOL = 10
const NAME = /^[a-z][a-z0-9_-]{0,62}$/

/** The options as far as they are right; `checkOptions` says what is wrong with the rest. */
export function readOptions(resource: Resource): Options {
  return read(resource.options, saysNothing)
}

export function checkOptions(
  resource: Resource,
  environment: Environment | undefined,
  today: Date,
  there: (major: string) => Found[] = findServers,
): Finding[] {
  const findings: Finding[] = []
  const say: Say = (level, code, at, message, hint) => findings.push({ level, code, at, message, ...(hint && { hint }) })
  const options = read(resource.options, say)
  if (options.urlFrom !== undefined) return findings
  sayAge(options.major, today, say)
  // Without an environment nothing is to be started: the manifest alone is looked at.
  if (environment && options.isSystem) findings.push(...systemFindings(options, there(options.major)))
  if (environment?.isProtected && !options.isSystem) sayEmbedded(environment, options.major, say)
  return findings
}

function read(given: Record<string, unknown>, say: Say): Options {
  const options: Options = {
    major: DEFAULT_MAJOR,
    extensions: [],
    connections: 100,
    sharedBuffersMiB: 32,
    isSystem: given.server === 'system',
    pool: DEFAULT_POOL,
  }
  sayUnknownKeys('postgres', given, KEYS, say)
  const { version, server, extensions, connections, sharedBuffers, pool, url, readonlyUrl } = given
  if (version !== undefined) {
    const major = typeof version === 'number' || typeof version === 'string' ? String(version) : ''
    if (isMajor(major)) options.major = major
    else say('error', 'E_VERSION', 'version', `there is no PostgreSQL ${show(version)} here`, `write one of ${MAJORS.join(', ')}`)
  }
  if (server !== undefined && server !== 'embedded' && server !== 'system') {
    const hint =
      "`embedded`: the one that Landfall brings along; `system`: the distribution's; another one: `url: { env: DATABASE_URL }`"
    say('error', 'E_TYPE', 'server', `server must be \`embedded\` or \`system\`, not ${show(server)}`, hint)
  }
  if (extensions !== undefined) options.extensions = readExtensions(extensions, options.isSystem, say)
  if (connections !== undefined) {
    if (isWhole(connections, 10, 1000)) options.connections = connections
    else say('error', 'E_RANGE', 'connections', `connections must be a whole number from 10 to 1000, not ${show(connections)}`)
  }
  if (sharedBuffers !== undefined) {
    const size = sizeMiBOf(sharedBuffers)
    if (isWhole(size, 1, 65_536)) options.sharedBuffersMiB = size
    else say('error', 'E_RANGE', 'sharedBuffers', `sharedBuffers must be 1Mi to 64Gi, such as 128Mi, not ${show(sharedBuffers)}`)
  }
  if (pool !== undefined) {
    if (isWhole(pool, 1, 500)) options.pool = pool
    else say('error', 'E_RANGE', 'pool', `pool must be a whole number from 1 to 500, not ${show(pool)}`)
  }
  if (url !== undefined) readUrl(url, options, say)
  if (readonlyUrl !== undefined) readReadonlyUrl(readonlyUrl, options, say)
  return options
}

function readExtensions(given: unknown, isSystem: boolean, say: Say): string[] {
  if (!Array.isArray(given)) {
    say('error', 'E_TYPE', 'extensions', `extensions must be a list of names, not ${show(given)}`)
    return []
  }
  // Which ones a server of the distribution has, the machine says.
  const isKnown = (name: unknown): name is string =>
    typeof name === 'string' && (isSystem ? NAME.test(name) : EXTENSIONS.has(name))
  given.forEach((name, i) => {
    if (isKnown(name)) return
    const near = typeof name === 'string' ? nearest(name, EXTENSIONS) : undefined
    const other = 'only what PostgreSQL itself brings along is here; for others `server: system` with their package, or `url:`'
    const hint = near ? `did you mean \`${near}\`? ${other}` : other
    say('error', 'E_EXTENSION', `extensions[${i}]`, `there is no extension ${show(name)} here`, hint)
  })
  return [...new Set(given.filter(isKnown))].sort()
}

function readUrl(url: unknown, options: Options, say: Say): void {
  const name = envNameOf(url)
  if (!name) {
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

function readReadonlyUrl(given: unknown, options: Options, say: Say): void {
  const name = envNameOf(given)
  const hint = 'write `readonlyUrl: { env: DATABASE_READONLY_URL }` beside `url`'
  if (!name) {
    say(
      'error',
      'E_TYPE',
      'readonlyUrl',
      'readonlyUrl must name the variable that holds the address: it has a password in it',
      hint,
    )
  } else if (options.urlFrom === undefined) {
    say(
      'error',
      'E_CONFLICT',
      'readonlyUrl',
      'readonlyUrl belongs to a server that `url` names; ours has a role for reading',
      hint,
    )
  } else options.readonlyUrlFrom = name
}

function sayAge(major: string, today: Date, say: Say): void {
  const { endOfLife } = RELEASES[major]!
  const daysLeft = (Date.parse(endOfLife) - today.getTime()) / DAY_MS
  if (daysLeft > 180) return
  const verb = daysLeft < 0 ? 'ended' : 'ends'
  const hint = `add a second resource with \`version: ${DEFAULT_MAJOR}\` under another name and copy the data over`
  say('warning', 'W_END_OF_LIFE', 'version', `support of PostgreSQL ${major} ${verb} on ${endOfLife}`, hint)
}

function sayEmbedded({ name }: Environment, major: string, say: Say): void {
  const { version, released } = RELEASES[major]!
  const message = `${name} is protected, and PostgreSQL ${version} of ${released} is what Landfall brings along: newer minor releases, with their security fixes, come when Landfall does`
  const hint = `${OWN_KEEPER}, or an address: \`url: { env: DATABASE_URL }\` of a container or a service that somebody looks after`
  say('warning', 'W_EMBEDDED_IN_PRODUCTION', '', message, hint)
}
const OWN_KEEPER = "`server: system` takes the distribution's, which its updates keep current"

function systemFindings({ major, extensions }: Options, there: Found[]): Finding[] {
  const found = findServer(there, major)
  if (!found) {
    const others = there.length > 0 ? `; there is ${describeServers(there)}` : ''
    const message = `PostgreSQL ${major} of the distribution is not on this machine${others}`
    const lacks = `postgresql-${major}`
    return [{ level: 'error', code: 'E_NO_POSTGRES', at: 'server', message, hint: installHint(major), lacks }]
  }
  const known = extensionsOf(found)
  const missing = known ? extensions.filter((wanted) => !known.has(wanted)) : []
  return missing.map((name) => ({
    level: 'error',
    code: 'E_EXTENSION',
    at: 'extensions',
    message: `PostgreSQL ${found.version} of this machine has no extension ${show(name)}`,
    hint: `install the package that has it, such as postgresql-${major}-${name.replace(/^vector$/, 'pgvector')}`,
  }))
}
