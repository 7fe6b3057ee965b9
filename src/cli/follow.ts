import { codeOf, LandfallError } from '../lib/error.ts'
import type { RunEvent } from '../model/event.ts'
import { type Context, emit } from './context.ts'
import { onInterrupt } from './interrupt.ts'
import { renderError } from './render/error.ts'
import { liveRunView } from './render/live-run.ts'
import { plainRunView, type RunView } from './render/run.ts'
import { renderUrls } from './render/urls.ts'
import type { Session } from './session.ts'

export type EndEvent = Extract<RunEvent, { type: 'end' }>

/** A daemon that dies again and again before it has told anything new is not waited for. */
const LOSSES = 5

/** Shows a run until its end, over deaths of the daemon too; comes back with the exit code. */
export async function followRun(context: Context, session: Session, run: string, isPlanShown = false): Promise<number> {
  const view = viewOf(context, !isPlanShown)
  const release = onInterrupt(() => {
    view.close()
    context.err.say(`the run goes on: landfall attach ${run}`)
  })
  try {
    const end = await readToEnd(session, run, view)
    view.close()
    return finish(context, end)
  } catch (error) {
    view.close()
    if (codeOf(error) !== 'E_DAEMON_STOPPED') throw error
    const message = `the daemon was stopped; ${run} is kept where it was`
    throw new LandfallError({ code: 'E_DAEMON_STOPPED', message, hint: `landfall attach ${run}`, cause: error })
  } finally {
    release()
  }
}

async function readToEnd(session: Session, run: string, view: RunView): Promise<EndEvent> {
  let after = 0
  // One that waited for a decision may have gone on since: the last end counts.
  let end: EndEvent | undefined
  for (let losses = 0; ; losses += 1) {
    try {
      for await (const event of session.watch('events', { run, after })) {
        after = event.seq
        losses = 0
        end = event.type === 'end' ? event : undefined
        view.event(event)
      }
      if (end) return end
      throw new LandfallError({ code: 'E_DAEMON_LOST', message: `the daemon told no more about ${run}` })
    } catch (error) {
      if (end) return end
      const code = codeOf(error) ?? ''
      if ((code !== 'E_DAEMON_LOST' && code !== 'E_NO_DAEMON') || losses >= LOSSES) throw error
      view.note('the daemon went away; starting it again')
      await session.renew()
    }
  }
}

function viewOf(context: Context, isTitled: boolean): RunView {
  const { isJson, err } = context
  if (isJson) return { event: (event) => emit(context, event), note: () => {}, close: () => {} }
  return err.look.isTerminal ? liveRunView(err.look, err.write, { isTitled }) : plainRunView(err.look, err.write)
}

function finish(context: Context, end: EndEvent): number {
  if (!context.isJson) sayEnd(context, end)
  if (end.state === 'done') return 0
  return end.state === 'cancelled' ? 3 : 1
}

function sayEnd({ out, err }: Context, { state, message, error, urls, run, serving }: EndEvent): void {
  const { paint, signs } = err.look
  if (state === 'done') {
    err.say(`\n${paint.green(signs.ok)} ${message}`)
    for (const line of renderUrls(urls, out.look)) out.say(line)
    return
  }
  err.say('')
  if (error) err.say(renderError(error, err.look))
  err.say(`${paint.bold(state === 'waiting' ? paint.yellow(`${run} waits`) : `${run} ${state}`)}: ${message}`)
  if (serving) err.say(`${serving} goes on serving`)
  if (state === 'waiting' && !error?.hint) err.say(`  ${paint.cyan('next:')} landfall resume ${run}, or landfall cancel ${run}`)
}
