import type { RunEvent } from '../model/event.ts'
import type { Plan, Stage } from '../model/plan.ts'

/** Where a run stands, read from its journal alone. */
export interface Progress {
  /** `stage:step` of forward steps that are done. */
  done: ReadonlySet<string>
  /** The same of undo steps. */
  undone: ReadonlySet<string>
  /** Started, and no end on record. */
  open?: { stage: number; step: number; isUndo: boolean }
  /** Stages of which a step was started. */
  touched: ReadonlySet<number>
  isUndoing: boolean
  isSuspended: boolean
  /** The one moment from which a run only goes forward. */
  isSwitched: boolean
  /** The failure that an undo follows from. */
  failure?: Extract<RunEvent, { type: 'step' }>['error']
}

export function readProgress(plan: Plan, events: RunEvent[]): Progress {
  const done = new Set<string>()
  const undone = new Set<string>()
  const touched = new Set<number>()
  let open: Progress['open']
  let isUndoing = false
  let isSwitched = false
  let failure: Progress['failure']
  for (const e of events) {
    if (e.type === 'recovered' && e.action === 'undo') {
      isUndoing = true
      failure ??= { code: 'E_INTERRUPTED', message: e.text, hint: `landfall ${plan.intent}` }
    }
    if (e.type !== 'step') continue
    const key = keyOf(e.stage, e.step)
    if (e.isUndo) isUndoing = true
    if (e.state === 'started') {
      open = { stage: e.stage, step: e.step, isUndo: e.isUndo }
      if (!e.isUndo) {
        touched.add(e.stage)
        if (isSwitchStage(plan.stages[e.stage])) isSwitched = true
      }
      continue
    }
    open = undefined
    if (e.state === 'failed') {
      isUndoing = true
      failure ??= e.error
    } else (e.isUndo ? undone : done).add(key)
  }
  const isSuspended = events.at(-1)?.type === 'suspended'
  return { done, undone, ...(open && { open }), touched, isUndoing, isSuspended, isSwitched, ...(failure && { failure }) }
}

export function keyOf(stage: number, step: number): string {
  return `${stage}:${step}`
}

export function isSwitchStage(stage: Stage | undefined): boolean {
  return stage?.name === 'switch'
}
