import { envNameOf, findingsOf, isMapping, type Say, saysNothing, sayUnknownKeys } from '../../lib/option-reader.ts'
import { show } from '../../lib/show.ts'
import type { Environment, Resource } from '../../model/app.ts'
import type { Finding } from '../../model/finding.ts'
import type { Value } from '../../model/value.ts'
import { type Prefix, readPrefixes } from './prefixes.ts'

export interface Options {
  /** Of the bucket, where it is our own. */
  name: string
  /** A bucket of somebody else's; absent: our own. */
  external?: External
  prefixes: Prefix[]
  /** Volume that is used where the variables of the external bucket are not set. */
  fallback?: string
}
export interface External {
  endpoint: Value
  region: Value
  name: Value
  accessKey: Value
  secretKey: Value
  /** Where browsers get its objects; absent: at its endpoint. */
  customDomain?: Value
  isR2: boolean
}

/** `startEmpty` is the planner's: it is allowed for every resource that keeps data. */
const KEYS = [
  'name',
  'provider',
  'endpoint',
  'accountId',
  'region',
  'bucket',
  'accessKey',
  'secretKey',
  'customDomain',
  'prefixes',
  'fallback',
  'startEmpty',
]
/** What an app calls them that was written for Cloudflare R2; each may be named otherwise. */
const R2 = {
  accountId: { env: 'CLOUDFLARE_R2_ACCOUNT_ID' },
  bucket: { env: 'CLOUDFLARE_R2_BUCKET_NAME' },
  accessKey: { env: 'CLOUDFLARE_R2_ACCESS_KEY_ID' },
  secretKey: { env: 'CLOUDFLARE_R2_SECRET_ACCESS_KEY' },
  customDomain: { env: 'CLOUDFLARE_R2_CUSTOM_DOMAIN' },
}
const NAME = /^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/
const EXAMPLE =
  '`endpoint: { env: S3_ENDPOINT }, bucket: { env: S3_BUCKET }, accessKey: { env: S3_KEY }, secretKey: { env: S3_SECRET }`'

/** The options as far as they are right; `checkOptions` says what is wrong with the rest. */
export function readOptions(resource: Resource): Options {
  return read(resource, saysNothing)
}

export function checkOptions(resource: Resource, environment: Environment | undefined): Finding[] {
  return findingsOf((say) => {
    const { fallback } = read(resource, say)
    if (!environment?.isProtected || fallback || isExternal(withProvider(resource.options))) return
    const message = `${environment.name} is protected, and this bucket is one for development and tests: one disk, and reached from this machine alone`
    say('warning', 'W_EMBEDDED_BUCKET', '', message, `name a bucket that somebody looks after: ${EXAMPLE}`)
  })
}

/** One of these is enough to know what was meant; that the others are missing is then an error. */
const isExternal = (given: Record<string, unknown>) =>
  ['endpoint', 'accountId', 'bucket', 'accessKey', 'secretKey'].some((key) => given[key] !== undefined)

/** `provider: r2` is short for the five names; what is written beside it wins. */
function withProvider(given: Record<string, unknown>): Record<string, unknown> {
  if (given.provider !== 'r2') return given
  const { accountId: _, ...withoutAccount } = R2
  return { ...(given.endpoint === undefined ? R2 : withoutAccount), ...given }
}

function read({ name: resourceName, options: written }: Resource, say: Say): Options {
  const given = withProvider(written)
  // A bucket's name has at least three characters.
  const options: Options = { name: resourceName.length < 3 ? `${resourceName}-bucket` : resourceName, prefixes: [] }
  sayUnknownKeys('bucket', given, KEYS, say)
  if (given.provider !== undefined && given.provider !== 'r2') {
    say('error', 'E_TYPE', 'provider', `provider must be \`r2\`, not ${show(given.provider)}`, `for others write ${EXAMPLE}`)
  }
  const { name } = given
  if (name !== undefined) {
    if (isExternal(given)) say('error', 'E_CONFLICT', 'name', 'the name of a bucket that is not ours stands in `bucket`')
    else if (typeof name === 'string' && NAME.test(name)) options.name = name
    else say('error', 'E_NAME', 'name', `name must be 3 to 63 of a-z, 0-9 and -, not ${show(name)}`)
  }
  if (isExternal(given)) {
    const external = readExternal(given, say)
    if (external) options.external = external
  } else if (given.customDomain !== undefined) {
    say(
      'error',
      'E_CONFLICT',
      'customDomain',
      'a domain belongs to a bucket that is not ours; ours is reached from this machine alone',
    )
  } else if (given.region !== undefined) {
    say(
      'error',
      'E_CONFLICT',
      'region',
      'a region belongs to a bucket that is not ours, and `endpoint` and the others are missing',
      EXAMPLE,
    )
  }
  if (given.prefixes !== undefined) options.prefixes = readPrefixes(given.prefixes, options.external !== undefined, say)
  if (given.fallback !== undefined) {
    const fallback = readFallback(given.fallback, say)
    if (fallback) options.fallback = fallback
  }
  return options
}

