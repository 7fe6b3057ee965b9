import { failpoint } from '../../lib/failpoint.ts'
import { endProcesses } from './end-processes.ts'
import { removeRecord, writeRecord } from './record.ts'
import { changed, type Live, nameOf, notice, type World } from './world.ts'

/** Stopped and gone when it resolves; asked twice, it is the same stop. */
export function stopLive(world: World, live: Live): Promise<void> {
  live.stopping ??= stop(world, live).finally(() => {
    delete live.stopping
  })
  return live.stopping
}

async function stop(world: World, live: Live): Promise<void> {
  const { record } = live
  clearTimeout(live.restart)
  record.desired = { type: 'down' }
  writeRecord(world.home, record)
  changed(live)
  // A start under way sees that it is no longer wanted, or has its pid on record by then.
  await live.launching?.catch(() => {})
  failpoint('engine:stop:before-signal')
  const { signal, graceSeconds } = record.component.stop
  const { isForced } = await endProcesses(world, record, { signal, graceSeconds })
  if (isForced)
    notice(
      world,
      record,
      'stopped-by-force',
      `${nameOf(record)} did not end within ${graceSeconds} s of ${signal} and was killed`,
    )
  failpoint('engine:stop:after-kill')
  live.isAlive = false
  forget(world, live)
}

/** Nothing of it is left but its log. */
export function forget(world: World, live: Live): void {
  clearTimeout(live.restart)
  world.cgroups.remove(live.record.id)
  removeRecord(world.home, live.record.id)
  world.lives.delete(live.record.id)
  changed(live)
}
