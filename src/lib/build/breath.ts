import { setImmediate } from 'node:timers/promises'

/**
 * For long rows of small file operations: done synchronously they take a fraction of the time that the thread pool needs, and
 * others get their turn in between.
 */
export function makeBreath(everyMs = 8): () => Promise<void> | undefined {
  let since = performance.now()
  return () => {
    if (performance.now() - since < everyMs) return undefined
    return setImmediate().then(() => {
      since = performance.now()
    })
  }
}
