import { randomInt } from 'node:crypto'
import { join } from 'node:path'
import { recipientOf } from '../lib/age/keys.ts'
import { digestOf } from '../lib/digest.ts'
import { codeOf, LandfallError } from '../lib/error.ts'
import { packageVersion } from '../lib/package.ts'
import type { BackupPlace, BackupPolicy, BackupRecord, Holding, RestoreRecord, SnapshotTarget } from '../model/backup.ts'
import type { Finding } from '../model/finding.ts'
import type { DataStep, Outcome, Plan, Scope } from '../model/plan.ts'
import type { StepContext } from '../model/plug.ts'
import type { DataKeeper } from '../run/crew.ts'
import type { AppPart } from './app-part.ts'
import { identitiesOf } from './identity.ts'
import type { Job } from './job.ts'
import { ENDING } from './parts.ts'
import { expired } from './retention.ts'
import { type JobEars, runJob } from './run-job.ts'
import { opened, placeName, type TargetParts, targetsOf } from './targets.ts'

export interface KeeperParts extends TargetParts {
  now(): number
  say(line: string): void
}
type Of<T extends DataStep['type']> = Extract<DataStep, { type: T }>
type Ears = Pick<StepContext, 'signal' | 'say'>

/** Takes, proves and brings back the data of environments. The work itself is done in processes of their own. */
export class Keeper implements DataKeeper {
  private readonly parts: KeeperParts
  constructor(parts: KeeperParts) {
    this.parts = parts
  }

  act(step: DataStep, plan: Plan, ctx: StepContext): Promise<void> {
    switch (step.type) {
      case 'backup':
        return this.take(step, ctx)
      case 'verify-backup':
        return this.verify(plan, step.backup ?? this.ofRun(ctx).id, ctx)
      case 'restore':
        return this.restore(step, plan, ctx)
      case 'swap-data':
        return this.swap(step, plan, ctx)
    }
  }

  policyOf(scope: Scope): BackupPolicy & { to: BackupPlace } {
    const policy = this.serving(scope).outcome.operate?.backup ?? { keep: {}, beforeMigrations: true, verify: true }
    return { ...policy, to: policy.to ?? { type: 'folder', path: join(this.parts.home, 'backups') } }
  }

  /** What the live resources hold now: what a restore would put aside. */
  async inspect(scope: Scope, ears: Ears, resources?: string[]): Promise<Record<string, Holding>> {
    const targets = await targetsOf(this.parts, scope, this.serving(scope), resources)
    const { holdings } = await this.job({ ...this.nowhere(), type: 'inspect', targets }, ears)
    return holdings
  }

  private async take(step: Of<'backup'>, ctx: StepContext): Promise<void> {
    const { store } = this.parts
    const before = store.backups.ofRun(ctx, ctx.run)
    if (before && before.state !== 'making') {
      // Its end was not seen, but it is whole.
      if (before.state !== 'failed') return
    }
    if (!before && (await this.isNotNeeded(step, ctx))) return
    // A key that is missing is told before anything is begun.
    opened(store, ctx, before?.place ?? this.policyOf(ctx).to)
    await this.collect(ctx, ctx)
    const record = before ?? this.begin(step, ctx)
    const serving = this.serving(ctx)
    const head = this.head(ctx, record)
    const recipients = this.recipients()
    const findings: Finding[] = []
    const ears: JobEars = { ...earsOf(ctx), find: (f) => findings.push(f) }
    try {
      const targets = await targetsOf(this.parts, ctx, serving, step.resources)
      const named = targets.map((target) => ({ target, file: this.fileOf(target.resource) }))
      const manifest = {
        format: 1 as const,
        app: ctx.app,
        environment: ctx.environment,
        id: record.id,
        at: new Date(record.at).toISOString(),
        why: record.why,
        ...(serving.release && { release: serving.release }),
        tools: { landfall: packageVersion, node: process.versions.node, zstd: process.versions.zstd ?? '' },
        recipients,
      }
      const made = store.backups.parts(ctx, record.id)
      const finish = {
        app: this.appPart(ctx, serving),
        manifest,
        parts: made.map((p) => p.part),
        findings: made.flatMap((p) => p.findings),
      }
      const job = { ...head, type: 'take' as const, recipients, targets: named, ...(step.isLast && { finish }) }
      const done = await this.job<'take'>(job, ears)
      for (const f of findings) ctx.say(`${f.level}: ${f.message}`)
      if (!done.manifest) {
        for (const part of done.parts) store.backups.addPart(ctx, record.id, part, findings)
        return
      }
      const bytes = done.manifest.parts.reduce((sum, p) => sum + p.bytes, 0)
      store.backups.put({ ...record, state: 'taken', bytes, manifest: done.manifest })
      if (step.before) store.releases.setBackup(ctx, step.before, record.id)
      ctx.say(`${record.id}: ${bytes} bytes in ${titleOf(record)}`)
    } catch (error) {
      // A daemon that goes will come back to it; all else leaves nothing behind.
      if (ctx.signal.reason === 'suspend') throw error
      store.backups.put({ ...record, state: 'failed', trouble: messageOf(error) })
      await this.job({ ...head, type: 'remove' }, { ...earsOf(ctx), signal: AbortSignal.timeout(60_000) }).catch(
        (again: unknown) => this.parts.say(`could not remove what was begun of ${record.id}: ${messageOf(again)}`),
      )
      throw error
    }
    await this.retire(ctx, ctx)
  }

