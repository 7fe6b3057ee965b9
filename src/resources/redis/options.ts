import {
  envNameOf,
  findingsOf,
  isMapping,
  isWhole,
  type Say,
  saysNothing,
  sayUnknownKeys,
  sizeMiBOf,
} from '../../lib/option-reader.ts'
import { show } from '../../lib/show.ts'
import type { Environment, Resource } from '../../model/app.ts'
import type { Finding } from '../../model/finding.ts'
import { configProblems } from './config-rules.ts'
import { describeServers, type Found, findServer, findServers, INSTALL, OLDEST } from './find-server.ts'

export interface Options {
  /** Version wanted, such as `7` or `7.2`; absent: whatever the machine has. */
  version?: string
  isKept: boolean
  maxMemoryMiB?: number
  /** Text of the app's own configuration file. */
  config?: string
  /** Stored value with the URL of a server that is not ours. */
  urlFrom?: string
}

/** `startEmpty` is the planner's: it is allowed for every resource that keeps data. */
const KEYS = ['version', 'persistence', 'maxMemory', 'config', 'url', 'startEmpty']

/** The options as far as they are right; `checkOptions` says what is wrong with the rest. */
export function readOptions(resource: Resource): Options {
  return read(resource.options, saysNothing)
}

export function checkOptions(resource: Resource, environment: Environment | undefined, there = findServers): Finding[] {
  return findingsOf((say) => {
    const options = read(resource.options, say)
    if (environment && options.urlFrom === undefined) sayMissingServer(options.version, there(), say)
  })
}

function read(given: Record<string, unknown>, say: Say): Options {
  const options: Options = { isKept: true }
  sayUnknownKeys('redis', given, KEYS, say)
  const { version, persistence, maxMemory, config, url } = given
  if (version !== undefined) {
    const text = typeof version === 'number' || typeof version === 'string' ? String(version) : ''
    if (/^\d{1,2}(\.\d{1,2})?$/.test(text)) options.version = text
    else say('error', 'E_VERSION', 'version', `version must be a number such as 7 or 7.2, not ${show(version)}`)
  }
  if (persistence === 'aof' || persistence === 'none') options.isKept = persistence === 'aof'
  else if (persistence !== undefined) {
    const hint = '`aof`: every write is kept, over a crash too; `none`: a restart starts empty'
    say('error', 'E_TYPE', 'persistence', `persistence must be \`aof\` or \`none\`, not ${show(persistence)}`, hint)
  }
  if (maxMemory !== undefined) {
    const size = sizeMiBOf(maxMemory)
    if (isWhole(size, 1, 1024 * 1024)) options.maxMemoryMiB = size
    else say('error', 'E_RANGE', 'maxMemory', `maxMemory must be a size such as 256Mi, not ${show(maxMemory)}`)
  }
  if (config !== undefined) readConfig(config, options, say)
  if (url !== undefined) {
    const name = envNameOf(url)
    const hint = 'write `url: { env: REDIS_URL }` and set it with `landfall env set REDIS_URL`'
    if (name) options.urlFrom = name
    else say('error', 'E_TYPE', 'url', 'url must name the variable that holds the address: it has a password in it', hint)
  }
  return options
}

/** A path in the manifest; its text has been read by the time that the options come here. */
function readConfig(given: unknown, options: Options, say: Say): void {
  const { path, text } = isMapping(given) ? given : {}
  if (typeof path !== 'string' || typeof text !== 'string') {
    const isPath = typeof given === 'string'
    const message = isPath ? `${show(given)} was not read` : `config must be the path of a file, not ${show(given)}`
    say(
      'error',
      isPath ? 'E_FILE' : 'E_TYPE',
      'config',
      message,
      'write `config: redis.conf`, a file in the folder of landfall.yaml',
    )
    return
  }
  for (const problem of configProblems(text, options.maxMemoryMiB !== undefined)) {
    say('error', 'E_CONFIG', 'config', `${show(path)} ${problem}`)
  }
  options.config = text
}

function sayMissingServer(wish: string | undefined, there: Found[], say: Say): void {
  if (findServer(there, wish)) return
  const other = 'or give `url: { env: REDIS_URL }`: then Landfall starts no server and hands on the address that is set there'
  if (there.length === 0) {
    say('error', 'E_NO_SERVER', '', 'neither redis-server nor valkey-server is on this machine', `${INSTALL}, ${other}`)
    return
  }
  const message = `this machine has ${describeServers(there)}, and ${wish ? `version ${wish}` : `${OLDEST} or newer`} is needed`
  say('error', 'E_VERSION', wish ? 'version' : '', message, `install another one, ${other}`)
}
