import { envNameOf, findingsOf, isMapping, isWhole, type Say, saysNothing, sayUnknownKeys } from '../../lib/option-reader.ts'
import { show } from '../../lib/show.ts'
import type { Environment, Resource } from '../../model/app.ts'
import type { Finding } from '../../model/finding.ts'
import type { Value } from '../../model/value.ts'

export interface Options {
  from?: Value
  /** A mail server of somebody else's; absent: messages are captured. */
  relay?: Relay
}
export type Relay =
  /** Stored value with its whole address. */
  { type: 'url'; url: Value } | { type: 'parts'; host: Value; port: Value; user: Value; password: Value }

/** `startEmpty` is the planner's: it is allowed for every resource that keeps data. */
const KEYS = ['from', 'relay', 'startEmpty']
const PARTS = ['host', 'port', 'user', 'password'] as const

/** The options as far as they are right; `checkOptions` says what is wrong with the rest. */
export function readOptions(resource: Resource): Options {
  return read(resource.options, saysNothing)
}

export function checkOptions(resource: Resource, environment: Environment | undefined): Finding[] {
  return findingsOf((say) => {
    const { relay } = read(resource.options, say)
    if (relay || resource.options.relay !== undefined || !environment?.isProtected) return
    const message = `${environment.name} is protected, and mail is captured: no message leaves this machine`
    say('warning', 'W_CAPTURED_MAIL', '', message, 'name the relay that delivers it: `relay: { env: SMTP_URL }`')
  })
}

function read(given: Record<string, unknown>, say: Say): Options {
  const options: Options = {}
  sayUnknownKeys('mail', given, KEYS, say)
  const { from, relay } = given
  if (from !== undefined) {
    const value = textOrEnv(from)
    if (!value || (value.type === 'text' && !isSender(value.text))) {
      const hint = 'write `hello@example.com`, `Example <hello@example.com>` or `{ env: SMTP_FROM }`'
      say('error', 'E_EMAIL', 'from', `from must be one address, not ${show(from)}`, hint)
    } else options.from = value
  }
  if (relay !== undefined) {
    const read = readRelay(relay, say)
    if (read) options.relay = read
  }
  return options
}

function readRelay(given: unknown, say: Say): Relay | undefined {
  const name = envNameOf(given)
  if (name) return { type: 'url', url: { type: 'stored', name, secret: true } }
  const hint =
    'write `relay: { env: SMTP_URL }`, an address such as smtp://user:password@host:587, or `{ host, port, user, password }`'
  if (!isMapping(given) || 'env' in given) {
    say('error', 'E_TYPE', 'relay', 'relay must name the variable that holds the address: it has a password in it', hint)
    return undefined
  }
  sayUnknownKeys('relay', given, PARTS, say, 'relay')
  const missing = PARTS.filter((part) => given[part] === undefined)
  if (missing.length > 0) {
    say('error', 'E_MISSING', 'relay', `relay has no ${missing.join(' and no ')}`, hint)
    return undefined
  }
  const { host, port, user, password } = given
  const values = { host: hostValue(host), port: portValue(port), user: textOrEnv(user), password: secretValue(password) }
  for (const part of PARTS) {
    const must = part === 'password' ? 'be { env: NAME }' : 'be a text or { env: NAME }'
    if (!values[part])
      say(
        'error',
        'E_TYPE',
        `relay.${part}`,
        `${part} of a relay must ${must}, not ${part === 'password' ? 'the password itself' : show(given[part])}`,
      )
  }
  if (!values.host || !values.port || !values.user || !values.password) return undefined
  return { type: 'parts', host: values.host, port: values.port, user: values.user, password: values.password }
}

const stored = (given: unknown, secret: boolean): Value | undefined => {
  const name = envNameOf(given)
  return name ? { type: 'stored', name, secret } : undefined
}
const secretValue = (given: unknown) => stored(given, true)

function textOrEnv(given: unknown): Value | undefined {
  if (typeof given === 'string' && given !== '' && given.length <= 320 && !/\p{C}/u.test(given))
    return { type: 'text', text: given }
  return stored(given, false)
}

function hostValue(given: unknown): Value | undefined {
  const value = textOrEnv(given)
  return value?.type === 'text' && !/^[A-Za-z0-9.:-]+$/.test(value.text) ? undefined : value
}

function portValue(given: unknown): Value | undefined {
  if (isWhole(given, 1, 65_535)) return { type: 'text', text: String(given) }
  return stored(given, false)
}

/** One address, with or without a name; nothing that a header could be made of. */
function isSender(text: string): boolean {
  const address = /^[^<>@\s,;"]+@[^<>@\s,;"]+$/
  const named = /^(?:"[^"<>\\]*"|[^<>",;@]*)\s*<([^<>]+)>$/.exec(text)
  return address.test(named?.[1] ?? text)
}
