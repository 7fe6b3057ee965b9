import { posix } from 'node:path'
import { readPackage } from '../../lib/build/workspaces.ts'
import type { SourceFiles } from '../../model/plug.ts'
import { dependenciesOf } from './dependencies-of.ts'
import type { GuessedCommand } from './guess-types.ts'

const MIGRATE_SCRIPTS = [
  'migrate:deploy',
  'db:migrate:deploy',
  'migrate:prod',
  'db:migrate',
  'migrate',
  'migrate:up',
  'db:deploy',
  'migration:run',
]
const SEED_SCRIPTS = ['seed', 'db:seed', 'prisma:seed']

/** How the schema of the database is brought up to date; a script of the project's own goes before what its tools could do. */
export function guessMigration(files: SourceFiles, folder: string): GuessedCommand | undefined {
  const has = (file: string) => files.names.has(posix.join(folder, file))
  const isBelow = (part: string) => [...files.names].some((n) => n.startsWith(posix.join(folder, part)))
  const names = dependenciesOf(files, folder)
  const scripts = readPackage(files, folder)?.scripts ?? {}
  const script = MIGRATE_SCRIPTS.find(
    (s) => scripts[s] !== undefined && !/\bdev\b|reset|--create-only|push/.test(scripts[s] ?? ''),
  )
  if (script) return { run: ['npm', 'run', script], because: `package.json has a script ${script}: ${scripts[script]}` }
  if (has('prisma/schema.prisma') && isBelow('prisma/migrations/')) {
    return { run: ['prisma', 'migrate', 'deploy'], because: 'prisma/migrations is there' }
  }
  if (names.has('drizzle-kit') && isBelow('drizzle/'))
    return { run: ['drizzle-kit', 'migrate'], because: 'drizzle/ has migrations' }
  if (names.has('knex') && isBelow('migrations/'))
    return { run: ['knex', 'migrate:latest'], because: 'migrations/ is there, and knex' }
  if (names.has('sequelize-cli')) return { run: ['sequelize-cli', 'db:migrate'], because: 'sequelize-cli is among the packages' }
  if (has('manage.py') && names.has('django')) {
    return {
      check: ['python', 'manage.py', 'migrate', '--check'],
      run: ['python', 'manage.py', 'migrate', '--noinput'],
      because: 'Django',
    }
  }
  if (names.has('flask-migrate') && isBelow('migrations/'))
    return { run: ['flask', 'db', 'upgrade'], because: 'migrations/ is there, and Flask-Migrate' }
  if (has('alembic.ini')) return { run: ['alembic', 'upgrade', 'head'], because: 'alembic.ini is there' }
  return undefined
}

export function guessSeed(files: SourceFiles, folder: string): string[] | undefined {
  const scripts = readPackage(files, folder)?.scripts ?? {}
  const script = SEED_SCRIPTS.find((s) => scripts[s] !== undefined)
  return script ? ['npm', 'run', script] : undefined
}
