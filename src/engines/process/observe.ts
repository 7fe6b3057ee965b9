import { existsSync, readdirSync } from 'node:fs'
import { listArtifacts } from '../../lib/build/artifact.ts'
import type { Observed, Running, Scope } from '../../model/plan.ts'
import type { Instance } from '../../model/plug.ts'
import { paths } from './paths.ts'
import { listProcesses, membersOf, memoryMiBOf, type ProcessRow } from './processes.ts'
import { type Live, livesOf, type World } from './world.ts'

export function observe(world: World, scope: Scope): Pick<Observed, 'running' | 'volumes'> & { artifacts: string[] } {
  const groups = new Map<string, Live[]>()
  for (const live of livesOf(world, scope)) {
    if (live.record.type === 'once') continue
    const key = `${live.record.component.name} ${live.record.release}`
    groups.set(key, [...(groups.get(key) ?? []), live])
  }
  const running = [...groups.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).flatMap(([, lives]) => runningOf(lives))
  const volumes = paths.volumes(world.home, scope)
  return {
    running,
    volumes: existsSync(volumes) ? readdirSync(volumes).sort() : [],
    artifacts: listArtifacts(world.home),
  }
}

/** What should run counts as running, also between two tries: whether it answers at this moment is no plan's business. */
function runningOf(lives: Live[]): Running[] {
  const [first] = lives
  if (!first) return []
  const { component, release, digest } = first.record
  const isJob = component.type === 'job'
  const isLeaving = lives.some((l) => l.record.desired.type !== 'up')
  const isEnded = isJob && lives.every((l) => l.state === 'ended')
  const isFailed = isJob && lives.some((l) => l.state === 'failed')
  const state = isLeaving ? 'draining' : isEnded ? 'ended' : isFailed ? 'failed' : 'running'
  return [{ component: component.name, release, digest, state, instances: lives.length }]
}

export function listInstances(world: World, scope?: Scope): Instance[] {
  const lives = (scope ? livesOf(world, scope) : [...world.lives.values()]).filter((l) => l.record.type !== 'once')
  const measure = memoryMeter(world)
  return lives
    .sort((a, b) => (a.record.id < b.record.id ? -1 : 1))
    .map((live) => {
      const { record } = live
      const memoryMiB = live.isAlive ? measure(live) : undefined
      return {
        id: record.id,
        app: record.app,
        environment: record.environment,
        component: record.component.name,
        release: record.release,
        index: record.index,
        state: record.desired.type === 'down' ? 'stopped' : live.state,
        ...(live.isAlive && record.process && { pid: record.process.pid }),
        ...(record.port !== undefined && { port: record.port }),
        ...(record.startedAt && { startedAt: record.startedAt }),
        restarts: record.restarts,
        ...(memoryMiB !== undefined && { memoryMiB }),
        ...(record.remark && { remark: record.remark }),
      }
    })
}

/** Asks the cgroup; without one all processes are listed, once for all instances. */
function memoryMeter(world: World): (live: Live) => number {
  let rows: ProcessRow[] | undefined
  return ({ record }) => {
    const known = world.cgroups.memoryMiB(record.id)
    if (known !== undefined) return known
    if (!rows) rows = listProcesses(true)
    return memoryMiBOf(
      membersOf({ home: world.home, id: record.id, cgroup: [], ...(record.process && { leader: record.process }) }, rows),
    )
  }
}
