/** Whoever waits is told at once why, and then every so often. */
const TELL_EVERY_MS = 5_000

/** Says who is waited for, since when, and what the last try said. `now`: milliseconds of a monotonic clock. */
export function tellWaiting(who: string, say: (line: string) => void, now = () => performance.now()): (why: string) => void {
  const began = now()
  let told = Number.NEGATIVE_INFINITY
  return (why) => {
    if (now() - told < TELL_EVERY_MS) return
    told = now()
    say(`waiting for ${who}, for ${Math.round((told - began) / 1000)} s: ${why}`)
  }
}
