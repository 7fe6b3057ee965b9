import { isAbsolute } from 'node:path'
import * as z from 'zod'

export interface Bucket {
  endpoint: string
  name: string
  accessKeyId: string
  secretAccessKey: string
  /** Host under which browsers get what is in the bucket; without one they get it through us. */
  domain?: string
}
export interface Mailing {
  host: string
  port: number
  user?: string
  password?: string
  isTls: boolean
  isStartTls: boolean
  from: string
}
export type ProviderName = 'google' | 'github'
export interface Provider {
  clientId: string
  clientSecret: string
  redirectUri: string
  authorizeUrl: string
  tokenUrl: string
  userUrl: string
}
export interface Config {
  port: number
  secretKey: string
  databaseUrl: string
  allowedHosts: string[]
  trustedOrigins: string[]
  frontendOrigin: string
  staticRoot: string
  mediaRoot: string
  bucket?: Bucket
  mailing?: Mailing
  verificationHours: number
  providers: Partial<Record<ProviderName, Provider>>
  admin: { username: string; email: string; password?: string }
  /** Feeds on this machine and in its networks may be read: for tests, and for a house of one's own. */
  allowsPrivateFeeds: boolean
  forcesColor: boolean
  logLevel: LogLevel
  version: string
  release?: string
}
const LOG_LEVELS = ['DEBUG', 'INFO', 'WARNING', 'ERROR', 'CRITICAL'] as const
type LogLevel = (typeof LOG_LEVELS)[number]

const text = z.string().optional()
const isOn = (value: string) => /^(1|true|yes|on)$/i.test(value)
const flag = z.string().default('').transform(isOn)
const port = z.coerce.number().int().min(0).max(65_535)
/** Values that stand in every template: whoever leaves one there has no secret at all. */
const PLACEHOLDER = /^(change-?me|replace_?me.*|secret|password)$/i
const isReal = (value: string | undefined) => value === undefined || !PLACEHOLDER.test(value)

const schema = z.object({
  PORT: port.default(8000),
  DJANGO_SECRET_KEY: z.string().min(16).refine(isReal, 'is still a placeholder'),
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/, error: 'must be a postgres:// URL' }).optional(),
  POSTGRE_HOST: text,
  POSTGRE_PORT: port.default(5432),
  POSTGRE_DB: z.string().default('postgres'),
  POSTGRE_USERNAME: z.string().default('postgres'),
  POSTGRE_PASSWORD: text,
  DJANGO_ALLOWED_HOSTS: z.string().default('localhost,127.0.0.1'),
  DJANGO_CSRF_TRUSTED_ORIGINS: z.string().default('http://localhost:9080'),
  BACKEND_CUSTOM_DOMAIN: text,
  FRONTEND_ORIGIN: z.string().default('http://localhost:5173'),
  DJANGO_PRODUCTION_STATIC_ROOT: text,
  DJANGO_PRODUCTION_MEDIA_ROOT: text,
  CLOUDFLARE_R2_BUCKET_NAME: text,
  CLOUDFLARE_R2_ACCOUNT_ID: text,
  CLOUDFLARE_R2_ACCESS_KEY_ID: text,
  CLOUDFLARE_R2_SECRET_ACCESS_KEY: text,
  CLOUDFLARE_R2_CUSTOM_DOMAIN: text,
  CLOUDFLARE_R2_ENDPOINT: z.url().optional(),
  SMTP_HOST: text,
  SMTP_PORT: port.default(587),
  SMTP_USERNAME: text,
  SMTP_PASSWORD: text,
  SMTP_USE_TLS: z.string().default('True').transform(isOn),
  SMTP_USE_SSL: flag,
  SMTP_FROM_EMAIL: z.string().default('no-reply@localhost'),
  SMTP_EMAIL_VERIFICATION_TTL_HOURS: z.coerce.number().positive().default(24),
  GOOGLE_OAUTH_CLIENT_ID: text,
  GOOGLE_OAUTH_CLIENT_SECRET: text,
  GOOGLE_AUTHORIZED_REDIRECT_URI: z.url().optional(),
  GOOGLE_OAUTH_URL: z.url().optional(),
  GITHUB_APP_CLIENT_ID: text,
  GITHUB_APP_CLIENT_SECRET: text,
  GITHUB_AUTHORIZED_REDIRECT_URI: z.url().optional(),
  GITHUB_OAUTH_URL: z.url().optional(),
  DJANGO_SUPERUSER_USERNAME: z.string().default('admin'),
  DJANGO_SUPERUSER_EMAIL: z.string().default('admin@example.com'),
  DJANGO_SUPERUSER_PASSWORD: z.string().min(8).refine(isReal, 'is still a placeholder').optional(),
  CALENDAR_ALLOW_PRIVATE: flag,
  DJANGO_ACCESS_LOG_FORCE_COLOR: flag,
  DJANGO_LOG_LEVEL: z.enum(LOG_LEVELS).default('INFO'),
  BACKEND_VERSION: text,
  LANDFALL_VERSION: text,
  LANDFALL_RELEASE: text,
})
type Env = z.infer<typeof schema>

