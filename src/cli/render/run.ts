import type { RunEvent } from '../../model/event.ts'
import { cleanLine } from './clean.ts'
import { duration } from './duration.ts'
import type { Look } from './look.ts'

/** What shows a run while it goes on. */
export interface RunView {
  event(event: RunEvent): void
  /** Something that no event tells, such as a daemon that went away. */
  note(text: string): void
  /** Leaves the terminal as it was. */
  close(): void
}

export const SUSPENDED = 'the daemon was told to stop; the run goes on with the next one'

export type StepEvent = Extract<RunEvent, { type: 'step' }>

/** For pipes and logs: one line per step, when it is over. */
export function plainRunView(look: Look, write: (text: string) => void): RunView {
  const say = (label: string, text: string) => write(`${label.padEnd(5)} ${text}\n`)
  let isWaiting = false
  return {
    event(event) {
      if (event.type === 'step') isWaiting = event.state === 'started' && /^await-/.test(event.what)
      // Of other steps the log has the lines; whoever waits wants to know for what.
      if (event.type === 'line' && isWaiting) say('wait', cleanLine(event.text))
      if (event.type === 'start')
        write(`${event.run} ${event.plan.app}/${event.plan.environment} ${event.plan.release ?? event.plan.intent}\n`)
      if (event.type === 'step' && event.state !== 'started') say(labelOf(event), textOf(event, look))
      if (event.type === 'recovered') say('note', recoveredText(event))
      if (event.type === 'suspended') say('note', SUSPENDED)
    },
    note: (text) => say('note', text),
    close() {},
  }
}

function labelOf({ state, isUndo, error }: StepEvent): string {
  if (state === 'failed') return 'FAIL'
  if (error) return 'fail'
  return isUndo ? 'undo' : 'ok'
}

function textOf({ text, ms, state, error }: StepEvent, { paint }: Look): string {
  // A failure that ends nothing stands nowhere else in a pipe.
  const why = state === 'done' && error ? `: ${cleanLine(error.message)}; goes on` : ''
  return `${cleanLine(text)}${why}${ms === undefined ? '' : paint.dim(` (${duration(ms)})`)}`
}

export function recoveredText({ action, text }: Extract<RunEvent, { type: 'recovered' }>): string {
  const what = { resume: 'goes on', undo: 'is undone', wait: 'waits for your decision' }[action]
  return `the daemon came back and the run ${what}: ${cleanLine(text)}`
}
