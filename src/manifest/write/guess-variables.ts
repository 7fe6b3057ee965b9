import type { Finding } from '../../model/finding.ts'
import { POISON } from '../limits.ts'
import { ENV_KEY, reservedBecause } from '../names.ts'
import { isSecretName, secretLiteral } from '../secret-words.ts'
import { type GuessedComponent, type GuessedResource, type GuessedVariable, missing } from './guess-types.ts'
import type { ExampleLine } from './read-env-example.ts'

export interface Named extends ExampleLine {
  /** File that names it, for the comment. */
  file: string
  component?: string
  /** Only the name is known, from somebody's own `.env`. */
  isNameOnly?: boolean
  /** Only the name is known, from code, which may well do without it. */
  isOnlyRead?: boolean
}

const OWN_SECRET =
  /^(?:\w+_)?(?:SECRET(?:_KEY(?:_BASE)?)?|(?:SESSION|JWT|APP|AUTH|COOKIE|CSRF|TOKEN|SIGNING|NEXTAUTH|BETTER_AUTH|DJANGO|FLASK)_\w*(?:SECRET|KEY)|SALT)$/
const FOREIGN =
  /STRIPE|AWS|GITHUB|GITLAB|GOOGLE|FACEBOOK|TWITTER|SLACK|DISCORD|TWILIO|SENDGRID|MAILGUN|RESEND|OPENAI|ANTHROPIC|CLOUDFLARE|S3|SMTP|MAIL|CLIENT|WEBHOOK|OAUTH|SENTRY|API/
const PUBLIC_BUILD = /^(?:VITE|NEXT_PUBLIC|REACT_APP|PUBLIC|NUXT_PUBLIC|EXPO_PUBLIC|GATSBY|VUE_APP)_/
const MODE: Record<string, string> = {
  NODE_ENV: 'production',
  FLASK_ENV: 'production',
  RAILS_ENV: 'production',
  APP_ENV: 'production',
}
const OFF = /^(?:DEBUG|DJANGO_DEBUG|FLASK_DEBUG|APP_DEBUG)$/
const PLACEHOLDER = /change.?me|replace|your[-_ ]|<.*>|xxx|example|todo|\.\.\.|^secret$|^password$/i
const POSTGRES_FIELDS: [RegExp, string][] = [
  [
    /^(?:\w+_)?(?:DATABASE|POSTGRES(?:QL)?|PG|DB)_UR[IL]$|^DATABASE_CONNECTION(?:_STRING)?$|^(?:POSTGRES|DATABASE)_PRISMA_URL$|^DIRECT_URL$|^SQLALCHEMY_DATABASE_URI$/,
    'url',
  ],
  [/^(?:PGHOST|(?:DB|DATABASE|POSTGRES|POSTGRE|PG|SQL)_HOST(?:NAME)?)$/, 'host'],
  [/^(?:PGPORT|(?:DB|DATABASE|POSTGRES|POSTGRE|PG|SQL)_PORT)$/, 'port'],
  [/^(?:PGUSER|(?:DB|DATABASE|POSTGRES|POSTGRE|PG|SQL)_USER(?:NAME)?)$/, 'user'],
  [/^(?:PGPASSWORD|(?:DB|DATABASE|POSTGRES|POSTGRE|PG|SQL)_PASS(?:WORD)?)$/, 'password'],
  [/^(?:PGDATABASE|(?:DB|DATABASE|POSTGRES|POSTGRE|PG|SQL)_(?:NAME|DB|DATABASE))$/, 'database'],
]

/** The contract: what files name, sorted into what Landfall gives, what it can make, and what a person must set. */
export function guessVariables(
  named: Named[],
  components: GuessedComponent[],
  resources: GuessedResource[],
): { variables: GuessedVariable[]; findings: Finding[] } {
  const variables: GuessedVariable[] = []
  const findings: Finding[] = []
  const seen = new Set<string>()
  for (const one of named) {
    const key = `${one.component ?? ''}/${one.name}`
    if (seen.has(key) || seen.has(`/${one.name}`) || !ENV_KEY.test(one.name) || POISON.has(one.name) || reservedBecause(one.name))
      continue
    seen.add(key)
    const guessed = guess(one, components, resources)
    if (!guessed) continue
    variables.push(guessed)
    const { value } = guessed
    const isOpen =
      typeof value === 'object' && !('default' in value || 'from' in value || 'generate' in value) && value.required !== false
    if (isOpen) {
      const hint = `landfall env set ${one.name}, or write { required: false }`
      findings.push(missing(`env.${one.name}`, `${one.name} has no value (${one.file})`, hint))
    }
  }
  addDatabaseUrl(variables, resources)
  return { variables, findings }
}

/** Something must tell the app where its database is, whether or not a file names the variable. */
function addDatabaseUrl(variables: GuessedVariable[], resources: GuessedResource[]): void {
  for (const { type, name } of resources) {
    if (type === 'volume' || variables.some((v) => typeof v.value === 'object' && String(v.value.from).startsWith(`${name}.`)))
      continue
    const variable = type === 'postgres' ? 'DATABASE_URL' : 'REDIS_URL'
    if (variables.some((v) => v.name === variable)) continue
    variables.unshift({
      name: variable,
      value: { from: `${name}.url` },
      because: 'the usual name: correct it if the app reads another one',
    })
  }
}