  /** Every migrating step's `check` says that it is done: nothing will change. */
  private async isNotNeeded(step: Of<'backup'>, ctx: StepContext): Promise<boolean> {
    if (step.unless.length === 0) return false
    for (const { component, release, artifact, check } of step.unless) {
      const words = check.map((v) => (v.type === 'text' ? v.text : undefined))
      if (words.includes(undefined)) return false
      const io = { stdout: () => {}, stderr: () => {}, signal: ctx.signal }
      const code = await this.parts
        .engine()
        .exec(ctx, component, release, artifact, words as string[], io) // None of them is missing.
        .catch((error: unknown) => {
          if (codeOf(error) === undefined) throw error
          return 1
        })
      if (code !== 0) return false
    }
    ctx.say('nothing is to be migrated: no backup is needed')
    return true
  }

  private async verify(scope: Scope, id: string, ears: Ears): Promise<void> {
    const { backups } = this.parts.store
    const record = this.known(scope, id)
    const targets = await targetsOf(this.parts, scope, this.serving(scope))
    try {
      const { differences } = await this.job({ ...this.head(scope, record), type: 'verify', targets }, ears)
      refuseDifferent(differences, id)
    } catch (error) {
      if (ears.signal.aborted) throw error
      const isFirst = record.trouble === undefined
      backups.put({ ...record, state: record.state === 'verified' ? 'taken' : record.state, trouble: messageOf(error) })
      if (isFirst) this.alert(scope, `the backup ${id} cannot be restored: ${messageOf(error)}`)
      throw error
    }
    const { trouble: _, ...whole } = record
    backups.put({ ...whole, state: 'verified', verifiedAt: this.parts.now() })
    await this.retire(scope, ears)
  }

  private async restore(step: Of<'restore'>, plan: Plan, ctx: StepContext): Promise<void> {
    const { backups } = this.parts.store
    const begun = backups.restores(ctx).find((r) => r.id === step.restore)
    // Filled before, in a run whose end was not seen.
    if (begun && begun.state !== 'filling' && begun.state !== 'undone') return
    const { app, environment } = ctx
    const restore: RestoreRecord = {
      app,
      environment,
      id: step.restore,
      backup: step.backup,
      state: 'filling',
      at: this.parts.now(),
      resources: step.resources,
    }
    await this.tidyRestores(ctx, step.restore)
    backups.putRestore(restore)
    const targets = await targetsOf(this.parts, ctx, this.outcomeOf(plan), step.resources)
    const place = placeName(ctx, step.restore, digestOf)
    try {
      await this.fill(step, targets, place, ctx)
    } catch (error) {
      // A daemon that goes will come back to it; all else leaves nothing behind.
      if (ctx.signal.reason === 'suspend') throw error
      const ears = { ...earsOf(ctx), signal: AbortSignal.timeout(60_000) }
      await this.job({ ...this.nowhere(), type: 'drop', place, targets, which: 'new' }, ears).then(
        () => backups.putRestore({ ...restore, state: 'undone' }),
        (again: unknown) => this.parts.say(`could not remove what ${step.restore} began: ${messageOf(again)}`),
      )
      throw error
    }
    backups.putRestore({ ...restore, state: 'filled' })
  }

  private async fill(step: Of<'restore'>, targets: SnapshotTarget[], place: string, ctx: StepContext): Promise<void> {
    if (step.file) {
      const { file } = step
      for (const target of targets) await this.job({ ...this.nowhere(), type: 'restore-file', place, target, file }, ctx)
      return
    }
    const record = this.known(ctx, step.backup)
    const aims = targets.map((target) => {
      const part = record.manifest?.parts.find((p) => p.resource === target.resource.name)
      return part ? { target, part } : { target }
    })
    const { differences } = await this.job({ ...this.head(ctx, record), type: 'restore', place, aims }, ctx)
    refuseDifferent(differences, step.backup)
  }

