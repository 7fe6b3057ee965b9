import { existsSync, globSync } from 'node:fs'
import { isAbsolute, join } from 'node:path'
import { LandfallError, shapeOf } from '../../lib/error.ts'
import type { MigrationClaim, SqlSource } from '../../model/app.ts'
import type { Scope, Step } from '../../model/plan.ts'
import type { StepContext } from '../../model/plug.ts'
import type { Value } from '../../model/value.ts'
import { textsOf } from './await-resource.ts'
import { runBeside } from './exec-beside.ts'
import { paths } from './paths.ts'
import type { World } from './world.ts'

type RunOnce = Extract<Step, { type: 'run-once' }>

/** What the manifest says is true after a command that ended well; also where its check found it unnecessary. */
export async function verifyOnce(world: World, step: RunOnce, ctx: StepContext): Promise<void> {
  const { files = [], run, sql = [], migrations } = step.command.verify ?? {}
  const missing = files.filter((file) => !existsSync(placeOf(world, step, ctx, file)))
  if (missing.length > 0) throw untrue(step, `${missing.join(', ')} ${missing.length === 1 ? 'is' : 'are'} not there`)
  if (run) {
    const { code, lines } = await beside(world, step, ctx, run)
    if (code !== 0) throw untrue(step, `its verification ended with ${code}`, lines.slice(-50).join('\n'))
  }
  for (const { query, expect, ...source } of sql) {
    const answer = await ask(world, step, ctx, source, query)
    if (answer !== expect) throw untrue(step, `${source.resource} answered ${answer ?? 'nothing'}, expected ${expect}`, query)
    ctx.say(`${source.resource} answered ${expect}, as expected`)
  }
  if (migrations) await countMigrations(world, step, ctx, migrations)
}

async function countMigrations(world: World, step: RunOnce, ctx: StepContext, claim: MigrationClaim): Promise<void> {
  const applied = Number(await ask(world, step, ctx, claim, claim.applied))
  const present = await presentOf(world, step, ctx, claim.present)
  const difference = present - applied
  if (difference === 0 && !Number.isNaN(applied)) return ctx.say(`${applied} migrations applied, as many as there are`)
  const message = Number.isNaN(applied)
    ? `${claim.resource} gave no number of applied migrations`
    : difference > 0
      ? `${applied} of ${present} migrations are applied: ${difference} left out`
      : `${applied} migrations are applied and only ${present} are there: the database is ahead of this code`
  throw untrue(step, message, claim.applied)
}

async function presentOf(world: World, step: RunOnce, ctx: StepContext, present: MigrationClaim['present']): Promise<number> {
  if (present.type === 'files') return globSync(present.globs, { cwd: paths.artifactRoot(world.home, step.artifact) }).length
  const { code, lines } = await beside(world, step, ctx, present.run)
  const last = lines.findLast((line) => line.trim() !== '')?.trim() ?? ''
  if (code === 0 && /^\d+$/.test(last)) return Number(last)
  throw untrue(
    step,
    `what counts the migrations ended with ${code} and said ${last || 'nothing'}, no number`,
    lines.slice(-50).join('\n'),
  )
}

/** A statement must not take the release's time: the database ends it, and so do we. */
const ASK_MS = 40_000

async function ask(
  world: World,
  step: RunOnce,
  ctx: StepContext,
  source: SqlSource,
  statement: string,
): Promise<string | undefined> {
  const server = world.options.servers[source.type]
  if (!server?.query) throw untrue(step, `${source.resource} is of type ${source.type}, which answers no statements`)
  try {
    const values = await textsOf(world, source.values, ctx, step.release, step.component.name)
    return await server.query(values, statement, AbortSignal.any([ctx.signal, AbortSignal.timeout(ASK_MS)]))
  } catch (error) {
    throw untrue(step, `${source.resource} could not be asked: ${shapeOf(error).message}`, statement)
  }
}

async function beside(
  world: World,
  step: RunOnce,
  ctx: StepContext,
  command: Value[],
): Promise<{ code: number; lines: string[] }> {
  let text = ''
  const take = (chunk: Uint8Array) => {
    text = (text + Buffer.from(chunk).toString('utf8')).slice(-64 * 1024)
  }
  const code = await runBeside(world, ctx, { ...step, command }, { stdout: take, stderr: take, signal: ctx.signal })
  return { code, lines: text.trimEnd().split('\n') }
}

/** A file as the command saw it: in the artifact, or in a volume that is mounted over it. */
function placeOf(world: World, step: RunOnce, scope: Scope, file: string): string {
  const root = paths.artifactRoot(world.home, step.artifact)
  const absolute = (path: string) => (isAbsolute(path) ? path : join(root, path))
  const path = absolute(file)
  for (const mount of step.component.mounts) {
    const at = mount.path === undefined ? undefined : absolute(mount.path)
    if (at !== undefined && path.startsWith(`${at}/`))
      return join(paths.volume(world.home, scope, mount.volume), path.slice(at.length))
  }
  return path
}

function untrue(step: RunOnce, what: string, detail?: string): LandfallError {
  return new LandfallError({
    code: 'E_RELEASE_STEP',
    at: `components.${step.component.name}.release`,
    message: `${step.command.name} ended with 0, but ${what}`,
    ...(detail && { detail }),
    hint: `landfall logs ${step.component.name} --release ${step.release}`,
  })
}
