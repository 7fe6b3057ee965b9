import type { Setting } from './world.ts'

const LOOK_MS = 1_000

/**
 * Runs that a dead daemon left go on. Without the key of the stored values they wait: what they would start has no environment.
 * They go on by themselves once the key is back.
 */
export async function recoverRuns({ store, conductor, say }: Setting): Promise<void> {
  const problem = store.keys.problem()
  if (!problem) return conductor.recover()
  say(problem.message)
  if (store.runs.open().length === 0) return
  const timer = setInterval(() => {
    if (isStillMissing(store)) return
    clearInterval(timer)
    conductor.recover().catch((error: unknown) => say(`recovery failed: ${error instanceof Error ? error.stack : String(error)}`))
  }, LOOK_MS)
  timer.unref()
}

function isStillMissing(store: Setting['store']): boolean {
  try {
    return store.keys.problem() !== undefined
  } catch {
    return true // The store was closed: there is nothing to look at any more.
  }
}
