import { runChecks } from '../../../checks/run-checks.ts'
import type { Notice } from '../../../model/plug.ts'
import type { Setting } from '../../world.ts'
import type { JobsOf } from '../scheduled-job.ts'

const ID = 'checks'

/** Checks that only look, asked of what serves again and again: the history of an environment that says `uptime` or is protected. */
export const checkJobs: JobsOf = (setting, scope) => {
  const { release, outcome } = setting.store.releases.serving(scope)
  const { checks = [], uptimeSeconds } = outcome.operate ?? {}
  if (!release || uptimeSeconds === undefined || !checks.some((c) => c.on.includes('schedule'))) return []
  return [
    {
      id: ID,
      scope,
      when: { type: 'every', seconds: uptimeSeconds },
      overlap: 'skip',
      run: (signal) => ask(setting, scope, signal),
    },
  ]
}

async function ask(setting: Setting, scope: Parameters<JobsOf>[1], signal: AbortSignal): Promise<void> {
  // As it is now: since the job was listed there may have been a release.
  const { release, outcome } = setting.store.releases.serving(scope)
  if (!release) return
  const { checks, resources } = outcome.operate ?? { checks: [], resources: [] }
  const options = { isStaged: false, routes: outcome.routes, resources, release, occasion: 'schedule' as const, signal }
  const results = await runChecks(setting.checks, scope, checks, options)
  if (signal.aborted) return
  const at = Date.now()
  const before = new Map(setting.store.uptime.last(scope).map((r) => [r.check, r.isPassed]))
  const asked = results.filter((r) => r.state === 'passed' || r.state === 'failed')
  setting.store.uptime.add(
    scope,
    asked.map((r) => ({ check: r.name, at, isPassed: r.isPassed, ms: r.ms, ...(r.because && { because: r.because }) })),
  )
  for (const r of asked) {
    if (r.isPassed === (before.get(r.name) ?? true)) continue
    const message = r.isPassed ? `the check ${r.name} passes again` : `the check ${r.name} fails: ${r.because}`
    const notice: Notice = {
      ...scope,
      component: 'checks',
      release,
      at: new Date(at).toISOString(),
      code: r.isPassed ? 'note' : 'check-failed',
      message,
    }
    setting.store.notices.add(notice)
    setting.say(`${scope.app}/${scope.environment} ${message}`)
  }
}
