import { setTimeout as sleep } from 'node:timers/promises'
import { describeStep } from '../lib/describe-step.ts'
import { LandfallError } from '../lib/error.ts'
import type { ErrorShape, RunEvent } from '../model/event.ts'
import type { Plan } from '../model/plan.ts'
import type { RunRecord } from '../store/runs.ts'
import type { Crew } from './crew.ts'
import { decideRecovery } from './decide-recovery.ts'
import { CANCELLED, type Control, execute, park } from './execute.ts'
import { readProgress } from './progress.ts'
import { RunLog } from './run-log.ts'

/** How long a step may go on once the daemon was told to stop. */
const SUSPEND_AFTER_MS = 8_000
/** How often a journal that could not be written is tried again. */
const RETRY_MS = 1_000

interface Active {
  log: RunLog
  cancel: AbortController
  ended: Promise<void>
}

/** Every run of this daemon: begins, watches, cancels, recovers and suspends them. */
export class Conductor {
  private readonly active = new Map<string, Active>()
  private readonly suspend = new AbortController()
  /** Aborted at once when the daemon is told to stop. */
  private readonly ending = new AbortController()
  private isEnding = false
  private readonly crew: Crew
  private readonly say: (line: string) => void

  private readonly onIdle: () => void
  private readonly onEnd: () => void

  /** `onEnd`: after each run; `onIdle`: when there is none left. */
  constructor(crew: Crew, say: (line: string) => void, onIdle = () => {}, onEnd = () => {}) {
    this.crew = crew
    this.say = say
    this.onIdle = onIdle
    this.onEnd = onEnd
  }

  /** On record and under way when it returns. The same key twice is the same run. */
  begin(plan: Plan, key: string | undefined): RunRecord {
    const { run, isNew } = this.crew.store.runs.begin(plan, key, this.crew.now())
    if (!isNew) return run
    const log = new RunLog(run.run, this.crew.store, this.crew.now)
    try {
      this.enter(run, log)
      this.start(run, log)
    } catch (error) {
      if (!isPassing(error)) throw error
      // It has the lock already: it waits, rather than lie there until the daemon starts anew.
      this.start(run, log, undefined, error)
    }
    return run
  }

  /** What every run has on record before its first step; what is there already stays. */
  private enter({ run, plan }: RunRecord, log: RunLog): void {
    const { runs, releases } = this.crew.store
    if (plan.intent === 'up' && plan.release && plan.outcome) {
      releases.begin(plan, plan.release, run, plan.outcome, this.crew.now())
    }
    if (runs.events(run, 0).length === 0) log.append({ type: 'start', plan })
  }

  /** After a start of the daemon: every run that has no end goes on, is undone, or asks. */
  async recover(): Promise<void> {
    for (const left of this.crew.store.runs.open()) {
      if (left.state === 'waiting') continue
      const log = new RunLog(left.run, this.crew.store, this.crew.now)
      try {
        const run = this.crew.store.runs.adopt(left.run)
        if (await this.decide(run, log, false)) this.start(run, log)
      } catch (error) {
        if (!isPassing(error)) throw error
        this.start(left, log, undefined, error)
      }
    }
  }

  /** What becomes of a run that was cut off, or only had to wait: on record, and false where a person has to decide. */
  private async decide(run: RunRecord, log: RunLog, hasWaited: boolean): Promise<boolean> {
    const found = readProgress(run.plan, this.crew.store.runs.events(run.run, 0))
    const progress = hasWaited ? { ...found, isSuspended: true } : found
    const open = progress.open
    const step = open && !open.isUndo ? run.plan.stages[open.stage]?.steps[open.step] : undefined
    const once =
      step?.type === 'run-once' ? await this.crew.engine.once(run, step.release, step.component.name, step.name) : undefined
    const decision = decideRecovery(run.plan, progress, once)
    log.append({ type: 'recovered', ...decision })
    this.say(`${run.run} ${decision.text}`)
    if (decision.action !== 'wait') return true
    await park(run, this.crew, log, decision.text, step?.type === 'run-once' ? step.command.name : 'it', progress.isSwitched)
    return false
  }

  /** A run that waits goes on with the step whose end nobody saw. */
  resume(name: string): void {
    const run = this.waiting(name, 'resume')
    const log = this.reopen(run)
    log.append({ type: 'recovered', action: 'resume', text: 'goes on: a person decided so' })
    this.start(this.crew.store.runs.adopt(run.run), log)
  }

  /** Before the switch a run is undone; from then on it is too late, and said so. */
  cancel(name: string): void {
    const active = this.active.get(name)
    if (active) {
      const { plan } = this.crew.store.runs.get(name)!
      if (readProgress(plan, this.crew.store.runs.events(name, 0)).isSwitched) {
        throw new LandfallError({
          code: 'E_TOO_LATE',
          message: `${name} has begun to switch and goes on to its end`,
          hint: `landfall attach ${name}, then landfall rollback`,
        })
      }
      active.cancel.abort('cancel')
      return
    }
    const run = this.waiting(name, 'cancel')
    const log = this.reopen(run)
    if (this.leave(run, log)) return
    log.append({ type: 'recovered', action: 'undo', text: 'is undone: a person decided so' })
    this.start(this.crew.store.runs.adopt(run.run), log, CANCELLED)
  }

