import { origins } from '@flick/shared/origins.ts'
import * as z from 'zod'

const long = z.string().min(32, 'must have 32 characters or more')
const whole = (least: number, most: number) => z.coerce.number().int().min(least).max(most)

const database = z.object({ DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/, error: 'must be a postgres:// URL' }) })
const accounts = database.extend({
  BETTER_AUTH_SECRET: long,
  BETTER_AUTH_URL: z.url({ protocol: /^https?$/, error: 'must be the http(s):// URL of this server' }),
  ACCESS_CONTROL_ORIGINS: origins,
  COOKIE_DOMAIN: z.string().default(''),
})
const server = accounts.extend({
  NODE_ENV: z.enum(['development', 'production', 'test']).default('development'),
  HOST: z.string().default('127.0.0.1'),
  PORT: whole(0, 65_535).default(8000),
  REDIS_URL: z.url({ protocol: /^rediss?$/, error: 'must be a redis:// URL' }),
  CACHE_TTL: whole(0, 86_400).default(60),
  RATE_LIMIT: whole(0, 1_000_000).default(100),
})
const admin = accounts.extend({
  ADMIN_EMAIL: z.email('must be an e-mail address'),
  ADMIN_PASSWORD: z.string().min(8, 'must have 8 characters or more'),
})

/** What each program needs, and no more: a migration runs without any of the other secrets. */
export const needs = { database, accounts, server, admin }
export type Env<Of extends keyof typeof needs> = z.infer<(typeof needs)[Of]>
