export interface RateLimit {
  /** Counts one; gives the seconds to wait where it is one too many, else 0. */
  take(key: string): number | Promise<number>
}
export interface Window {
  /** Of these in a window; 0 is no limit. */
  most: number
  seconds: number
}

/** So many in a window for each key. In this process's memory alone: a second instance would double it. */
export function createRateLimit({ most, seconds }: Window, now: () => number = Date.now) {
  const windows = new Map<string, { endsAt: number; used: number }>()
  return {
    take(key: string): number {
      if (most === 0) return 0
      const at = now()
      let window = windows.get(key)
      if (!window || window.endsAt <= at) {
        // Rarely, and then all at once: cheaper than a timer for every address.
        if (windows.size >= 10_000) for (const [old, { endsAt }] of windows) if (endsAt <= at) windows.delete(old)
        window = { endsAt: at + seconds * 1_000, used: 0 }
        windows.set(key, window)
      }
      if (window.used >= most) return Math.ceil((window.endsAt - at) / 1_000)
      window.used += 1
      return 0
    },
  }
}
