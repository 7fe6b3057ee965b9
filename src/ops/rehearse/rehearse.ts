import { LandfallError } from '../../lib/error.ts'
import type { App } from '../../model/app.ts'
import type { BackupRecord, Holding } from '../../model/backup.ts'
import type { Intent, Plan, Scope } from '../../model/plan.ts'
import { makePlan } from '../../plan/plan.ts'
import { resourceTypes } from '../../resources/all.gen.ts'
import { loadApp } from '../app-of.ts'
import type { OpAnswers, OpInput } from '../contract.ts'
import { generateMissing, storedValues, storedVersions, valueFindings } from '../contract-check.ts'
import { observe } from '../observe.ts'
import { appNameOf, firstError, located } from '../read-manifest.ts'
import { type RouteValue, resolveValue, routeText } from '../value.ts'
import type { Setting } from '../world.ts'
import { purge, remainsOf } from './purge.ts'
import { changesOf, type RehearsalReport, stepsOf } from './report.ts'
import { REHEARSAL, scratchApp } from './scratch-app.ts'
import { type LockWatch, type SeenLock, watchLocks } from './watch-locks.ts'

/** Longest that the copied data is looked at afterwards. */
const LOOK_MS = 600_000

/** Reports that are being made, by run; of this daemon alone: after its death a rehearsal is only cleaned up. */
const pending = new WeakMap<Setting, Map<string, Promise<RehearsalReport>>>()

/**
 * A release, tried on a copy: the latest backup goes into an environment of its own, the sources as they are now are built and released
 * there, its checks are asked, and all of it is removed. Comes back as soon as its run goes on; `rehearsal` waits for the report.
 */
export async function rehearse(setting: Setting, input: OpInput<'rehearse'>): Promise<OpAnswers['rehearse']> {
  const from: Scope = { app: await appNameOf(input, setting.store), environment: input.environment }
  const to: Scope = { app: from.app, environment: REHEARSAL }
  setting.store.keys.refuseWithout()
  return setting.inTurn(to, async () => {
    setting.store.runs.refuseWhileLocked(to)
    const backup = chosenBackup(setting, from, input.backup)
    // What a daemon that died left of an earlier one.
    await purge(setting, to)
    const { plan, leftOut } = await planOf(setting, input, from, to, backup)
    const { run } = setting.conductor.begin(plan, undefined)
    const report = watch(setting, { run, plan, from, to, backup, leftOut })
    const all = pending.get(setting) ?? new Map<string, Promise<RehearsalReport>>()
    pending.set(setting, all.set(run, report))
    report.catch(() => {}) // Told to whoever asks for it.
    return { run, environment: REHEARSAL, backup: backup.id, at: new Date(backup.at).toISOString() }
  })
}

export async function rehearsal(setting: Setting, { run }: OpInput<'rehearsal'>): Promise<OpAnswers['rehearsal']> {
  const report = pending.get(setting)?.get(run)
  if (report) return report
  throw new LandfallError({
    code: 'E_UNKNOWN_RUN',
    message: `there is no report of ${run}: it was no rehearsal, or the daemon ended before it was done`,
    hint: 'landfall rehearse',
  })
}

/** After a start: what a daemon that died left of a rehearsal goes. */
export async function cleanRehearsals(setting: Setting): Promise<void> {
  for (const { app, environment } of setting.store.releases.apps()) {
    if (environment !== REHEARSAL) continue
    const scope = { app, environment }
    await setting
      .inTurn(scope, () => purge(setting, scope))
      .catch((error: unknown) => setting.say(`${app}/${REHEARSAL}: ${String(error)}`))
  }
}

function chosenBackup({ keeper, store }: Setting, scope: Scope, wanted: string | undefined): BackupRecord {
  const usable = store.backups.list(scope).filter((b) => b.manifest && (b.state === 'verified' || b.state === 'taken'))
  const [latest] = usable.sort((a, b) => b.at - a.at)
  if (wanted !== undefined) return keeper.known(scope, wanted)
  if (latest) return latest
  const environment = scope.environment === 'local' ? '' : ` --env ${scope.environment}`
  throw new LandfallError({
    code: 'E_UNKNOWN_BACKUP',
    message: `${scope.app}/${scope.environment} has no backup to rehearse with`,
    hint: `landfall backup create${environment}`,
  })
}

