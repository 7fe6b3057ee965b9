import { codeOf } from '../../lib/error.ts'
import type { Schedules } from '../../store/schedules.ts'
import { dueAt } from './due.ts'
import type { ScheduledJob } from './scheduled-job.ts'

export interface SchedulerParts {
  jobs(): ScheduledJob[]
  schedules: Schedules
  /** Milliseconds since the epoch. */
  now(): number
  say(line: string): void
  /** Does `work` after `ms`, unless what it gives is called before. */
  later(ms: number, work: () => void): () => void
}

/** A machine that slept, or whose clock was put right, is noticed after so long at the latest. */
const LOOK_AGAIN_MS = 60_000
/**
 * A clock that goes back an hour repeats nothing. A last firing that lies further ahead than this was written by a clock that
 * was wrong and has been put right: it must not silence a job for days.
 */
const BELIEVED_AHEAD_MS = 2 * 3_600_000
/** Between two tries of a job that found its environment locked. */
const LOCKED_MS = 15_000

interface Underway {
  ended: Promise<void>
  abort: AbortController
  /** One more firing waits for its end. */
  isAnotherWanted: boolean
}

/**
 * Fires what is due: one timer for all jobs, and none at all while there are none. When a job fired last is on the disk
 * before it runs, so that a firing is never repeated; what was missed is made up for by one.
 */
export class Scheduler {
  private readonly parts: SchedulerParts
  private readonly underway = new Map<string, Underway>()
  private readonly retryAt = new Map<string, number>()
  private readonly known = new Set<string>()
  private cancelTimer = () => {}
  private isOn = false

  constructor(parts: SchedulerParts) {
    this.parts = parts
  }

  /** From here on jobs fire. */
  start(): void {
    this.isOn = true
    this.look()
  }

  /** Whenever what is on record may have changed. */
  refresh(): void {
    this.look()
  }

  /** When each job fires next. */
  upcoming(): { job: ScheduledJob; at: number }[] {
    return this.parts.jobs().flatMap((job) => {
      const at = this.dueOf(job, this.parts.now())
      return at === undefined ? [] : [{ job, at }]
    })
  }

  isUnderWay(job: ScheduledJob): boolean {
    return this.underway.has(keyOf(job))
  }

  /** Fires nothing more; resolves when what is under way has come back. */
  async close(): Promise<void> {
    this.isOn = false
    this.cancelTimer()
    for (const { abort } of this.underway.values()) abort.abort('close')
    await Promise.all([...this.underway.values()].map((u) => u.ended))
  }

  /** `waiting`: a job of which one more firing has been waiting. */
  private look(waiting?: string): void {
    this.cancelTimer()
    if (!this.isOn) return
    const now = this.parts.now()
    let waitMs: number | undefined = LOOK_AGAIN_MS
    try {
      const jobs = this.parts.jobs()
      this.forgetGone(jobs)
      for (const job of jobs) this.meet(job)
      const next = jobs.find((job) => keyOf(job) === waiting)
      if (next && !this.isUnderWay(next)) this.begin(next)
      for (const job of jobs) if ((this.dueOf(job, now) ?? Infinity) <= now) this.fire(job, now)
      const due = Math.min(...jobs.map((job) => this.dueOf(job, now) ?? Infinity))
      waitMs = jobs.length === 0 ? undefined : Math.min(Math.max(due - now, 0), LOOK_AGAIN_MS)
    } catch (error) {
      // A disk that is full or gone: the next look may find it well again.
      this.parts.say(`schedules: ${textOf(error)}`)
    }
    if (waitMs !== undefined) this.cancelTimer = this.parts.later(waitMs, () => this.look())
  }

  private dueOf(job: ScheduledJob, now: number): number | undefined {
    const last = this.parts.schedules.firedAt(job.scope, job.id) ?? now
    return this.retryAt.get(keyOf(job)) ?? dueAt(job.when, last)
  }

  /** A job that is new counts from now. One that a dead daemon began is waited for like one of ours. */
  private meet(job: ScheduledJob): void {
    const key = keyOf(job)
    const now = this.parts.now()
    const last = this.parts.schedules.firedAt(job.scope, job.id)
    if (last === undefined || last > now + BELIEVED_AHEAD_MS) this.parts.schedules.fired(job.scope, job.id, now)
    if (this.known.has(key)) return
    this.known.add(key)
    const abort = new AbortController()
    const left = job.underWay?.(abort.signal)
    if (left) this.watch(job, left, abort)
  }

  private forgetGone(jobs: ScheduledJob[]): void {
    const here = new Set(jobs.map(keyOf))
    for (const key of this.known) if (!here.has(key)) this.known.delete(key)
    for (const key of this.retryAt.keys()) if (!here.has(key)) this.retryAt.delete(key)
    this.parts.schedules.keep(jobs)
  }

  private fire(job: ScheduledJob, now: number): void {
    const key = keyOf(job)
    const last = this.parts.schedules.firedAt(job.scope, job.id)
    this.retryAt.delete(key)
    this.parts.schedules.fired(job.scope, job.id, now)
    const before = this.underway.get(key)
    if (!before) this.begin(job, last)
    else if (job.overlap === 'skip') {
      this.parts.say(`${key} still runs: this firing is left out`)
      job.leftOut?.()
    } else {
      before.isAnotherWanted = true
      if (job.overlap === 'replace') before.abort.abort('replace')
    }
  }

  /** `last`: what was on record before, which counts again where it could not begin. */
  private begin(job: ScheduledJob, last?: number): void {
    const abort = new AbortController()
    const running = job.run(abort.signal).catch((error: unknown) => {
      if (codeOf(error) === 'E_LOCKED') this.postpone(job, last)
      else this.parts.say(`${keyOf(job)}: ${textOf(error)}`)
    })
    this.watch(job, running, abort)
  }

  private postpone(job: ScheduledJob, last: number | undefined): void {
    this.retryAt.set(keyOf(job), this.parts.now() + LOCKED_MS)
    try {
      if (last !== undefined) this.parts.schedules.fired(job.scope, job.id, last)
    } catch (error) {
      // It is asked again all the same, as long as this daemon lives.
      this.parts.say(`schedules: ${textOf(error)}`)
    }
  }

  private watch(job: ScheduledJob, running: Promise<void>, abort: AbortController): void {
    const key = keyOf(job)
    const entry: Underway = { abort, isAnotherWanted: false, ended: Promise.resolve() }
    this.underway.set(key, entry)
    entry.ended = running.finally(() => {
      this.underway.delete(key)
      if (!this.isOn) return
      this.look(entry.isAnotherWanted ? key : undefined)
    })
  }
}

function keyOf({ scope, id }: Pick<ScheduledJob, 'scope' | 'id'>): string {
  return `${scope.app}/${scope.environment} ${id}`
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
