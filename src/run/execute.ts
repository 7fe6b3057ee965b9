import { describeStep } from '../lib/describe-step.ts'
import { LandfallError, shapeOf } from '../lib/error.ts'
import type { ErrorShape, RunState } from '../model/event.ts'
import type { Plan, Step } from '../model/plan.ts'
import type { RunRecord } from '../store/runs.ts'
import { type Crew, urlsOf } from './crew.ts'
import { actOn } from './handlers.ts'
import { isSwitchStage, keyOf, type Progress } from './progress.ts'
import type { RunLog } from './run-log.ts'
import { runOnceStep } from './run-once.ts'

export interface Control {
  /** Aborted: stop at the next safe moment and undo. From the switch on it is too late. */
  cancel: AbortSignal
  /** Aborted: the daemon goes. The step under way is given up, the journal says `suspended`, the next daemon resumes. */
  suspend: AbortSignal
  /** Set: begin no further step, then suspend. */
  isEnding(): boolean
}

class Suspended extends Error {}

/** Carries out what of a plan is not yet done. Ends the run, unless it was suspended. */
export async function execute(run: RunRecord, crew: Crew, log: RunLog, progress: Progress, control: Control): Promise<void> {
  const { plan } = run
  try {
    if (progress.isUndoing) return await unwind(run, crew, log, progress, control, progress.failure)
    const touched = new Set(progress.touched)
    for (const [s, stage] of plan.stages.entries()) {
      for (const [i, step] of stage.steps.entries()) {
        if (progress.done.has(keyOf(s, i))) continue
        const isCancelled = control.cancel.aborted && !touchedSwitch(plan, touched)
        const failure = isCancelled ? CANCELLED : await attempt(step, { s, i, isUndo: false }, run, crew, log, control, touched)
        if (failure) return await unwind(run, crew, log, { ...progress, touched }, control, failure)
      }
    }
    await finish(run, crew, log)
  } catch (error) {
    if (!(error instanceof Suspended)) throw error
    log.append({ type: 'suspended' })
  }
}

/** What ends a run that a person cancelled. */
export const CANCELLED: ErrorShape = { code: 'E_CANCELLED', message: 'cancelled by hand' }

async function attempt(
  step: Step,
  at: { s: number; i: number; isUndo: boolean },
  run: RunRecord,
  crew: Crew,
  log: RunLog,
  control: Control,
  touched: Set<number>,
): Promise<ErrorShape | undefined> {
  if (control.isEnding()) throw new Suspended()
  const head = { type: 'step', stage: at.s, step: at.i, isUndo: at.isUndo, what: step.type, text: describeStep(step) } as const
  log.append({ ...head, state: 'started' })
  touched.add(at.s)
  const began = crew.now()
  const isPastCancel = at.isUndo || touchedSwitch(run.plan, touched)
  let told: ErrorShape | undefined
  const signal = isPastCancel ? control.suspend : AbortSignal.any([control.suspend, control.cancel])
  try {
    const ctx = {
      app: run.app,
      environment: run.environment,
      run: run.run,
      signal,
      say: (line: string) => log.line(at.s, at.i, line),
    }
    if (step.type === 'run-once') told = await runOnceStep(step, run.plan, crew, ctx)
    else await actOn(step, run.plan, run.epoch, crew, ctx)
  } catch (error) {
    if (control.suspend.aborted) throw new Suspended()
    const shape = control.cancel.aborted && !isPastCancel ? CANCELLED : shapeOf(error)
    log.append({ ...head, state: 'failed', ms: crew.now() - began, error: shape })
    return shape
  }
  log.append({ ...head, state: 'done', ms: crew.now() - began, ...(told && { error: told }) })
  return undefined
}