  /** What restores that were cut off have filled, and nobody will swap in. */
  private async tidyRestores(ctx: StepContext, but: string): Promise<void> {
    const { backups } = this.parts.store
    for (const left of backups.restores(ctx)) {
      if (left.id === but || (left.state !== 'filling' && left.state !== 'filled')) continue
      const targets = await targetsOf(this.parts, ctx, this.serving(ctx), left.resources)
      const place = placeName(ctx, left.id, digestOf)
      await this.job({ ...this.nowhere(), type: 'drop', place, targets, which: 'new' }, ctx)
      backups.putRestore({ ...left, state: 'undone' })
    }
  }

  private async swap(step: Of<'swap-data'>, plan: Plan, ctx: StepContext): Promise<void> {
    const { backups } = this.parts.store
    const restore = backups.restores(ctx).find((r) => r.id === step.restore)
    if (!restore) return
    if (!step.isBack && restore.state !== 'filled' && restore.state !== 'swapped') {
      throw new LandfallError({
        code: 'E_RESTORE',
        message: `${step.restore} is ${restore.state}: only what is filled is swapped in`,
      })
    }
    const targets = await targetsOf(this.parts, ctx, this.outcomeOf(plan), step.resources)
    const place = placeName(ctx, step.restore, digestOf)
    await this.job({ ...this.nowhere(), type: 'swap', place, targets, isBack: step.isBack }, ctx)
    backups.putRestore({ ...restore, state: step.isBack ? 'undone' : 'swapped' })
  }

  /** What was live before a restore goes; from then on there is no way back to it. */
  async confirm(scope: Scope, id: string, ears: Ears): Promise<RestoreRecord> {
    const { backups } = this.parts.store
    const restore = backups.restores(scope).find((r) => r.id === id)
    if (restore?.state !== 'swapped') {
      const open = backups.restores(scope).filter((r) => r.state === 'swapped')
      throw new LandfallError({
        code: 'E_UNKNOWN_RESTORE',
        message: restore ? `${id} is ${restore.state}` : `there is no restore ${id}`,
        hint: open.length > 0 ? `to be confirmed: ${open.map((r) => r.id).join(', ')}` : 'none waits to be confirmed',
      })
    }
    const targets = await targetsOf(this.parts, scope, this.serving(scope), restore.resources)
    await this.job({ ...this.nowhere(), type: 'drop', place: placeName(scope, id, digestOf), targets, which: 'old' }, ears)
    const confirmed: RestoreRecord = { ...restore, state: 'confirmed' }
    backups.putRestore(confirmed)
    return confirmed
  }

  /** By hand, after the rules said yes. */
  async remove(scope: Scope, id: string, ears: Ears): Promise<void> {
    const record = this.known(scope, id)
    await this.job({ ...this.head(scope, record), type: 'remove' }, ears)
    this.parts.store.backups.forget(scope, id)
  }

  /** Releases that are on record, and the backups that were taken before them. */
  tied(scope: Scope): ReadonlySet<string> {
    return new Set(this.parts.store.releases.list(scope).flatMap((r) => (r.backup ? [r.backup] : [])))
  }

  known(scope: Scope, id: string): BackupRecord {
    const record = this.parts.store.backups.get(scope, id)
    if (record?.manifest) return record
    const newest = this.parts.store.backups.list(scope).filter((b) => b.manifest)
    throw new LandfallError({
      code: 'E_UNKNOWN_BACKUP',
      message: record
        ? `${id} is ${record.state}, and no backup`
        : `there is no backup ${id} of ${scope.app}/${scope.environment}`,
      hint: newest[0] ? `the newest one: ${newest[0].id}` : 'landfall backup create',
    })
  }

  /** Files and record of a backup: job parts that all of them share. */
  head(scope: Scope, record: Pick<BackupRecord, 'app' | 'environment' | 'id' | 'place' | 'folder'>) {
    const { home, store } = this.parts
    const folder = record.folder ?? `${record.app}/${record.environment}/${record.id}`
    return { home, at: opened(store, scope, record.place), folder, identities: identitiesOf(home) }
  }

  job<T extends Job['type']>(job: Omit<Extract<Job, { type: T }>, 'scratch'> & { type: T }, ears: Ears) {
    return runJob<T>(job, ears)
  }

