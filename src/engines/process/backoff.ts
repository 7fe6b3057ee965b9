const FIRST_MS = 100
const LONGEST_MS = 60_000
/** After this long without an end of its own, an instance counts as stable again. */
export const STABLE_MS = 30_000
const LOOP = { crashes: 5, withinMs: 10_000 }

/**
 * When an instance that ended by itself is started again. `crashes` are the earlier ends, `now` this one; the same clock. The
 * wait doubles from 0.1 s to 60 s. Five ends in ten seconds are a loop, and stay one until it was stable. Pure.
 */
export function nextStart(
  crashes: number[],
  ranMs: number,
  now: number,
): { crashes: number[]; delayMs: number; isLooping: boolean } {
  const all = [...(ranMs >= STABLE_MS ? [] : crashes), now]
  const delayMs = Math.min(LONGEST_MS, FIRST_MS * 2 ** (all.length - 1))
  return { crashes: all, delayMs, isLooping: isLooping(all) }
}

export function isLooping(crashes: number[]): boolean {
  const { crashes: count, withinMs } = LOOP
  return crashes.some((at, i) => {
    const first = crashes[i - count + 1]
    return first !== undefined && at - first <= withinMs
  })
}