/** `{ volume: media }`, or nothing that could be meant. */
function readFallback(given: unknown, say: Say): string | undefined {
  const volume = isMapping(given) && Object.keys(given).length === 1 ? given.volume : undefined
  if (typeof volume === 'string') return volume
  const hint = 'write `fallback: { volume: media }`, and `media: { type: volume }` under `resources`'
  say('error', 'E_TYPE', 'fallback', `fallback must name a volume, not ${show(given)}`, hint)
  return undefined
}

function readExternal(given: Record<string, unknown>, say: Say): External | undefined {
  const { endpoint, accountId, region } = given
  const missing = ['bucket', 'accessKey', 'secretKey'].filter((key) => given[key] === undefined)
  if (endpoint === undefined && accountId === undefined) missing.unshift('endpoint')
  if (missing.length > 0) {
    const message = `a bucket that is not ours has all of endpoint, bucket, accessKey and secretKey; ${missing.join(' and ')} is missing`
    say('error', 'E_MISSING', '', message, `write ${EXAMPLE}; for Cloudflare R2 \`accountId\` in place of \`endpoint\``)
  }
  if (endpoint !== undefined && accountId !== undefined) {
    say('error', 'E_CONFLICT', 'accountId', 'accountId says the endpoint, and `endpoint` says another one')
  }
  const isR2 = accountId !== undefined
  const values = {
    endpoint: isR2 ? r2Endpoint(accountId, say) : endpointValue(endpoint, say),
    name: textOrName('bucket', given.bucket, NAME_OR_DOTS, say),
    accessKey: textOrName('accessKey', given.accessKey, undefined, say),
    secretKey: textOrName('secretKey', given.secretKey, undefined, say, true),
    region: region === undefined ? text(isR2 ? 'auto' : 'us-east-1') : textOrName('region', region, /^[a-z0-9-]{1,64}$/, say),
    customDomain: given.customDomain === undefined ? undefined : textOrName('customDomain', given.customDomain, DOMAIN, say),
  }
  const { endpoint: at, name, accessKey, secretKey, region: where, customDomain } = values
  if (!at || !name || !accessKey || !secretKey || !where) return undefined
  return { endpoint: at, region: where, name, accessKey, secretKey, isR2, ...(customDomain && { customDomain }) }
}

/** Without a scheme: browsers get objects over https. */
const DOMAIN = /^(?=.{4,253}$)[a-z0-9-]+(\.[a-z0-9-]+)+$/

const NAME_OR_DOTS = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/
const text = (value: string): Value => ({ type: 'text', text: value })

/** A name of a variable, or where that is harmless the text itself. */
function textOrName(key: string, given: unknown, pattern: RegExp | undefined, say: Say, secret = false): Value | undefined {
  if (given === undefined) return undefined
  const name = envNameOf(given)
  if (name) return { type: 'stored', name, secret }
  if (pattern && typeof given === 'string' && pattern.test(given)) return text(given)
  const what = pattern ? 'a text or `{ env: NAME }`' : '`{ env: NAME }`: keys stand in no manifest'
  say(
    'error',
    'E_TYPE',
    key,
    `${key} must be ${what}`,
    `write \`${key}: { env: ${secret ? 'S3_SECRET' : 'S3_KEY'} }\` and set it with \`landfall env set\``,
  )
  return undefined
}

function endpointValue(given: unknown, say: Say): Value | undefined {
  if (given === undefined) return undefined
  const name = envNameOf(given)
  if (name) return { type: 'stored', name, secret: false }
  const url = typeof given === 'string' && URL.canParse(given) ? new URL(given) : undefined
  const isPlain =
    url && /^https?:$/.test(url.protocol) && url.username === '' && url.password === '' && url.search === '' && url.hash === ''
  if (isPlain && !isMapping(given)) return text(String(given).replace(/\/$/, ''))
  say(
    'error',
    'E_URL',
    'endpoint',
    'endpoint must be an address such as https://s3.example.com, without a password, or `{ env: NAME }`',
  )
  return undefined
}

function r2Endpoint(accountId: unknown, say: Say): Value | undefined {
  const id = textOrName('accountId', accountId, /^[0-9a-f]{32}$/, say)
  return id && { type: 'join', parts: [text('https://'), id, text('.r2.cloudflarestorage.com')] }
}
