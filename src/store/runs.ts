import type { DatabaseSync } from 'node:sqlite'
import { LandfallError } from '../lib/error.ts'
import type { ErrorShape, RunEvent, RunState } from '../model/event.ts'
import type { Plan, Scope } from '../model/plan.ts'

export interface RunRecord extends Scope {
  run: string
  plan: Plan
  epoch: number
  startedAt: number
  endedAt?: number
  state?: RunState
  message?: string
  error?: ErrorShape
}
export interface Runs {
  /**
   * Takes the environment's lock and writes the run in one transaction. E_LOCKED when another run has it. The same `key` again
   * gives the run that it made.
   */
  begin(plan: Plan, key: string | undefined, at: number): { run: RunRecord; isNew: boolean }
  /** E_LOCKED while a run of this environment is under way or waits. */
  refuseWhileLocked(scope: Scope): void
  /** A run that a dead daemon left goes on under a new epoch, so that the dead one's late writes are refused. */
  adopt(run: string): RunRecord
  /** Of a run that waits: it goes on. */
  reopen(run: string): void
  get(run: string): RunRecord | undefined
  byKey(key: string): RunRecord | undefined
  /** Without an end, or waiting for a decision. */
  open(scope?: Scope): RunRecord[]
  /** The newest run of a cron component. */
  lastOf(scope: Scope, component: string): RunRecord | undefined
  /** Of a cron component's runs that have ended, only the newest stay on record. */
  trim(scope: Scope, component: string, keep: number): void
  list(scope: Scope | undefined, limit: number): RunRecord[]
  /** Synced when it returns. An end event ends the run in the same transaction: nobody waits for one that never comes. */
  append(run: string, events: RunEvent[]): void
  events(run: string, after: number): RunEvent[]
  lastStep(run: string): Extract<RunEvent, { type: 'step' }> | undefined
}

type Row = {
  n: number
  app: string
  environment: string
  plan: string
  epoch: number
  started_at: number
  ended_at: number | null
  state: RunState | null
  message: string | null
  error: string | null
}

