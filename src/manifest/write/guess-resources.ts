import { posix } from 'node:path'
import type { Finding } from '../../model/finding.ts'
import type { SourceFiles } from '../../model/plug.ts'
import { dependenciesOf } from './dependencies-of.ts'
import { type GuessedComponent, type GuessedResource, missing, nameFrom } from './guess-types.ts'
import type { Compose } from './read-compose.ts'

const POSTGRES_IMAGE = /(?:^|\/)(?:postgres|postgis|postgresql|timescaledb|pgvector)(?:\/[\w-]+)?(?::(?:pg)?(\d+))?/
const REDIS_IMAGE = /(?:^|\/)(?:redis|valkey|keydb|dragonfly)(?::|$|-)/
const OTHERS: [RegExp, string][] = [
  [/(?:^|\/)(?:mysql|mariadb|percona)(?::|$)/, 'MySQL'],
  [/(?:^|\/)mongo(?::|$)/, 'MongoDB'],
  [/(?:^|\/)(?:minio|seaweedfs|garage)/, 'object storage'],
  [/(?:^|\/)(?:mailhog|mailpit|maildev)/, 'a mail server'],
  [/(?:^|\/)(?:elasticsearch|opensearch|meilisearch|typesense)/, 'a search server'],
  [/(?:^|\/)(?:rabbitmq|nats|kafka|redpanda)/, 'a message broker'],
]

const POSTGRES = [
  'pg',
  'postgres',
  'pg-promise',
  'pg-native',
  'slonik',
  '@neondatabase/serverless',
  '@vercel/postgres',
  'pg-boss',
  'graphile-worker',
  '@prisma/adapter-pg',
  'psycopg',
  'psycopg2',
  'psycopg2-binary',
  'psycopg-binary',
  'asyncpg',
  'pg8000',
]
const REDIS = ['redis', 'ioredis', 'bullmq', 'bull', 'bee-queue', 'connect-redis', 'django-redis', 'rq', 'hiredis']
/** They speak to PostgreSQL and to others: a driver or a file must say which. */
const MAPPERS = [
  'prisma',
  '@prisma/client',
  'drizzle-orm',
  'typeorm',
  'sequelize',
  'knex',
  'sqlalchemy',
  'flask-sqlalchemy',
  'sqlmodel',
  'django',
  'tortoise-orm',
]
const SQLITE = ['better-sqlite3', 'sqlite3', '@libsql/client', 'aiosqlite']

/** Databases that the components talk to: a compose file says it best, then drivers, then what mappers are set to. */
export function guessResources(
  files: SourceFiles,
  components: GuessedComponent[],
  compose: Compose | undefined,
  urls: string[],
): { resources: GuessedResource[]; findings: Finding[] } {
  const resources = fromCompose(compose)
  const findings = othersInCompose(compose)
  const has = (type: string) => resources.some((r) => r.type === type)
  for (const { folder, name } of components) {
    const names = dependenciesOf(files, folder)
    const driver = POSTGRES.find((n) => names.has(n))
    const because = driver
      ? `${folder === '.' ? '' : `${folder}: `}${driver} is among the packages`
      : mapperSays(files, folder, urls)
    if (because && !has('postgres')) resources.push({ name: 'db', type: 'postgres', options: {}, because })
    const redis = REDIS.find((n) => names.has(n))
    if (redis && !has('redis'))
      resources.push({ name: 'cache', type: 'redis', options: {}, because: `${redis} is among the packages` })
    const mapper = MAPPERS.find((n) => names.has(n))
    if (mapper && !has('postgres') && !usesSqlite(files, folder, names, urls)) {
      findings.push(
        missing(
          `components.${name}`,
          `${mapper} is used, and nothing says with which database`,
          'resources: { db: { type: postgres } } and DATABASE_URL: { from: db.url }, if it is PostgreSQL',
        ),
      )
    }
    if (!has('postgres') && usesSqlite(files, folder, names, urls)) {
      const hint =
        'resources: { data: { type: volume } }, and let the program read the folder from a variable: { from: data.path }'
      findings.push(missing(`components.${name}`, 'it keeps an SQLite file, which each release would begin anew', hint))
    }
  }
  return { resources, findings }
}

function fromCompose(compose: Compose | undefined): GuessedResource[] {
  const found: GuessedResource[] = []
  for (const { name, image = '' } of compose?.services ?? []) {
    const postgres = POSTGRES_IMAGE.exec(image)
    const because = `${compose?.file}: ${name} is ${image}`
    if (postgres) {
      const [, major] = postgres
      found.push({ name: nameFrom(name, 'db'), type: 'postgres', options: major ? { version: Number(major) } : {}, because })
    } else if (REDIS_IMAGE.test(image)) found.push({ name: nameFrom(name, 'cache'), type: 'redis', options: {}, because })
  }
  return found
}

function othersInCompose(compose: Compose | undefined): Finding[] {
  return (compose?.services ?? []).flatMap(({ name, image = '', build }) => {
    if (image === '' || build !== undefined || POSTGRES_IMAGE.test(image) || REDIS_IMAGE.test(image)) return []
    const what = OTHERS.find(([pattern]) => pattern.test(image))?.[1]
    const hint = what ? 'run it elsewhere, and declare its address: { secret: true }' : 'it is left out'
    return [missing(compose?.file ?? '', `${name} is ${image}${what ? ` (${what})` : ''}, which Landfall does not provide`, hint)]
  })
}

function mapperSays(files: SourceFiles, folder: string, urls: string[]): string | undefined {
  for (const file of ['prisma/schema.prisma', 'schema.prisma']) {
    if (/provider\s*=\s*"(?:postgresql|postgres|cockroachdb)"/.test(files.text(posix.join(folder, file)) ?? ''))
      return `${file} has the provider postgresql`
  }
  for (const file of ['drizzle.config.ts', 'drizzle.config.js', 'drizzle.config.mjs']) {
    if (/dialect\s*:\s*['"]postgresql['"]/.test(files.text(posix.join(folder, file)) ?? ''))
      return `${file} has the dialect postgresql`
  }
  return urls.some((url) => /^postgres(?:ql)?(?:\+\w+)?:\/\//.test(url))
    ? 'an example of the environment has an address of PostgreSQL'
    : undefined
}

function usesSqlite(files: SourceFiles, folder: string, names: Set<string>, urls: string[]): boolean {
  const prisma = files.text(posix.join(folder, 'prisma/schema.prisma')) ?? ''
  return SQLITE.some((n) => names.has(n)) || /provider\s*=\s*"sqlite"/.test(prisma) || urls.some((u) => /^(file:|sqlite)/.test(u))
}
