import { setTimeout as sleep } from 'node:timers/promises'
import type { Step } from '../../model/plan.ts'
import type { StepContext } from '../../model/plug.ts'
import { endpointOf } from './endpoints.ts'
import { writeRecord } from './record.ts'
import { forget, stopLive } from './stop.ts'
import { changed, type Live, livesOf, nameOf, notice, said, type World } from './world.ts'

const LOOK_MS = 250
/** More draining releases of one component than this would be a way to fill the machine. */
const MOST = 3

/** On record when it returns; the drain goes on without the run, and after a death of ours with the time that is left. */
export function retire(world: World, step: Extract<Step, { type: 'retire' }>, ctx: StepContext): void {
  const now = Date.now()
  for (const live of livesOf(world, ctx, step.component, step.release)) {
    const { record } = live
    if (record.type === 'once' || record.desired.type !== 'up') continue
    record.desired = { type: 'draining', since: now, until: now + step.drainSeconds * 1000 }
    writeRecord(world.home, record)
    clearTimeout(live.restart)
    live.state = 'draining'
    changed(live)
    said(world, record, 'could not be stopped', drain(world, live))
  }
  endOldest(world, ctx, step.component)
}

/** Until nothing is in flight or the time is over; then it is stopped. Called back by a start, it goes on living. */
export async function drain(world: World, live: Live): Promise<void> {
  const { record } = live
  const { desired } = record
  if (desired.type !== 'draining') return
  // A restart under way sees that it is no longer wanted, or has a process to be drained by then.
  await live.launching?.catch(() => {})
  // The clock may be set meanwhile; the time that is left is counted by one that is not.
  const left = Math.min(Math.max(0, desired.until - Date.now()), desired.until - desired.since)
  const deadline = performance.now() + left
  const isDraining = () => record.desired === desired && !world.isClosed
  while (isDraining() && live.isAlive && performance.now() < deadline && (await hasRequests(world, live))) {
    await sleep(Math.min(LOOK_MS, Math.max(1, deadline - performance.now())))
  }
  if (!isDraining()) return
  if (live.isAlive) await stopLive(world, live)
  else forget(world, live)
}

/** Where nobody can be asked, or the edge does not answer, it is assumed: the deadline ends that. */
async function hasRequests(world: World, live: Live): Promise<boolean> {
  const { component } = live.record
  const isBehindEdge = component.type === 'web' || component.address === 'edge'
  if (!isBehindEdge) return false
  try {
    return world.ask === undefined || (await world.ask(endpointOf(live))) > 0
  } catch {
    return true // The edge is being started anew.
  }
}

function endOldest(world: World, ctx: StepContext, component: string): void {
  const draining = livesOf(world, ctx, component).filter(
    (l) => l.record.desired.type === 'draining' && l.record.type === 'instance',
  )
  const since = (l: Live) => (l.record.desired.type === 'draining' ? l.record.desired.since : 0)
  const releases = [...new Set(draining.sort((a, b) => since(b) - since(a)).map((l) => l.record.release))]
  for (const live of draining.filter((l) => releases.indexOf(l.record.release) >= MOST)) {
    notice(
      world,
      live.record,
      'note',
      `${nameOf(live.record)} is stopped before its drain is over: ${MOST} later releases drain already`,
    )
    said(world, live.record, 'could not be stopped', stopLive(world, live))
  }
}