export function openRuns(db: DatabaseSync): Runs {
  const byId = db.prepare('select * from run where n = ?')
  const keyed = db.prepare('select * from run where key = ?')
  const holderOf = db.prepare(`select r.* from lock l join run r on r.n = l.run where l.app = ? and l.environment = ?
     and (r.ended_at is null or r.state = 'waiting')`)
  const insert = db.prepare(
    'insert into run (app, environment, key, intent, plan, epoch, started_at) values (?, ?, ?, ?, ?, ?, ?)',
  )
  const takeLock = db.prepare(`insert into lock (app, environment, epoch, run) values (?, ?, 1, ?)
     on conflict (app, environment) do update set epoch = epoch + 1, run = excluded.run returning epoch`)
  const setEpoch = db.prepare('update run set epoch = ? where n = ?')
  const finish = db.prepare('update run set state = ?, message = ?, error = ?, ended_at = ? where n = ?')
  const openOnes = db.prepare(`select * from run where ended_at is null or state = 'waiting' order by n`)
  const listAll = db.prepare('select * from run order by n desc limit ?')
  const listOf = db.prepare('select * from run where app = ? and environment = ? order by n desc limit ?')
  const addEvent = db.prepare('insert into journal (run, seq, at, event) values (?, ?, ?, ?)')
  const getEvents = db.prepare('select event from journal where run = ? and seq > ? order by seq')
  const lastEvents = db.prepare('select event from journal where run = ? order by seq desc limit 50')
  const familyOf = ({ app, environment }: Scope, component: string) => `cron:${app}/${environment}/${component}@%`
  const lastOf = db.prepare('select * from run where key like ? order by n desc limit 1')
  const old = db.prepare('select n from run where key like ? and ended_at is not null order by n desc limit -1 offset ?')
  const dropEvents = db.prepare('delete from journal where run = ?')
  const dropRun = db.prepare('delete from run where n = ?')
  const id = (run: string) => Number(run.replace(/^run-/, ''))
  const recordOf = (r: Row): RunRecord => ({
    run: `run-${r.n}`,
    app: r.app,
    environment: r.environment,
    plan: JSON.parse(r.plan) as Plan,
    epoch: r.epoch,
    startedAt: r.started_at,
    ...(r.ended_at !== null && { endedAt: r.ended_at }),
    ...(r.state && { state: r.state }),
    ...(r.message && { message: r.message }),
    ...(r.error && { error: JSON.parse(r.error) as ErrorShape }),
  })
  const maybe = (row: unknown) => (row ? recordOf(row as Row) : undefined)
  const all = (rows: unknown[]) => (rows as Row[]).map(recordOf)
  const inTransaction = <T>(work: () => T): T => {
    db.exec('begin immediate')
    try {
      const result = work()
      db.exec('commit')
      return result
    } catch (error) {
      if (db.isTransaction) db.exec('rollback')
      throw error
    }
  }
  const lastStep: Runs['lastStep'] = (run) => {
    for (const { event } of lastEvents.all(id(run)) as { event: string }[]) {
      const e = JSON.parse(event) as RunEvent
      if (e.type === 'step') return e
    }
    return undefined
  }
  const refuseWhileLocked: Runs['refuseWhileLocked'] = ({ app, environment }) => {
    const holder = maybe(holderOf.get(app, environment))
    if (holder) throw locked(holder, lastStep(holder.run)?.text)
  }
  const get = (run: string) => maybe(byId.get(id(run)))
  return {
    begin: (plan, key, at) =>
      inTransaction(() => {
        const before = key === undefined ? undefined : maybe(keyed.get(key))
        if (before) return { run: before, isNew: false }
        if (!isBeside(plan)) refuseWhileLocked(plan)
        const { lastInsertRowid: n } = insert.run(
          plan.app,
          plan.environment,
          key ?? null,
          plan.intent,
          JSON.stringify(plan),
          0,
          at,
        )
        if (isBeside(plan)) return { run: recordOf(byId.get(n) as Row), isNew: true }
        const { epoch } = takeLock.get(plan.app, plan.environment, n) as { epoch: number }
        setEpoch.run(epoch, n)
        return { run: recordOf(byId.get(n) as Row), isNew: true }
      }),
    refuseWhileLocked,
    adopt: (run) =>
      inTransaction(() => {
        const { app, environment, plan } = get(run)!
        if (isBeside(plan)) return get(run)!
        const { epoch } = takeLock.get(app, environment, id(run)) as { epoch: number }
        setEpoch.run(epoch, id(run))
        return get(run)!
      }),
    reopen: (run) => void finish.run(null, null, null, null, id(run)),
    get,
    byKey: (key) => maybe(keyed.get(key)),
    open: (scope) => all(openOnes.all()).filter((r) => !scope || (r.app === scope.app && r.environment === scope.environment)),
    lastOf: (scope, component) => maybe(lastOf.get(familyOf(scope, component))),
    trim: (scope, component, keep) =>
      inTransaction(() => {
        for (const { n } of old.all(familyOf(scope, component), keep) as { n: number }[]) {
          dropEvents.run(n)
          dropRun.run(n)
        }
      }),
    list: (scope, limit) => all(scope ? listOf.all(scope.app, scope.environment, limit) : listAll.all(limit)),
    append: (run, events) =>
      inTransaction(() => {
        for (const e of events) {
          addEvent.run(id(run), e.seq, Date.parse(e.at), JSON.stringify(e))
          if (e.type === 'end')
            finish.run(e.state, e.message, e.error ? JSON.stringify(e.error) : null, Date.parse(e.at), id(run))
        }
      }),
    events: (run, after) => (getEvents.all(id(run), after) as { event: string }[]).map((r) => JSON.parse(r.event) as RunEvent),
    lastStep,
  }
}

/** What changes nothing that serves takes no lock: it goes on beside a release. */
function isBeside({ intent }: Plan): boolean {
  return intent === 'cron'
}

function locked(holder: RunRecord, step: string | undefined): LandfallError {
  const since = new Date(holder.startedAt).toISOString()
  const doing = step ? `, at "${step}"` : ''
  const isWaiting = holder.state === 'waiting'
  return new LandfallError({
    code: 'E_LOCKED',
    message: isWaiting
      ? `${holder.run} (${holder.plan.intent}) of ${holder.app}/${holder.environment} waits for a decision${doing}`
      : `${holder.run} (${holder.plan.intent}) of ${holder.app}/${holder.environment} has been under way since ${since}${doing}`,
    at: `${holder.app}/${holder.environment}`,
    hint: isWaiting ? `landfall resume ${holder.run}, or landfall cancel ${holder.run}` : `landfall attach ${holder.run}`,
  })
}
