import { isAbsolute } from 'node:path'
import * as z from 'zod'

export interface Config {
  port: number
  /** Absent: the app runs, and says `not_configured`. */
  databaseUrl?: string
  /** Absent, or shorter than 16 characters: everything works but drafts and signing in. */
  sessionSecret?: string
  /** Absent: nobody can sign in, and no inquiry is taken. */
  smtp?: SmtpConfig
  /** Folder of what people upload. Absent: nobody can. */
  uploadRoot?: string
  /** Who reads what visitors ask. */
  inquiryTo?: string
  /** Counts limits for all instances together; absent: each counts for itself. */
  redisUrl?: string
  /** POSTs per minute from one address; 0 is no limit, on anything. */
  rateLimit: number
  /** Adds `GET /api/slow`, to watch releases under load. */
  isBench: boolean
  release?: string
  version?: string
}
export interface SmtpConfig {
  host: string
  port: number
  user?: string
  password?: string
  /** The visible sender. */
  from: string
}

const number = (max: number) => z.coerce.number().int().min(0).max(max)
const schema = z.object({
  PORT: number(65_535).default(3000),
  CLOUDRON_POSTGRESQL_URL: z.url({ protocol: /^postgres(ql)?$/, error: 'must be a postgres:// URL' }).optional(),
  SESSION_SECRET: z.string().optional(),
  CLOUDRON_MAIL_SMTP_SERVER: z.string().optional(),
  CLOUDRON_MAIL_SMTP_PORT: number(65_535).default(587),
  CLOUDRON_MAIL_SMTP_USERNAME: z.string().optional(),
  CLOUDRON_MAIL_SMTP_PASSWORD: z.string().optional(),
  SMTP_FROM: z.string().default('noreply@localhost'),
  UPLOAD_ROOT: z.string().refine(isAbsolute, 'must be an absolute path').optional(),
  ORGANIZER_INQUIRY_TO: z.string().optional(),
  REDIS_URL: z.url({ protocol: /^rediss?$/, error: 'must be a redis:// URL' }).optional(),
  RATE_LIMIT: number(1_000_000).default(120),
  BENCH: z.enum(['0', '1']).default('0'),
  LANDFALL_RELEASE: z.string().optional(),
  LANDFALL_VERSION: z.string().optional(),
})

/** Throws with every wrong variable at once; the values themselves stay out of the message. */
export function readConfig(env: Record<string, string | undefined>): Config {
  // A variable that is there and empty counts as not set.
  const set = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''))
  const read = schema.safeParse(set)
  if (!read.success) throw new Error(read.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('\n'))
  const is = read.data
  return {
    port: is.PORT,
    databaseUrl: is.CLOUDRON_POSTGRESQL_URL,
    sessionSecret: is.SESSION_SECRET !== undefined && is.SESSION_SECRET.length >= 16 ? is.SESSION_SECRET : undefined,
    smtp: smtpOf(is),
    uploadRoot: is.UPLOAD_ROOT,
    inquiryTo: is.ORGANIZER_INQUIRY_TO,
    redisUrl: is.REDIS_URL,
    rateLimit: is.RATE_LIMIT,
    isBench: is.BENCH === '1',
    release: is.LANDFALL_RELEASE,
    version: is.LANDFALL_VERSION,
  }
}

function smtpOf(is: z.output<typeof schema>): SmtpConfig | undefined {
  if (is.CLOUDRON_MAIL_SMTP_SERVER === undefined) return undefined
  return {
    host: is.CLOUDRON_MAIL_SMTP_SERVER,
    port: is.CLOUDRON_MAIL_SMTP_PORT,
    user: is.CLOUDRON_MAIL_SMTP_USERNAME,
    password: is.CLOUDRON_MAIL_SMTP_PASSWORD,
    from: is.SMTP_FROM,
  }
}
