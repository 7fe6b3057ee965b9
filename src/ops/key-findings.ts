import type { Finding } from '../model/finding.ts'
import type { Setting } from './world.ts'

/** What `doctor` says of the key of the stored values. */
export function keyFindings({ store, home }: Setting): Finding[] {
  const problem = store.keys.problem()
  if (problem) {
    const { code, message, hint } = problem
    return [{ level: 'error', code, at: home, message, ...(hint && { hint }) }]
  }
  // On a laptop where things are tried, nothing is lost that could not be set again.
  const isServer = store.releases.apps().some((a) => a.environment !== 'local' && store.stored.list(a).length > 0)
  if (!isServer || store.keys.recovery()) return []
  return [
    {
      level: 'warning',
      code: 'W_NO_RECOVERY_KEY',
      at: home,
      message: 'there is no recovery key: what opens the stored values is on this disk alone',
      hint: 'landfall env recovery-key, and keep it elsewhere',
    },
  ]
}
