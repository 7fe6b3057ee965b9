import { setTimeout as sleep } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import type { Scope } from '../../model/plan.ts'
import { isLooping } from './backoff.ts'
import { paths } from './paths.ts'
import { probe } from './probe.ts'
import { remember } from './record.ts'
import { changed, type Live, livesOf, nameOf, notice, type World } from './world.ts'

/** Where a release of a component is reached: those of its instances that answer; all of them while none does. */
export function endpointsOf(world: World, scope: Scope, component: string, release: string): string[] {
  const lives = livesOf(world, scope, component, release).filter((l) => l.record.desired.type !== 'down')
  const files = lives.filter((l) => l.record.type === 'static')
  if (files.length > 0) return files.map((l) => pathToFileURL(paths.artifactRoot(world.home, l.record.artifact)).href)
  const reachable = lives.filter((l) => l.record.type === 'instance' && isReached(l) && l.record.port !== undefined)
  const serving = reachable.filter((l) => l.isServing)
  return (serving.length > 0 ? serving : reachable).map(endpointOf)
}

export function endpointOf({ record }: Live): string {
  return `http://127.0.0.1:${record.port}`
}

/** A worker that nothing needs to reach has a port and no endpoint. */
function isReached({ record }: Live): boolean {
  return record.component.type === 'web' || record.component.address !== undefined
}

export function markServing(world: World, live: Live): void {
  live.isServing = true
  if (live.record.desired.type === 'up') live.state = 'running'
  if (!live.record.hasServed) {
    live.record.hasServed = true
    remember(world, live.record)
  }
  changed(live)
}

const NEVER = new AbortController().signal
const FIRST_PAUSE_MS = 50
const LONGEST_PAUSE_MS = 2000

/** After a start that no run watches over: requests come once it answers, not before. */
export async function becomeServing(world: World, live: Live): Promise<void> {
  const { record } = live
  const { process: started } = record
  const isSame = () => live.isAlive && record.process === started && record.desired.type === 'up' && !world.isClosed
  for (let pause = FIRST_PAUSE_MS; isSame(); pause = Math.min(LONGEST_PAUSE_MS, pause * 1.2)) {
    const answer = await probe(world, live, NEVER)
    if (!isSame()) return
    if (answer.isHealthy) {
      markServing(world, live)
      if (record.restarts > 0 && !isLooping(live.crashes))
        notice(world, record, 'restarted', `${nameOf(record)} runs again (start ${record.restarts + 1})`)
      tellEndpoints(world, live)
      return
    }
    await sleep(pause)
  }
}

/** The edge hears of what changed without a plan. */
export function tellEndpoints(world: World, { record }: Live): void {
  const { app, environment, component, release } = record
  const scope = { app, environment }
  world.tellEndpoints?.(scope, component.name, release, endpointsOf(world, scope, component.name, release))
}
