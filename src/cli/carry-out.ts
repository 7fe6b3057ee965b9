import { randomUUID } from 'node:crypto'
import type { CallInput } from '../daemon/client.ts'
import { codeOf, LandfallError } from '../lib/error.ts'
import type { Url } from '../model/event.ts'
import type { Finding } from '../model/finding.ts'
import type { Plan } from '../model/plan.ts'
import type { OpAnswers } from '../ops/contract.ts'
import { askName, confirm } from './ask.ts'
import { type Context, emit } from './context.ts'
import { followRun } from './follow.ts'
import { planWithSources } from './plan-with-sources.ts'
import { renderFindings } from './render/findings.ts'
import { renderPlan, renderPlanWarnings } from './render/plan.ts'
import { renderUrls } from './render/urls.ts'
import { openSession, type Session } from './session.ts'
import type { Where } from './where.ts'

export type Wish = CallInput<'plan'>['wish']

export interface Change {
  where: Where
  wish: Wish
  /** As a sentence would name it: `this release`. */
  what: string
  /** What to say when there is nothing to do. */
  nothing: string
  /** Typing the command was the yes: a task is asked for by name. */
  isAgreed?: boolean
  /** The same key twice is the same run; one is made where nobody gave one, so that asking again does no harm. */
  key?: string | undefined
  /** What the sources of variables gave. */
  given?: { name: string; value: string }[] | undefined
}

const TRIES = 3
/** Checks, schedules, tasks: what runs stays as it is. */
const RECORDED = 'no release is needed; what it is operated by is on record'

/** Every change goes this way: the plan, shown; a yes; its run, followed to the end. */
export async function carryOut(context: Context, change: Change): Promise<number> {
  const session = await openSession(context)
  for (let tries = 1; ; tries += 1) {
    const { made, given } = await planWithSources(session, { ...change.where, wish: change.wish })
    const { plan, findings, urls, isRecordNew } = made
    if (!plan) return refuse(context, findings)
    showFindings(context, findings)
    const isEmpty = plan.stages.length === 0
    // A key that somebody gave may name a run that there was already: then that one is the answer.
    if (isEmpty && change.key === undefined && !isRecordNew) return sayNothing(context, change, plan, urls)
    const isShown = !isEmpty && !context.isJson && showPlan(context, change, plan)
    if (!isEmpty && !change.isAgreed) await confirm(context, questionOf(plan), change.what)
    try {
      const { run, isRecorded } = await apply(context, session, { ...change, given }, plan)
      const nothing = isRecorded ? RECORDED : change.nothing
      return run === undefined
        ? sayNothing(context, { ...change, nothing }, plan, urls)
        : await followRun(context, session, run, { isPlanShown: isShown })
    } catch (error) {
      // The world moved between look and deed: whoever has seen the old plan sees the new one before it counts.
      if (codeOf(error) !== 'E_BASIS' || tries === TRIES) throw error
      if (!context.isJson) context.err.say('the world has changed since: here is the new plan\n')
    }
  }
}

/** Whether its steps were shown: on a terminal the run shows them too, and whoever is not asked reads them there. */
function showPlan({ err, yes }: Context, { isAgreed }: Change, plan: Plan): boolean {
  const isAsked = yes === undefined && !isAgreed
  const isWhole = isAsked || !err.look.isTerminal
  const text = isWhole ? renderPlan(plan, err.look) : renderPlanWarnings(plan, err.look)
  if (text) err.say(`${text}\n`)
  return isWhole
}

async function apply(context: Context, session: Session, change: Change, plan: Plan): Promise<OpAnswers['apply']> {
  const input = {
    ...change.where,
    wish: change.wish,
    planId: plan.id,
    ...(change.given && { given: change.given }),
    key: change.key ?? randomUUID(),
    ...(context.yes && { confirm: context.yes }),
  }
  try {
    return await session.call('apply', input)
  } catch (error) {
    if (codeOf(error) !== 'E_CONFIRM' || !context.canAsk || context.yes !== undefined) throw error
    return session.call('apply', { ...input, confirm: await askName(plan.app, plan.environment) })
  }
}

function questionOf(plan: Plan): string {
  const isLoss = plan.warnings.some((w) => w.type === 'destructive')
  return isLoss ? 'Something is removed, as said above. Go ahead?' : 'Go ahead?'
}

export function showFindings({ isJson, err, folder }: Context, findings: Finding[]): void {
  if (!isJson && findings.length > 0) err.say(`${renderFindings(findings, folder, err.look)}\n`)
}

/** The findings say what is wrong; the exit code says that it is the input. */
export function refuse(context: Context, findings: Finding[]): number {
  showFindings(context, findings)
  const errors = findings.filter((f) => f.level === 'error').length
  if (!context.isJson) return 2
  emit(context, { type: 'findings', findings })
  throw new LandfallError({
    code: 'E_FINDINGS',
    message: `${errors} ${errors === 1 ? 'thing is' : 'things are'} wrong; nothing was done`,
  })
}

function sayNothing(context: Context, { nothing }: Change, plan: Plan, urls: Url[]): number {
  const serving = plan.previous && `${plan.previous} serves`
  const message = [nothing, serving].filter(Boolean).join(': ')
  if (context.isJson) {
    emit(context, { type: 'end', state: 'done', message, urls, ...(plan.previous && { serving: plan.previous }) })
    return 0
  }
  const { paint, signs } = context.err.look
  context.err.say(`${paint.green(signs.ok)} ${message}`)
  for (const line of renderUrls(urls, context.out.look, context.out.look.isTerminal ? '  ' : '')) context.out.say(line)
  return 0
}
