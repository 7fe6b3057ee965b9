import { codeOf, LandfallError } from '../lib/error.ts'
import type { RunEvent } from '../model/event.ts'
import type { Plan } from '../model/plan.ts'
import type { Context } from './context.ts'
import { onInterrupt } from './interrupt.ts'
import { renderError, renderHint } from './render/error.ts'
import type { RunView } from './render/run.ts'
import { renderUrls } from './render/urls.ts'
import { hang } from './render/width.ts'
import { runViewOf } from './run-view.ts'
import type { Session } from './session.ts'

export type EndEvent = Extract<RunEvent, { type: 'end' }>

/** A daemon that dies again and again before it has told anything new is not waited for. */
const LOSSES = 5

export interface FollowOptions {
  isPlanShown?: boolean
  /** That it comes to nothing is what was asked for. */
  isCancelled?: boolean
  /** Somebody else tells what came of it. */
  isEndTold?: boolean
}

/** Shows a run until its end, over deaths of the daemon too; comes back with the exit code. */
export async function followRun(context: Context, session: Session, run: string, options: FollowOptions = {}): Promise<number> {
  const view = runViewOf(context, options.isPlanShown === true)
  const release = onInterrupt(() => {
    view.close()
    context.err.say(`the run goes on: landfall attach ${run}`)
  })
  try {
    const { end, intent } = await readToEnd(session, run, view)
    view.close()
    if (options.isCancelled && (end.state === 'cancelled' || end.state === 'undone')) return sayCancelled(context, end)
    if (options.isEndTold) return end.state === 'done' ? 0 : 1
    const code = finish(context, end, intent)
    return options.isCancelled && code === 0 ? 1 : code
  } catch (error) {
    view.close()
    if (codeOf(error) !== 'E_DAEMON_STOPPED') throw error
    const message = `the daemon was stopped; ${run} is kept where it was`
    throw new LandfallError({ code: 'E_DAEMON_STOPPED', message, hint: `landfall attach ${run}`, cause: error })
  } finally {
    release()
  }
}

async function readToEnd(session: Session, run: string, view: RunView): Promise<{ end: EndEvent; intent?: Plan['intent'] }> {
  let after = 0
  // One that waited for a decision may have gone on since: the last end counts.
  let end: EndEvent | undefined
  let intent: Plan['intent'] | undefined
  const result = (last: EndEvent) => ({ end: last, ...(intent && { intent }) })
  for (let losses = 0; ; losses += 1) {
    try {
      for await (const event of session.watch('events', { run, after })) {
        after = event.seq
        losses = 0
        end = event.type === 'end' ? event : undefined
        if (event.type === 'start') intent = event.plan.intent
        view.event(event)
      }
      if (end) return result(end)
      throw new LandfallError({ code: 'E_DAEMON_LOST', message: `the daemon told no more about ${run}` })
    } catch (error) {
      if (end) return result(end)
      const code = codeOf(error) ?? ''
      if ((code !== 'E_DAEMON_LOST' && code !== 'E_NO_DAEMON') || losses >= LOSSES) throw error
      view.note('the daemon went away; starting it again')
      await session.renew()
    }
  }
}

function finish(context: Context, end: EndEvent, intent: Plan['intent'] | undefined): number {
  // What a task said is its result; where the app is has not changed.
  if (!context.isJson) sayEnd(context, intent === 'task' ? { ...end, urls: [] } : end)
  if (end.state === 'done') return 0
  return end.state === 'cancelled' ? 3 : 1
}

function sayCancelled({ isJson, err }: Context, { run, state, serving }: EndEvent): number {
  const { paint, signs } = err.look
  const indent = err.look.isTerminal ? '  ' : ''
  if (!isJson) err.say(`\n${indent}${paint.green(signs.ok)} ${run} is ${state}${serving ? `; ${serving} goes on serving` : ''}`)
  return 0
}

function sayEnd({ out, err }: Context, { state, message, error, urls, run, serving }: EndEvent): void {
  const { paint, signs } = err.look
  if (state === 'done') {
    const indent = err.look.isTerminal ? '  ' : ''
    err.say(`\n${indent}${paint.green(signs.ok)} ${message}`)
    for (const line of renderUrls(urls, out.look, out.look.isTerminal ? '    ' : '')) out.say(line)
    return
  }
  err.say('')
  if (error) err.say(renderError(error, err.look))
  const why = message === error?.message ? '' : `: ${message}`
  const rest = serving ? `; ${serving} goes on serving` : ''
  const verb = state === 'waiting' ? 'waits for your decision' : state === 'failed' ? 'failed' : `is ${state}`
  err.say(hang(`${paint.bold(`${run} ${verb}`)}${why}${rest}`, err.look.columns, 2))
  if (state === 'waiting' && !error?.hint) err.say(renderHint(`landfall resume ${run}, or landfall cancel ${run}`, err.look))
}
