/**
 * Where a test lets the process die: `LANDFALL_FAIL=step:start:before` kills it at the first such point,
 * `LANDFALL_FAIL=journal#7` at the seventh point whose name begins so. Without the variable it costs one comparison.
 */
const wish = process.env.LANDFALL_FAIL
const [prefix, nth] = parseWish(wish)
let seen = 0

export function failpoint(name: string): void {
  if (wish === undefined || !name.startsWith(prefix)) return
  seen += 1
  if (seen < nth) return
  process.kill(process.pid, 'SIGKILL')
}

function parseWish(text: string | undefined): [string, number] {
  const match = /^(.*?)(?:#(\d+))?$/.exec(text ?? '')
  return [match?.[1] ?? '', Number(match?.[2] ?? 1)]
}
