import type { Setting } from '../../world.ts'
import type { JobsOf, ScheduledJob } from '../scheduled-job.ts'
import { backupJobs } from './backup.ts'
import { checkJobs } from './checks.ts'
import { cronJobs } from './cron.ts'

/** One line for every contributor. */
const CONTRIBUTORS: JobsOf[] = [backupJobs, checkJobs, cronJobs]

/** All that is to happen again and again, in every environment of this home. */
export function allJobs(setting: Setting): ScheduledJob[] {
  return setting.store.releases
    .apps()
    .flatMap(({ app, environment }) => CONTRIBUTORS.flatMap((jobsOf) => jobsOf(setting, { app, environment })))
}