  /** After the switch nothing is undone: the run goes on without the step whose end nobody saw. */
  private leave(run: RunRecord, log: RunLog): boolean {
    const { isSwitched, isUndoing, open } = readProgress(run.plan, this.crew.store.runs.events(run.run, 0))
    const step = open && run.plan.stages[open.stage]?.steps[open.step]
    if (!isSwitched || isUndoing || !open || !step) return false
    const what = describeStep(step)
    log.append({ type: 'recovered', action: 'resume', text: `goes on without it: a person decided so` })
    const error: ErrorShape = { code: 'E_CANCELLED', message: `${what}: left as it is` }
    log.append({ type: 'step', ...open, state: 'done', what: step.type, text: what, error })
    this.start(this.crew.store.runs.adopt(run.run), log)
    return true
  }

  watch(name: string, after: number, signal: AbortSignal): AsyncIterable<RunEvent> {
    this.known(name)
    const log = this.active.get(name)?.log ?? new RunLog(name, this.crew.store, this.crew.now)
    return log.watch(after, signal)
  }

  /** Resolves when it has ended, or waits. */
  async ended(name: string): Promise<void> {
    await this.active.get(name)?.ended
  }

  /** The step under way may finish; then every run is suspended. At most ten seconds. */
  async close(): Promise<void> {
    this.isEnding = true
    this.ending.abort('suspend')
    const timer = setTimeout(() => this.suspend.abort('suspend'), SUSPEND_AFTER_MS)
    await Promise.all([...this.active.values()].map((a) => a.ended))
    clearTimeout(timer)
  }

  /** `hindrance`: the journal cannot be written just now, and is waited for first. */
  private start(run: RunRecord, log: RunLog, failure?: ErrorShape, hindrance?: LandfallError): void {
    const cancel = new AbortController()
    // The command of a cron component may take hours, and goes on without us.
    const suspend = run.plan.intent === 'cron' ? this.ending.signal : this.suspend.signal
    const control: Control = { cancel: cancel.signal, suspend, isEnding: () => this.isEnding }
    const ended = this.carryOut(run, log, control, failure, hindrance)
      // The journal itself failed (damaged, lost): nothing more is begun, what serves goes on serving.
      .catch((error: unknown) =>
        this.say(`${run.run} stopped: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`),
      )
      .finally(() => {
        this.active.delete(run.run)
        this.onEnd()
        if (this.active.size === 0) this.onIdle()
      })
    this.active.set(run.run, { log, cancel, ended })
  }

  private async carryOut(
    first: RunRecord,
    log: RunLog,
    control: Control,
    failure: ErrorShape | undefined,
    hindrance: LandfallError | undefined,
  ): Promise<void> {
    let run = first
    let why = hindrance
    for (;;) {
      try {
        if (why) {
          const again = await this.writable(run, log, why)
          if (!again) return
          this.enter(again, log)
          if (!(await this.decide(again, log, true))) return
          run = again
        }
        const progress = readProgress(run.plan, this.crew.store.runs.events(run.run, 0))
        return await execute(run, this.crew, log, failure ? { ...progress, failure } : progress, control)
      } catch (error) {
        if (!isPassing(error)) throw error
        why = error
      }
    }
  }

  /** No step is begun while the journal cannot be written: full disk, read-only, held by somebody else. Undefined when the daemon goes. */
  private async writable(run: RunRecord, log: RunLog, why: LandfallError): Promise<RunRecord | undefined> {
    const open = readProgress(run.plan, this.crew.store.runs.events(run.run, 0)).open
    log.line(open?.stage ?? 0, open?.step ?? 0, `waits: ${why.message}; ${why.hint ?? ''}`)
    this.say(`${run.run} waits: ${why.message}`)
    for (;;) {
      for (let left = RETRY_MS; left > 0 && !this.isEnding; left -= 100) await sleep(100)
      if (this.isEnding) return undefined
      try {
        return this.crew.store.runs.adopt(run.run)
      } catch (error) {
        if (!isPassing(error)) throw error
      }
    }
  }

  private reopen(run: RunRecord): RunLog {
    this.crew.store.runs.reopen(run.run)
    return new RunLog(run.run, this.crew.store, this.crew.now)
  }

  private known(name: string): RunRecord {
    const run = /^run-\d+$/.test(name) ? this.crew.store.runs.get(name) : undefined
    if (!run) throw new LandfallError({ code: 'E_UNKNOWN_RUN', message: `there is no run ${name}`, hint: 'landfall runs' })
    return run
  }

  private waiting(name: string, verb: string): RunRecord {
    const run = this.known(name)
    const isStuck = run.state === 'failed' && run.error?.code === 'E_UNDO' && verb === 'cancel'
    if (run.state === 'waiting' || isStuck) return run
    throw new LandfallError({
      code: 'E_NOT_WAITING',
      message: run.state ? `${name} has ended: ${run.state}` : `${name} is under way`,
      hint: run.state ? 'landfall runs' : `landfall attach ${name}`,
    })
  }
}

/** What keeps a journal from being written for a while, and is over without anybody starting anew. */
function isPassing(error: unknown): error is LandfallError {
  return error instanceof LandfallError && ['E_DISK_FULL', 'E_READ_ONLY', 'E_BUSY'].includes(error.code)
}
