import type { UptimeRow } from '../store/uptime.ts'
import type { CheckUptime, OpAnswers, OpInput } from './contract.ts'
import { operateOf } from './operate-of.ts'
import { appNameOf } from './read-manifest.ts'
import type { Setting } from './world.ts'

const DAY_MS = 86_400_000
const OUTAGES_SHOWN = 20

/** What scheduled checks have found: how often they passed, how long they took, and when they did not. */
export async function uptime(setting: Setting, input: OpInput<'uptime'>): Promise<OpAnswers['uptime']> {
  const scope = { app: await appNameOf(input, setting.store), environment: input.environment }
  const since = input.since ?? Date.now() - DAY_MS
  const rows = setting.store.uptime.list(scope, since)
  const everySeconds = operateOf(setting.store, scope)?.uptimeSeconds
  const names = [...new Set(rows.map((r) => r.check))]
  return {
    ...scope,
    since: new Date(since).toISOString(),
    ...(everySeconds !== undefined && { everySeconds }),
    checks: names.map((name) =>
      summarize(
        name,
        rows.filter((r) => r.check === name),
      ),
    ),
  }
}

function summarize(name: string, rows: UptimeRow[]): CheckUptime {
  const times = rows.map((r) => r.ms).sort((a, b) => a - b)
  const at = (part: number) => times[Math.min(times.length - 1, Math.floor(times.length * part))] ?? 0
  const last = rows.at(-1)!
  return {
    name,
    asked: rows.length,
    passed: rows.filter((r) => r.isPassed).length,
    medianMs: at(0.5),
    slowMs: at(0.95),
    isPassing: last.isPassed,
    lastAt: new Date(last.at).toISOString(),
    outages: outagesOf(rows).slice(-OUTAGES_SHOWN),
  }
}

/** Failures one after the other are one outage; it ends with the next success. */
function outagesOf(rows: UptimeRow[]): CheckUptime['outages'] {
  const outages: CheckUptime['outages'] = []
  let isDown = false
  for (const row of rows) {
    const at = new Date(row.at).toISOString()
    const open = outages.at(-1)
    if (row.isPassed && isDown && open) open.to = at
    else if (!row.isPassed && isDown && open) open.failures += 1
    else if (!row.isPassed) outages.push({ from: at, failures: 1, because: row.because ?? '' })
    isDown = !row.isPassed
  }
  return outages
}
