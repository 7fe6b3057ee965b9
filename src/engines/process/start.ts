import { LandfallError } from '../../lib/error.ts'
import type { Scope, Step } from '../../model/plan.ts'
import type { StepContext } from '../../model/plug.ts'
import { openArtifact } from './artifact.ts'
import { becomeServing } from './endpoints.ts'
import { instanceId } from './instance-id.ts'
import { boundLogs } from './prune.ts'
import { type InstanceRecord, writeRecord } from './record.ts'
import { forget, stopLive } from './stop.ts'
import { startLive } from './supervise.ts'
import { changed, type Live, livesOf, newLive, said, type World } from './world.ts'

type Start = Extract<Step, { type: 'start' }>

/** Makes sure that all instances of a release run, with what the step says; those that do already are left alone. */
export async function start(world: World, step: Start, ctx: StepContext): Promise<void> {
  const { component } = step
  if (component.source.type === 'image' || component.source.type === 'dockerfile') {
    throw new LandfallError({
      code: 'E_ENGINE',
      at: `components.${component.name}.source`,
      message: `${component.name} is an image, and the process engine runs no images`,
      hint: 'give the folder as `source:`, or use an engine that runs images',
    })
  }
  openArtifact(world.home, step.artifact)
  boundLogs(world, ctx, component.name)
  const count = component.type === 'static' ? 1 : component.instances
  const present = livesOf(world, ctx, component.name, step.release).filter((l) => l.record.type !== 'once')
  await Promise.all(present.filter((l) => isOther(l, step) || l.record.index >= count).map((l) => stopLive(world, l)))
  const indexes = Array.from({ length: count }, (_, index) => index)
  await Promise.all(indexes.map((index) => startOne(world, step, ctx, index)))
}

/** It runs something else, or is on its way out. */
function isOther({ record }: Live, step: Start): boolean {
  return record.digest !== step.digest || record.artifact !== step.artifact || record.desired.type === 'down'
}

async function startOne(world: World, step: Start, scope: Scope, index: number): Promise<void> {
  const found = livesOf(world, scope, step.component.name, step.release).find(
    (l) => l.record.type !== 'once' && l.record.index === index,
  )
  const live = found ?? create(world, step, scope, index)
  const { record } = live
  if (record.desired.type !== 'up') {
    // Called back from a drain: it never stopped, and serves on.
    record.desired = { type: 'up' }
    writeRecord(world.home, record)
    live.state = live.isServing ? 'running' : 'starting'
    changed(live)
  }
  if (record.type === 'static') {
    live.state = 'running'
    return
  }
  if (live.isAlive || (record.component.type === 'job' && live.state === 'ended')) return
  // Waiting for its turn after a crash: somebody wants to know now.
  live.crashes = []
  live.state = 'starting'
  delete record.ended
  delete record.remark
  try {
    await startLive(world, live)
  } catch (error) {
    // On the first start there is nothing to come back to. One that had run before goes on trying.
    if (!found) forget(world, live)
    throw error
  }
  if (found?.record.hasServed) said(world, record, 'cannot be watched', becomeServing(world, live))
}

function create(world: World, step: Start, { app, environment }: Scope, index: number): Live {
  const { component, release, digest, artifact } = step
  const record: InstanceRecord = {
    version: 1,
    id: instanceId(world, { app, environment }, component.name, release, String(index)),
    type: component.type === 'static' ? 'static' : 'instance',
    app,
    environment,
    component,
    release,
    index,
    digest,
    artifact,
    desired: { type: 'up' },
    restarts: 0,
  }
  writeRecord(world.home, record)
  const live = newLive(record)
  world.lives.set(record.id, live)
  return live
}
