import type { Scope } from '../../model/plan.ts'
import type { Setting } from '../world.ts'

export type Timing =
  | { type: 'every'; seconds: number }
  /** Five fields, read by the clocks of `timeZone` (an IANA name; `UTC` where nobody said). */
  | { type: 'cron'; expression: string; timeZone: string }

/** Something that is to happen again and again in one environment, without anybody asking. */
export interface ScheduledJob {
  /** Stays the same from release to release, `cron:report`: its last firing is on record under this name. */
  id: string
  scope: Scope
  when: Timing
  /** What a firing does while the one before still runs. It never runs twice at a time. */
  overlap: 'skip' | 'queue' | 'replace'
  /**
   * Comes back when it is over. `signal` is aborted with the reason `replace` where the next firing takes its place, and with
   * `close` where the daemon goes. E_LOCKED means: not now, and is asked again soon. Other errors are told, never thrown on.
   */
  run(signal: AbortSignal): Promise<void>
  /** Told when a firing is left out, since the one before still runs. */
  leftOut?(): void
  /** What of it is under way since before this daemon's start; asked once, when the job is first seen. `signal` as for `run`. */
  underWay?(signal: AbortSignal): Promise<void> | undefined
}

/** What one part of Landfall wants to happen in an environment, from what is on record: cheap, for it is asked often. */
export type JobsOf = (setting: Setting, scope: Scope) => ScheduledJob[]