/** Throws with every wrong variable at once; the values themselves stay out of the message. */
export function readConfig(env: Record<string, string | undefined>): Config {
  // A variable that is there and empty counts as not set.
  const set = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''))
  const read = schema.safeParse(set)
  const problems = read.success ? [] : read.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`)
  for (const group of GROUPS) problems.push(...missingOf(group, set))
  if (!set.DATABASE_URL && !(set.POSTGRE_HOST && set.POSTGRE_PASSWORD)) {
    problems.push('DATABASE_URL: must be set, or POSTGRE_HOST and POSTGRE_PASSWORD')
  }
  if (set.SMTP_USERNAME && !set.SMTP_PASSWORD) problems.push('SMTP_PASSWORD: must be set where SMTP_USERNAME is')
  if (!read.success || problems.length > 0) throw new Error(problems.join('\n'))
  return fromEnv(read.data)
}

function fromEnv(is: Env): Config {
  const { google, github } = providersOf(is)
  return {
    port: is.PORT,
    secretKey: is.DJANGO_SECRET_KEY,
    databaseUrl: is.DATABASE_URL ?? databaseUrlOf(is),
    allowedHosts: [...words(is.DJANGO_ALLOWED_HOSTS), ...words(is.BACKEND_CUSTOM_DOMAIN)],
    trustedOrigins: [...words(is.DJANGO_CSRF_TRUSTED_ORIGINS), originOf(is.FRONTEND_ORIGIN)],
    frontendOrigin: is.FRONTEND_ORIGIN.replace(/\/$/, ''),
    staticRoot: pathOf(is.DJANGO_PRODUCTION_STATIC_ROOT, '/home/staticfiles'),
    mediaRoot: pathOf(is.DJANGO_PRODUCTION_MEDIA_ROOT, '/home/mediafiles'),
    ...(is.CLOUDFLARE_R2_BUCKET_NAME && { bucket: bucketOf(is) }),
    ...(is.SMTP_HOST && { mailing: mailingOf(is, is.SMTP_HOST) }),
    verificationHours: is.SMTP_EMAIL_VERIFICATION_TTL_HOURS,
    providers: { ...(google && { google }), ...(github && { github }) },
    admin: { username: is.DJANGO_SUPERUSER_USERNAME, email: is.DJANGO_SUPERUSER_EMAIL, password: is.DJANGO_SUPERUSER_PASSWORD },
    allowsPrivateFeeds: is.CALENDAR_ALLOW_PRIVATE,
    forcesColor: is.DJANGO_ACCESS_LOG_FORCE_COLOR,
    logLevel: is.DJANGO_LOG_LEVEL,
    version: is.BACKEND_VERSION ?? is.LANDFALL_VERSION ?? '0.0.0',
    release: is.LANDFALL_RELEASE,
  }
}

/** All of a group or none. */
const R2 = ['BUCKET_NAME', 'ACCOUNT_ID', 'ACCESS_KEY_ID', 'SECRET_ACCESS_KEY'].map((name) => `CLOUDFLARE_R2_${name}`)
const GROUPS = [
  R2,
  ['GOOGLE_OAUTH_CLIENT_ID', 'GOOGLE_OAUTH_CLIENT_SECRET', 'GOOGLE_AUTHORIZED_REDIRECT_URI'],
  ['GITHUB_APP_CLIENT_ID', 'GITHUB_APP_CLIENT_SECRET', 'GITHUB_AUTHORIZED_REDIRECT_URI'],
]
function missingOf(group: string[], set: Record<string, string | undefined>): string[] {
  const missing = group.filter((name) => set[name] === undefined)
  if (missing.length === 0 || missing.length === group.length) return []
  return missing.map((name) => `${name}: must be set where ${group.find((other) => set[other] !== undefined)} is`)
}

/** Separated by commas or blanks. */
const words = (list = '') => list.split(/[\s,]+/).filter(Boolean)
const originOf = (url: string) => (URL.canParse(url) ? new URL(url).origin : url)

/** A path of another system, such as `C:\\media` in an `.env` that was written on Windows, means nothing here. */
export function pathOf(value: string | undefined, fallback: string): string {
  return value !== undefined && isAbsolute(value) && !value.includes('\\') ? value : fallback
}

function databaseUrlOf(is: Env): string {
  const url = new URL('postgres://host/')
  url.hostname = is.POSTGRE_HOST ?? 'db'
  url.port = String(is.POSTGRE_PORT)
  url.pathname = `/${is.POSTGRE_DB}`
  url.username = is.POSTGRE_USERNAME
  url.password = is.POSTGRE_PASSWORD ?? ''
  return url.href
}

function bucketOf(is: Env): Bucket {
  return {
    endpoint: is.CLOUDFLARE_R2_ENDPOINT ?? `https://${is.CLOUDFLARE_R2_ACCOUNT_ID}.r2.cloudflarestorage.com`,
    name: is.CLOUDFLARE_R2_BUCKET_NAME ?? '',
    accessKeyId: is.CLOUDFLARE_R2_ACCESS_KEY_ID ?? '',
    secretAccessKey: is.CLOUDFLARE_R2_SECRET_ACCESS_KEY ?? '',
    domain: is.CLOUDFLARE_R2_CUSTOM_DOMAIN,
  }
}