/** Undoes the stages that were begun, the last first. A failing undo stops everything: a person has to look. */
async function unwind(
  run: RunRecord,
  crew: Crew,
  log: RunLog,
  progress: Progress,
  control: Control,
  failure: ErrorShape | undefined,
): Promise<void> {
  let hasUndone = false
  const stages = [...run.plan.stages.entries()].filter(([s]) => progress.touched.has(s)).reverse()
  for (const [s, stage] of stages) {
    for (const [i, step] of stage.undo.entries()) {
      hasUndone = true
      if (progress.undone.has(keyOf(s, i))) continue
      const error = await attempt(step, { s, i, isUndo: true }, run, crew, log, control, new Set())
      if (!error) continue
      const stuck = new LandfallError({
        code: 'E_UNDO',
        message: `could not undo: ${describeStep(step)}: ${error.message}`,
        ...(error.detail && { detail: error.detail }),
        hint: `landfall ps, then landfall cancel ${run.run} to try the undo again`,
      })
      return end(run, crew, log, 'failed', failure?.message ?? 'interrupted', shapeOf(stuck))
    }
  }
  const isCancelled = failure?.code === 'E_CANCELLED'
  const state = isCancelled ? 'cancelled' : hasUndone ? 'undone' : 'failed'
  const error = failure ?? {
    code: 'E_INTERRUPTED',
    message: `the daemon died during the run`,
    hint: `landfall ${run.plan.intent}`,
  }
  return end(run, crew, log, state, error.message, error)
}

async function finish(run: RunRecord, crew: Crew, log: RunLog): Promise<void> {
  const { plan } = run
  if (plan.outcome) crew.store.releases.serve(plan, plan.intent === 'down' ? undefined : plan.release, plan.outcome)
  if (plan.intent === 'rollback' && plan.release && plan.previous && plan.stages.some((s) => s.name === 'restore')) {
    crew.store.releases.setDataBack(plan, plan.release, plan.previous)
  }
  if (plan.intent === 'up' && plan.release) crew.store.releases.end(plan, plan.release, 'good')
  const text = {
    up: `${plan.release} serves`,
    rollback: `${plan.release} serves again`,
    down: 'down; data stays',
    task: 'done',
    cron: 'done',
    backup: 'backed up',
    'verify-backup': 'the backup is verified',
    restore: 'restored; what was there before stays until `landfall backup confirm`',
  }
  const failed = crew.store.runs
    .events(run.run, 0)
    .flatMap((e) => (e.type === 'step' && e.state === 'done' && e.error ? [e.error.message] : []))
  return end(run, crew, log, 'done', [text[plan.intent], ...failed].join('; '), undefined)
}

async function end(
  run: RunRecord,
  crew: Crew,
  log: RunLog,
  state: RunState,
  message: string,
  error: ErrorShape | undefined,
): Promise<void> {
  const { plan } = run
  if (state !== 'done' && plan.intent === 'up' && plan.release && plan.release !== plan.previous) {
    crew.store.releases.end(plan, plan.release, 'bad')
  }
  const now = crew.store.releases.serving(plan)
  const urls = await urlsOf(crew, { ...plan, outcome: now.outcome })
  log.append({ type: 'end', state, message, ...(error && { error }), urls, ...(now.release && { serving: now.release }) })
}

/** The run stops without an end of its own: a person decides between going on and undoing. */
export async function park(
  run: RunRecord,
  crew: Crew,
  log: RunLog,
  text: string,
  again: string,
  isSwitched: boolean,
): Promise<void> {
  const error: ErrorShape = {
    code: 'E_DECISION',
    message: text,
    detail: `to run it again:  landfall resume ${run.run}\n${isSwitched ? 'to leave it:' : 'to undo:    '}       landfall cancel ${run.run}`,
    hint: `look whether \`${again}\` did its work, then landfall resume ${run.run} or landfall cancel ${run.run}`,
  }
  const now = crew.store.releases.serving(run.plan)
  const urls = await urlsOf(crew, { ...run.plan, outcome: now.outcome })
  log.append({ type: 'end', state: 'waiting', message: text, error, urls, ...(now.release && { serving: now.release }) })
}

function touchedSwitch(plan: Plan, touched: ReadonlySet<number>): boolean {
  return plan.stages.some((stage, s) => touched.has(s) && isSwitchStage(stage))
}
