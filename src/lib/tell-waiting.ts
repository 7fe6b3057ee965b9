/** Between two lines of one wait. */
const TELL_EVERY_MS = 5_000

/**
 * Says who is waited for, since when, and what the last try said; the first time after `afterMs`, then every few seconds.
 * `now`: milliseconds of a monotonic clock.
 */
export function tellWaiting(
  who: string,
  say: (line: string) => void,
  afterMs = 0,
  now = () => performance.now(),
): (why: string) => void {
  const began = now()
  let next = began + afterMs
  return (why) => {
    if (now() < next) return
    next = now() + TELL_EVERY_MS
    say(`waiting for ${who}, for ${Math.round((now() - began) / 1000)} s: ${why}`)
  }
}
