import type { Step } from '../../model/plan.ts'
import type { StepContext } from '../../model/plug.ts'
import { textsOf } from './await-resource.ts'
import type { World } from './world.ts'

type RunOnce = Extract<Step, { type: 'run-once' }>

/** How often the database is asked while a migration runs. */
const LOOK_MS = 1_000
const ASK_MS = 5_000
const TELL_MS = 5_000

export interface LockWatch {
  /** Who waited for whom when it was last looked, as long as somebody did. */
  blocked(): string[]
  end(): void
}

/** While a migration runs: whether it waits for a lock, and who has that; told, and kept for its failure. */
export function watchLocks(world: World, step: RunOnce, ctx: StepContext): LockWatch {
  const { locks } = step.command
  const server = locks && world.options.servers[locks.type]
  const ask = server?.blocked
  if (!locks || !ask) return { blocked: () => [], end: () => {} }
  const ended = new AbortController()
  let last: string[] = []
  let told = 0
  let timer: NodeJS.Timeout
  const look = async () => {
    try {
      const values = await textsOf(world, locks.values, ctx, step.release, step.component.name)
      const lines = await ask(values, AbortSignal.any([ended.signal, AbortSignal.timeout(ASK_MS)]))
      if (ended.signal.aborted) return
      // The command's own end may come a moment after it gave up: what was seen last counts.
      if (lines.length > 0) last = lines
      if (lines.length > 0 && performance.now() - told > TELL_MS) {
        told = performance.now()
        for (const line of lines.slice(0, 5)) ctx.say(`${locks.resource}: ${line}`)
      }
    } catch {
      // A database that cannot be asked is the command's to complain about.
    }
    if (!ended.signal.aborted) timer = setTimeout(look, LOOK_MS)
  }
  timer = setTimeout(look, LOOK_MS)
  return {
    blocked: () => last,
    end: () => {
      ended.abort()
      clearTimeout(timer)
    },
  }
}
