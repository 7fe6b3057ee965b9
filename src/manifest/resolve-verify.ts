import { show } from '../lib/show.ts'
import type { MigrationClaim, SqlSource, Verify } from '../model/app.ts'
import type { Path } from './places.ts'
import type { FindVariable } from './references.ts'
import { resolveCommand } from './resolve-command.ts'
import { reportUnknown } from './resolve-names.ts'
import type { ManifestComponent } from './schema.ts'
import type { World } from './world.ts'

type WrittenStep = Exclude<NonNullable<ManifestComponent['release']>, string>[number]
type Written = NonNullable<Exclude<WrittenStep, string | unknown[]>['verify']>

/** What must be true after a step; `at` is where it stands. */
export function resolveVerify(world: World, at: Path, written: Written, find: FindVariable): Verify {
  const claims = written.sql === undefined ? [] : Array.isArray(written.sql) ? written.sql : [written.sql]
  const sql = claims.flatMap((claim, i) => {
    const place: Path = Array.isArray(written.sql) ? [...at, 'sql', i] : [...at, 'sql']
    const source = sourceOf(world, [...place, 'resource'], claim.resource)
    return source ? [{ ...source, query: claim.query, expect: String(claim.expect) }] : []
  })
  const run = written.run === undefined ? undefined : resolveCommand(world, [...at, 'run'], written.run, 'once', find)
  const migrations = written.migrations && resolveMigrations(world, [...at, 'migrations'], written.migrations, find)
  return {
    files: [...(written.files ?? [])],
    ...(run && { run }),
    ...(sql.length > 0 && { sql }),
    ...(migrations && { migrations }),
  }
}

function resolveMigrations(
  world: World,
  at: Path,
  { resource, table, applied, present }: NonNullable<Written['migrations']>,
  find: FindVariable,
): MigrationClaim | undefined {
  if (world.isCut(at)) return undefined
  if ((table === undefined) === (applied === undefined)) {
    const message = table === undefined ? 'does not say what was applied' : 'has both `table` and `applied`'
    world.remarks.error(table === undefined ? 'E_MISSING' : 'E_CONFLICT', at, message, 'write one: table: _prisma_migrations')
    return undefined
  }
  const source = sourceOf(world, resource === undefined ? at : [...at, 'resource'], resource)
  const count = Array.isArray(present) || typeof present === 'string' ? undefined : present.run
  const run = count === undefined ? undefined : resolveCommand(world, [...at, 'present', 'run'], count, 'once', find)
  if (!source || (count !== undefined && !run)) return undefined
  const globs = typeof present === 'string' ? [present] : Array.isArray(present) ? [...present] : []
  return {
    ...source,
    applied:
      applied ??
      `select count(*) from ${(table ?? '')
        .split('.')
        .map((part) => `"${part}"`)
        .join('.')}`,
    present: run ? { type: 'command', run } : { type: 'files', globs },
  }
}

/** A database that can be asked; the only one there is where none is named. */
function sourceOf(world: World, at: Path, name: string | undefined): SqlSource | undefined {
  const databases = [...world.resources].filter(([, type]) => type === 'postgres').map(([resource]) => resource)
  const wanted = name ?? (databases.length === 1 ? databases[0] : undefined)
  if (wanted === undefined) {
    const hint = databases.length === 0 ? 'add a postgres resource' : `resource: ${databases[0]}`
    world.remarks.error('E_MISSING', at, 'does not say which database is asked', hint)
    return undefined
  }
  const type = world.resources.get(wanted)
  if (type === undefined) {
    reportUnknown(world, at, wanted, databases, 'postgres resource')
    return undefined
  }
  if (type !== 'postgres') {
    world.remarks.error('E_UNKNOWN_REF', at, `${show(wanted)} is of type ${type}, and statements are for a postgres resource`)
    return undefined
  }
  return { resource: wanted, type, values: { url: { type: 'output', resource: wanted, field: 'url' } } }
}
