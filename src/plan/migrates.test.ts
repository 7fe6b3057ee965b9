import { describe, expect, test } from 'vitest'
import type { ReleaseStep } from '../model/app.ts'
import { isMigrating, migratesOf } from './migrates.ts'

const step = (run: string, over: Partial<ReleaseStep> = {}): ReleaseStep => ({
  name: 'release-1',
  run: run.split(' ').map((text) => ({ type: 'text', text })),
  isRepeatable: false,
  ...over,
})

describe('whether a step migrates', () => {
  test.each([
    'python manage.py migrate --noinput',
    'npx prisma migrate deploy',
    'npx prisma db push',
    'npx drizzle-kit migrate',
    'pnpm exec drizzle-kit push',
    'alembic upgrade head',
    'flask db migrate',
    'npm run db:migrate',
    'node migrate.js',
    'bundle exec rails db:migrate',
    'mix ecto.migrate',
    'knex migrate:latest',
    'dbmate up',
    'npx typeorm migration:run',
  ])('%s', (run) => {
    expect(isMigrating(step(run))).toBe(true)
  })

  test.each(['python manage.py collectstatic', 'node warm-up.js', 'immigrate --all', 'alembic history', 'prisma generate'])(
    'not: %s',
    (run) => {
      expect(isMigrating(step(run))).toBe(false)
    },
  )

  test('what the manifest says counts more than words; a claim about migrations and a name count too', () => {
    expect(isMigrating(step('node migrate.js', { migrates: false }))).toBe(false)
    expect(isMigrating(step('node x.js', { migrates: true }))).toBe(true)
    expect(isMigrating(step('node x.js', { name: 'migrate-schema' }))).toBe(true)
    const claim = {
      resource: 'db',
      type: 'postgres',
      values: {},
      applied: 'select 1',
      present: { type: 'files', globs: [] },
    } as const
    expect(
      isMigrating(step('node x.js', { verify: { files: [], migrations: { ...claim, present: { type: 'files', globs: [] } } } })),
    ).toBe(true)
    expect(migratesOf({ releaseSteps: [step('node x.js'), step('node migrate.js')] })).toBe(true)
    expect(migratesOf({ releaseSteps: [] })).toBe(false)
  })
})