  private begin(step: Of<'backup'>, ctx: StepContext): BackupRecord {
    const at = this.parts.now()
    const { app, environment, run } = ctx
    const record: BackupRecord = {
      app,
      environment,
      id: newId(at),
      place: this.policyOf(ctx).to,
      state: 'making',
      why: step.why,
      run,
      ...(step.before && { before: step.before }),
      at,
      bytes: 0,
    }
    this.parts.store.backups.put(record)
    return record
  }

  /** What runs that are over left unfinished. */
  private async collect(scope: Scope, ears: Ears): Promise<void> {
    const { backups, runs } = this.parts.store
    for (const record of backups.list(scope)) {
      if (record.state !== 'making' || !record.run) continue
      const run = runs.get(record.run)
      if (run && (run.endedAt === undefined || run.state === 'waiting')) continue
      await this.job({ ...this.head(scope, record), type: 'remove' }, ears)
      backups.put({ ...record, state: 'failed', trouble: 'the run that made it was cut off' })
    }
  }

  private async retire(scope: Scope, ears: Ears): Promise<void> {
    const { backups } = this.parts.store
    const { keep } = this.policyOf(scope)
    for (const record of expired(backups.list(scope), keep, this.tied(scope), this.parts.now())) {
      // Without its manifest it is none: that goes with the folder, and a second try finds the rest.
      await this.job({ ...this.head(scope, record), type: 'remove' }, ears)
      backups.forget(scope, record.id)
      ears.say(`${record.id} is past its time and was removed`)
    }
  }

  private alert(scope: Scope, message: string): void {
    const { store, now, say } = this.parts
    const release = this.serving(scope).release ?? ''
    store.notices.add({ ...scope, component: 'backup', release, at: new Date(now()).toISOString(), code: 'note', message })
    say(`${scope.app}/${scope.environment} ${message}`)
  }

  private appPart(scope: Scope, { outcome, release }: { outcome: Outcome; release: string | undefined }): AppPart {
    const { stored } = this.parts.store
    const values = stored
      .list(scope)
      .map(({ name, isSecret, source }) => ({ name, isSecret, source, value: stored.get(scope, name) ?? '' }))
    return { app: scope.app, environment: scope.environment, ...(release && { release }), outcome, values }
  }

  private recipients(): string[] {
    const [own = ''] = identitiesOf(this.parts.home)
    const recovery = this.parts.store.keys.recovery()?.recipient
    return [recipientOf(own), ...(recovery ? [recovery] : [])]
  }

  private fileOf(resource: { name: string; type: string; options: Record<string, unknown> }): string {
    const extension = this.parts.types[resource.type]?.snapshot?.access(resource)?.extension ?? 'bin'
    return `${resource.name}.${extension}${ENDING}`
  }

  private ofRun(ctx: StepContext): BackupRecord {
    const record = this.parts.store.backups.ofRun(ctx, ctx.run)
    if (record) return record
    throw new LandfallError({ code: 'E_UNKNOWN_BACKUP', message: `${ctx.run} has made no backup` })
  }

  private serving(scope: Scope): { outcome: Outcome; release: string | undefined } {
    const { outcome, release } = this.parts.store.releases.serving(scope)
    return { outcome, release }
  }

  private outcomeOf(plan: Plan): { outcome: Outcome; release: string | undefined } {
    return plan.outcome ? { outcome: plan.outcome, release: plan.release } : this.serving(plan)
  }

  /** For jobs that touch no backup. */
  private nowhere() {
    const { home } = this.parts
    return { home, at: { place: { type: 'folder' as const, path: join(home, 'backups') } }, folder: '-', identities: [] }
  }
}

/** `20261121T032700Z-kqmw`: when, and four letters that tell two of one second apart. */
function newId(at: number): string {
  const time = `${new Date(at).toISOString().slice(0, 19).replace(/[-:]/g, '')}Z`
  const letters = Array.from({ length: 4 }, () => 'abcdefghjkmnpqrstuvwxyz'[randomInt(23)]).join('')
  return `${time}-${letters}`
}

function refuseDifferent(differences: string[], id: string): void {
  if (differences.length === 0) return
  throw new LandfallError({
    code: 'E_BACKUP_DIFFERS',
    message: `what ${id} gives back is not what it was made from: ${differences[0]}`,
    detail: differences.slice(0, 20).join('\n'),
    hint: 'nothing of it serves; make another one: landfall backup create',
  })
}

function titleOf({ place }: BackupRecord): string {
  return place.type === 'folder' ? place.path : `s3://${place.bucket}/${place.prefix}`
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

const earsOf = ({ signal, say }: StepContext): Ears => ({ signal, say })
