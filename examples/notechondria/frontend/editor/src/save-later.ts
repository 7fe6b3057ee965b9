/**
 * Saves what was typed last, some time after the typing paused. One save at a time and in order, so that an older text never
 * lands on a newer one.
 */
export function saveLater<T>(
  save: (value: T) => Promise<void>,
  waitMs: number,
  tell: (state: 'saving' | 'saved' | 'failed') => void,
) {
  let timer: ReturnType<typeof setTimeout> | undefined
  let waiting: { value: T } | undefined
  let running: Promise<void> | undefined

  async function run(): Promise<void> {
    while (waiting) {
      const { value } = waiting
      waiting = undefined
      try {
        await save(value)
        if (!waiting) tell('saved')
      } catch {
        waiting ??= { value }
        tell('failed')
        return
      }
    }
  }
  /** Now, and until all of it is there. */
  async function flush(): Promise<void> {
    clearTimeout(timer)
    running ??= run().finally(() => {
      running = undefined
    })
    await running
  }
  return {
    change(value: T): void {
      waiting = { value }
      tell('saving')
      clearTimeout(timer)
      timer = setTimeout(flush, waitMs)
    },
    flush,
  }
}