function mailingOf(is: Env, host: string): Mailing {
  return {
    host,
    port: is.SMTP_PORT,
    user: is.SMTP_USERNAME,
    password: is.SMTP_PASSWORD,
    isTls: is.SMTP_USE_SSL,
    isStartTls: is.SMTP_USE_TLS,
    from: is.SMTP_FROM_EMAIL,
  }
}

/** An address of one's own leads to a provider for tests, or to GitHub Enterprise. */
function providersOf(is: Env): Partial<Record<ProviderName, Provider>> {
  const google = is.GOOGLE_OAUTH_CLIENT_ID && {
    clientId: is.GOOGLE_OAUTH_CLIENT_ID,
    clientSecret: is.GOOGLE_OAUTH_CLIENT_SECRET ?? '',
    redirectUri: is.GOOGLE_AUTHORIZED_REDIRECT_URI ?? '',
    authorizeUrl: is.GOOGLE_OAUTH_URL ? `${is.GOOGLE_OAUTH_URL}/authorize` : 'https://accounts.google.com/o/oauth2/v2/auth',
    tokenUrl: is.GOOGLE_OAUTH_URL ? `${is.GOOGLE_OAUTH_URL}/token` : 'https://oauth2.googleapis.com/token',
    userUrl: is.GOOGLE_OAUTH_URL ? `${is.GOOGLE_OAUTH_URL}/userinfo` : 'https://openidconnect.googleapis.com/v1/userinfo',
  }
  const base = is.GITHUB_OAUTH_URL ?? 'https://github.com'
  const github = is.GITHUB_APP_CLIENT_ID && {
    clientId: is.GITHUB_APP_CLIENT_ID,
    clientSecret: is.GITHUB_APP_CLIENT_SECRET ?? '',
    redirectUri: is.GITHUB_AUTHORIZED_REDIRECT_URI ?? '',
    authorizeUrl: `${base}/login/oauth/authorize`,
    tokenUrl: `${base}/login/oauth/access_token`,
    userUrl: is.GITHUB_OAUTH_URL ? `${base}/api/v3/user` : 'https://api.github.com/user',
  }
  return { ...(google && { google }), ...(github && { github }) }
}
