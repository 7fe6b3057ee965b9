import { isMapping, type Say, sayUnknownKeys } from '../../lib/option-reader.ts'
import { show } from '../../lib/show.ts'

/** What is to become of the objects whose keys begin so. */
export interface Prefix {
  prefix: string
  /** Can be made anew from the source: no backup carries it. */
  isRebuildable: boolean
  isBackedUp: boolean
  /** How long after it was written an object goes; absent: never. */
  expireSeconds?: number
}

const KEYS = ['rebuildable', 'keep', 'backup', 'expire']
const SECONDS: Record<string, number> = { s: 1, m: 60, h: 3600, d: 86_400 }
const DAY = 86_400

export function readPrefixes(given: unknown, isExternal: boolean, say: Say): Prefix[] {
  if (!isMapping(given)) {
    const hint = 'write `prefixes: { static/: { rebuildable: true }, media/: { backup: true }, tmp/: { expire: 7d } }`'
    say('error', 'E_TYPE', 'prefixes', `prefixes must be a mapping, not ${show(given)}`, hint)
    return []
  }
  const found = Object.entries(given).flatMap(([prefix, rule]) => readPrefix(prefix, rule, isExternal, say) ?? [])
  for (const { prefix, expireSeconds } of found) {
    const outer = found.find((o) => o.prefix !== prefix && prefix.startsWith(o.prefix))
    if (!outer || (expireSeconds === undefined && outer.expireSeconds === undefined)) continue
    const message = `${show(prefix)} lies in ${show(outer.prefix)}, and which of the lifetimes counts would differ from server to server`
    say('error', 'E_CONFLICT', `prefixes.${prefix}`, message, 'give what expires a prefix of its own')
  }
  return found
}

/** The rule of the longest prefix that a key has; without any it is kept and backed up. */
export function isBackedUp(prefixes: readonly Prefix[], key: string): boolean {
  const own = prefixes.filter(({ prefix }) => key.startsWith(prefix)).sort((a, b) => b.prefix.length - a.prefix.length)[0]
  return own?.isBackedUp ?? true
}

function readPrefix(prefix: string, rule: unknown, isExternal: boolean, say: Say): Prefix | undefined {
  const at = `prefixes.${prefix}`
  if (!/^[^\p{C}/][^\p{C}]{0,200}\/$/u.test(prefix) || prefix.includes('//')) {
    say(
      'error',
      'E_PATH',
      at,
      `${show(prefix)} is no prefix`,
      'it ends with a slash and begins with none: `media/`, `media/avatars/`',
    )
    return undefined
  }
  if (!isMapping(rule)) {
    say('error', 'E_TYPE', at, `${show(prefix)} must have a mapping of rules, not ${show(rule)}`, `rules: ${KEYS.join(', ')}`)
    return undefined
  }
  sayUnknownKeys('a prefix', rule, KEYS, say, at)
  const { rebuildable, keep, backup, expire } = rule
  for (const [key, value] of Object.entries({ rebuildable, keep, backup })) {
    if (value !== undefined && typeof value !== 'boolean')
      say('error', 'E_TYPE', `${at}.${key}`, `${key} is true or false, not ${show(value)}`)
  }
  const expireSeconds = expire === undefined ? undefined : secondsOf(expire)
  if (expire !== undefined && expireSeconds === undefined) {
    say('error', 'E_DURATION', `${at}.expire`, `expire must be a time such as 7d, not ${show(expire)}`)
  }
  if (keep === true && expire !== undefined) say('error', 'E_CONFLICT', `${at}.expire`, 'what is kept does not expire')
  if (rebuildable === true && backup === true) {
    say('error', 'E_CONFLICT', `${at}.backup`, 'what can be made anew is in no backup', 'take one of the two away')
  }
  if (expireSeconds !== undefined && isExternal) {
    const days = Math.max(1, Math.round(expireSeconds / DAY))
    const hint = `set the rule there: aws s3api put-bucket-lifecycle-configuration, or in its dashboard: delete ${prefix}* after ${days} ${days === 1 ? 'day' : 'days'}`
    say(
      'lost',
      'W_EXPIRE_ELSEWHERE',
      `${at}.expire`,
      `the bucket is somebody else's, and what expires there is deleted there`,
      hint,
    )
  }
  const isRebuildable = rebuildable === true
  return {
    prefix,
    isRebuildable,
    isBackedUp: backup !== false && !isRebuildable,
    ...(expireSeconds !== undefined && { expireSeconds }),
  }
}

/** `7d`, `12h`: at most ten years. */
function secondsOf(given: unknown): number | undefined {
  const match = typeof given === 'string' ? /^(\d{1,6})([smhd])$/.exec(given) : null
  const seconds = match ? Number(match[1]) * SECONDS[match[2]!]! : 0
  return seconds > 0 && seconds <= 3650 * DAY ? seconds : undefined
}
