import { cronProblem, isTimeZone } from '../lib/cron-expression.ts'
import { show } from '../lib/show.ts'
import type { Schedule } from '../model/app.ts'
import type { Path } from './places.ts'
import type { ManifestComponent } from './schema.ts'
import { toSeconds } from './units.ts'
import type { World } from './world.ts'

/** When a cron component runs; it has to say so, and nobody else may. */
export function resolveSchedule(world: World, name: string, { type, schedule }: ManifestComponent): Schedule | undefined {
  const at: Path = ['components', name, 'schedule']
  if (type !== 'cron') {
    if (schedule !== undefined)
      world.remarks.key('E_NOT_HERE', at, `is for cron components, and this is a ${type}`, 'leave it out')
    return undefined
  }
  if (schedule === undefined) {
    if (!world.isCut(['components', name]))
      world.remarks.error('E_CRON', ['components', name], 'is a cron component without `schedule`', 'schedule: "0 3 * * *"')
    return undefined
  }
  const said = typeof schedule === 'string' ? { cron: schedule } : schedule
  const problem = cronProblem(said.cron)
  if (problem) {
    const hint =
      'five fields: minute, hour, day of the month, month, day of the week; "30 3 * * 1-5" is half past three on weekdays'
    world.remarks.error('E_CRON', typeof schedule === 'string' ? at : [...at, 'cron'], `${show(said.cron)} ${problem}`, hint)
  }
  const timeZone = said.timeZone ?? 'UTC'
  if (!isTimeZone(timeZone))
    world.remarks.error('E_TIME_ZONE', [...at, 'timeZone'], `${show(timeZone)} is no time zone`, 'a name such as Europe/Berlin')
  return {
    expression: said.cron.trim().replace(/\s+/g, ' '),
    timeZone,
    overlap: said.overlap ?? 'skip',
    timeoutSeconds: toSeconds(said.timeout ?? '1h'),
  }
}
