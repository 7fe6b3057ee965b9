import { type Context, emit } from './context.ts'
import { cleanLine } from './render/clean.ts'
import { liveRunView } from './render/live-run.ts'
import { plainRunView, type RunView } from './render/run.ts'

/** The view that suits the run, which is known once it has begun to tell. */
export function runViewOf(context: Context, isPlanShown: boolean): RunView {
  const { isJson, err } = context
  if (isJson) return { event: (event) => emit(context, event), note: () => {}, close: () => {} }
  let view: RunView | undefined
  return {
    event(event) {
      view ??= event.type === 'start' && event.plan.intent === 'task' ? taskView(context) : changeView(context, isPlanShown)
      view.event(event)
    },
    note: (text) => (view ? view.note(text) : err.say(text)),
    close: () => view?.close(),
  }
}

function changeView({ err }: Context, isPlanShown: boolean): RunView {
  if (!err.look.isTerminal) return plainRunView(err.look, err.write)
  if (isPlanShown) err.say('')
  return liveRunView(err.look, err.write, { isTitled: !isPlanShown })
}

/** What a task says is what it was asked for. */
function taskView({ out, err }: Context): RunView {
  const steps = plainRunView(err.look, err.write)
  return {
    ...steps,
    event(event) {
      if (event.type === 'line') out.say(cleanLine(event.text))
      else steps.event(event)
    },
  }
}