async function planOf(
  setting: Setting,
  input: OpInput<'rehearse'>,
  from: Scope,
  to: Scope,
  backup: BackupRecord,
): Promise<{ plan: Plan; leftOut: string[] }> {
  const { backups, stored, releases } = setting.store
  const own = storedValues(from, stored)
  let leftOut: string[] = []
  const { loaded, app, findings, locate } = await loadApp(input, {
    stored,
    route: (v: RouteValue, of: App) => routeText(v, to, of.routes, setting.edge),
    adapt(written) {
      const scratch = scratchApp(written, resourceTypes, (name) => own.has(name))
      leftOut = scratch.leftOut
      copyValues(setting, from, to, scratch.keepOut)
      return scratch.app
    },
  })
  if (app) findings.push(...located(valueFindings(loaded?.app ?? app, to, storedValues(to, stored)), locate))
  if (!loaded || findings.some((f) => f.level === 'error')) {
    setting.store.forget(to)
    throw firstError(findings)
  }
  generateMissing(loaded.app, to, stored, Date.now())
  releases.seen(to, input.folder, Date.now())
  // Its files are the other environment's: a hold keeps everybody's hands from them.
  const folder = backup.folder ?? `${from.app}/${from.environment}/${backup.id}`
  backups.put({ ...backup, ...to, folder, hold: 'a rehearsal reads it' })
  const held = new Set(backup.manifest?.parts.flatMap((p) => (p.resource ? [`${p.resource} ${p.type}`] : [])))
  const resources = loaded.app.resources.filter((r) => held.has(`${r.name} ${r.type}`)).map((r) => r.name)
  const at = new Date(backup.at).toISOString()
  const intent: Intent = {
    ...to,
    type: 'up',
    release: releases.next(to),
    stored: storedVersions(loaded.app, to, stored),
    restore: { restore: backups.nextRestore(to), backup: backup.id, at, resources },
  }
  const observed = await observe(setting, to)
  const { artifacts, data, provision, external } = loaded
  const made = makePlan({ app: loaded.app, artifacts, data, provision, external, observed, intent })
  if (!made.plan) {
    setting.store.forget(to)
    throw firstError(made.findings)
  }
  return { plan: made.plan, leftOut }
}

/** What is set in the environment itself, but for what leads to somebody else's; values that a person gave the rehearsal count more. */
function copyValues({ store: { stored } }: Setting, from: Scope, to: Scope, keepOut: ReadonlySet<string>): void {
  const there = new Set(stored.list(to).map((e) => e.name))
  for (const { name, isSecret, source } of stored.list(from)) {
    if (there.has(name) || keepOut.has(name)) continue
    const value = stored.get(from, name)
    if (value !== undefined) stored.set(to, name, value, { isSecret, source }, Date.now())
  }
}

interface Watched {
  run: string
  plan: Plan
  from: Scope
  to: Scope
  backup: BackupRecord
  leftOut: string[]
}

/** Follows the run, looks at what it left, and removes it. */
async function watch(setting: Setting, { run, plan, from, to, backup, leftOut }: Watched): Promise<RehearsalReport> {
  const { conductor, keeper, store } = setting
  const watches: LockWatch[] = []
  const locks: SeenLock[] = []
  const unseen: string[] = []
  const endWatching = async () => {
    for (const { seen, problem } of await Promise.all(watches.splice(0).map((w) => w.end()))) {
      locks.push(...seen)
      if (problem !== undefined) unseen.push(problem)
    }
  }
  for await (const event of conductor.watch(run, 0, new AbortController().signal)) {
    if (event.type !== 'step') continue
    const isCopied = event.what === 'swap-data' && event.state === 'done' && !event.isUndo
    // A rehearsal whose locks nobody can watch is one all the same, and is removed all the same.
    if (isCopied) watches.push(...(await watchesOf(setting, plan, to, unseen)))
    else if (plan.stages[event.stage]?.name !== 'release' && event.state === 'started') await endWatching()
  }
  await endWatching()
  await conductor.ended(run)
  const ended = store.runs.get(run)
  const isPassed = ended?.state === 'done'
  const before = Object.fromEntries(
    (backup.manifest?.parts ?? []).flatMap((p) => (p.resource ? [[p.resource, p.holds] as const] : [])),
  )
  let after: Record<string, Holding> = before
  if (isPassed) {
    const ears = { signal: AbortSignal.timeout(LOOK_MS), say: setting.say }
    after = await keeper.inspect(to, ears, Object.keys(before)).catch((error: unknown) => {
      unseen.push(`what the release did to the data: ${messageOf(error)}`)
      return before
    })
  }
  const events = store.runs.events(run, 0)
  // Nothing of it stays, whatever came of it.
  const problem = await setting.inTurn(to, () => purge(setting, to)).then(() => undefined, messageOf)
  const remains = await remainsOf(setting, to)
  const why = ended?.error
    ? `${ended.message ?? ''}${ended.error.detail ? `\n${ended.error.detail}` : ''}`
    : (ended?.message ?? '')
  return {
    run,
    ...from,
    state: isPassed ? 'passed' : 'failed',
    message: isPassed ? 'the release works on a copy of the data' : why,
    backup: { id: backup.id, at: new Date(backup.at).toISOString(), isVerified: backup.state === 'verified' },
    ...stepsOf(plan, events),
    locks,
    data: changesOf(before, after),
    leftOut,
    unseen,
    remains: [...(problem === undefined ? [] : [problem]), ...remains],
  }
}

/** One for every PostgreSQL of the rehearsal; what cannot be watched is told in `unseen`. */
async function watchesOf({ store, engine, edge }: Setting, plan: Plan, scope: Scope, unseen: string[]): Promise<LockWatch[]> {
  const found: LockWatch[] = []
  for (const resource of (plan.outcome?.operate?.resources ?? []).filter((r) => r.type === 'postgres')) {
    const value = resourceTypes.postgres?.output(resource, 'url')
    const of = { ...scope, component: resource.name, release: plan.release ?? '' }
    try {
      const url = value ? await resolveValue(value, of, { store, engine: () => engine, edge }) : ''
      found.push(await watchLocks(resource.name, url))
    } catch (error) {
      unseen.push(`locks of ${resource.name}: ${messageOf(error)}`)
    }
  }
  return found
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
