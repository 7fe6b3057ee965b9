import type { Plan, Step } from './plan.ts'

/** What a run tells its watchers; the same from the journal, the CLI's `--json` and the API's stream. */
export type RunEvent = { run: string; seq: number; at: string } & (
  | { type: 'start'; plan: Plan }
  | {
      type: 'step'
      stage: number
      step: number
      isUndo: boolean
      state: 'started' | 'done' | 'failed'
      what: Step['type']
      text: string
      ms?: number
      error?: ErrorShape
    }
  /** The daemon was told to stop; the run goes on with the next one. */
  | { type: 'suspended' }
  /** What the daemon found and decided after it had died in the middle of the run. */
  | { type: 'recovered'; action: 'resume' | 'undo' | 'wait'; text: string }
  /** A line of output of the step that is under way. */
  | { type: 'line'; stage: number; step: number; text: string }
  | { type: 'end'; state: RunState; message: string; error?: ErrorShape; urls: Url[]; serving?: string }
)
export type RunState = 'done' | 'failed' | 'undone' | 'waiting' | 'cancelled'
export interface Url {
  /** Host as the manifest names it. */
  host: string
  /** Openable by any program on this machine. */
  url: string
}
/** A LandfallError on the wire. */
export interface ErrorShape {
  code: string
  message: string
  at?: string
  detail?: string
  hint?: string
}