function guess(one: Named, components: GuessedComponent[], resources: GuessedResource[]): GuessedVariable | undefined {
  const { name, value, about, file } = one
  const owner = components.find((c) => c.name === one.component)
  const base = { name, ...(one.component && { component: one.component }) }
  const isOptional = one.isOnlyRead === true || /optional/i.test(about ?? '')
  const reader = one.isOnlyRead ? { because: `${file} reads it` } : {}
  const words = about?.replace(/\p{C}/gu, '').trim()
  const said = words && !secretLiteral(words) ? { about: words } : {}
  const isBuild = PUBLIC_BUILD.test(name) || owner?.type === 'static'
  const when = isBuild && owner?.type !== 'static' ? { when: 'build' } : {}
  const from = isBuild ? undefined : fromResource(name, value, resources)
  if (from) return { ...base, value: { from, ...said }, ...reader }
  const routed = fromRoutes(name, value, components)
  if (routed)
    return {
      ...base,
      value: { from: routed, ...when, ...said },
      because: one.isOnlyRead ? `${file} reads it` : `${file} has ${shorten(value)}`,
    }
  if (Object.hasOwn(MODE, name)) return { ...base, value: MODE[name] ?? '' }
  if (OFF.test(name) && value !== '')
    return { ...base, value: /^[01]$/.test(value) ? '0' : 'false', because: `${file} has ${shorten(value)}` }
  if (!isBuild && isSecretName(name)) return { ...base, value: secret(name, isOptional, said), ...reader }
  if (secretLiteral(value))
    return { ...base, value: { secret: true, ...said }, because: `${file} has a value that looks like a secret` }
  if (value === '' || PLACEHOLDER.test(value)) {
    return { ...base, value: { required: !isOptional, ...when, ...said }, ...reader }
  }
  const isLocal = /localhost|127\.0\.0\.1|host\.docker\.internal/.test(value)
  const because = isLocal ? 'names this machine: say what it is elsewhere' : undefined
  const isPlain = Object.keys({ ...when, ...said }).length === 0
  return { ...base, value: isPlain ? escaped(value) : { default: escaped(value), ...when, ...said }, ...(because && { because }) }
}

function secret(name: string, isOptional: boolean, said: object): Record<string, unknown> {
  const isOwn = OWN_SECRET.test(name) && !FOREIGN.test(name)
  return isOwn
    ? { secret: true, generate: 'hex(32)', ...said }
    : { secret: true, ...(isOptional && { required: false }), ...said }
}

function fromResource(name: string, value: string, resources: GuessedResource[]): string | undefined {
  const postgres = resources.find((r) => r.type === 'postgres')
  if (postgres) {
    const field = POSTGRES_FIELDS.find(([pattern]) => pattern.test(name))?.[1]
    if (field) return `${postgres.name}.${field}`
    if (/^postgres(?:ql)?(?:\+\w+)?:\/\//.test(value)) return `${postgres.name}.url`
  }
  const redis = resources.find((r) => r.type === 'redis')
  if (
    redis &&
    (/^(?:REDIS|CACHE|QUEUE|CELERY_BROKER|CELERY_RESULT)_UR[IL]$|^CELERY_(?:BROKER|RESULT_BACKEND)$/.test(name) ||
      /^rediss?:\/\//.test(value))
  ) {
    return `${redis.name}.url`
  }
  return undefined
}

/** Addresses of the app itself, which an example gives as `http://localhost:3000`. */
function fromRoutes(name: string, value: string, components: GuessedComponent[]): string | undefined {
  if (/(?:CORS|ALLOWED|TRUSTED)_\w*ORIGINS?$|^ORIGINS?$/.test(name)) return 'routes.origins'
  if (/ALLOWED_HOSTS?$/.test(name)) return 'routes.hosts'
  if (!/^https?:\/\/(?:localhost|127\.0\.0\.1)(?::\d+)?\/?$/.test(value)) return undefined
  const byName = (pattern: RegExp) => components.find((c) => (c.type === 'web' || c.type === 'static') && pattern.test(c.name))
  if (/API|BACKEND|SERVER/.test(name)) {
    const api = byName(/api|backend|server/)
    return api && `${api.name}.url`
  }
  if (/CLIENT|FRONTEND|WEB_UR/.test(name)) {
    const front = byName(/front|client|web|site|www/)
    return front && `${front.name}.url`
  }
  const routed = components.filter((c) => c.type === 'web' || c.type === 'static')
  return /^(?:\w+_)?(?:BASE|APP|SITE|PUBLIC|ROOT|AUTH|NEXTAUTH|HOST)_UR[IL]$|^UR[IL]$|^ORIGIN$/.test(name) && routed[0]
    ? `${routed[0].name}.url`
    : undefined
}

/** A value as a template that means itself. */
function escaped(value: string): string {
  return value.replaceAll('$', '$$$$')
}

function shorten(value: string): string {
  return value.length > 40 ? `${value.slice(0, 40)}…` : value || 'no value'
}
