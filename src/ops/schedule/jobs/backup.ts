import { planScheduledBackup } from '../../make-plan.ts'
import type { JobsOf } from '../scheduled-job.ts'

const ID = 'backup'

/** Backups of an environment whose manifest says when. */
export const backupJobs: JobsOf = (setting, scope) => {
  const { release, outcome } = setting.store.releases.serving(scope)
  const timing = outcome.operate?.backup?.timing
  if (!release || !timing) return []
  return [
    {
      id: ID,
      scope,
      when: timing,
      overlap: 'skip',
      run: (signal) =>
        setting
          .inTurn(scope, async () => {
            setting.store.runs.refuseWhileLocked(scope)
            const plan = await planScheduledBackup(setting, scope)
            if (!plan) return undefined
            return setting.conductor.begin(plan, undefined).run
          })
          .then(async (run) => {
            if (run === undefined) return
            // The daemon that goes suspends the run itself.
            const gone = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
            await Promise.race([setting.conductor.ended(run), gone])
            const ended = setting.store.runs.get(run)
            if (ended?.state === undefined || ended.state === 'done') return
            const at = new Date().toISOString()
            const message = `the scheduled backup failed: ${ended.message ?? ended.state}`
            setting.store.notices.add({ ...scope, component: 'backup', release, at, code: 'note', message })
            setting.say(`${scope.app}/${scope.environment} ${message}`)
          }),
    },
  ]
}
