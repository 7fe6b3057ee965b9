import { rmSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { killBuilds } from '../../lib/build/kill-builds.ts'
import { cleanScratch } from '../../lib/build/scratch.ts'
import { isAlive } from '../../lib/process-identity.ts'
import { whyReadOnly } from '../../lib/read-only.ts'
import { drain } from './drain.ts'
import { endProcesses } from './end-processes.ts'
import { becomeServing } from './endpoints.ts'
import { readExit } from './exit-file.ts'
import { paths } from './paths.ts'
import { ancestorsOf, listProcesses, signalProcess } from './processes.ts'
import { listRecordFolders, readRecord, writeRecord } from './record.ts'
import { forget, stopLive } from './stop.ts'
import { adopt, restart } from './supervise.ts'
import { type Live, livesOf, nameOf, newLive, notice, said, type World } from './world.ts'

/**
 * What is on record against what lives: adopts, restarts, goes on with drains and stops, and takes away what belongs to
 * nobody. Restarts wait for what they need and are not waited for.
 */
export async function recover(world: World): Promise<void> {
  // Where nothing can be written nothing can be taken away either; what lives is found all the same.
  const isReadOnly = whyReadOnly(world.home) !== undefined
  await killBuilds(world.home)
  if (!isReadOnly) await cleanScratch(world.home)
  const found: Live[] = []
  for (const id of listRecordFolders(world.home)) {
    if (world.lives.has(id)) continue
    const record = readRecord(world.home, id)
    if (!record) continue
    const live = newLive(record)
    world.lives.set(id, live)
    found.push(live)
  }
  for (const live of found) await settle(world, live)
  if (isReadOnly) return
  await removeLeftovers(world)
  for (const live of found) if (shouldRestart(live)) said(world, live.record, 'could not be started', restartInTurn(world, live))
}

async function settle(world: World, live: Live): Promise<void> {
  const { record } = live
  if (record.process && isAlive(record.process)) {
    adopt(world, live)
    if (record.type === 'instance') notice(world, record, 'adopted', `${nameOf(record)} runs on (pid ${record.process.pid})`)
    if (record.type === 'instance' && record.component.type !== 'job' && !live.isServing) {
      said(world, record, 'cannot be watched', becomeServing(world, live))
    }
  } else await lookAtDead(world, live)
  if (record.desired.type === 'down') said(world, record, 'could not be stopped', stopLive(world, live))
  if (record.desired.type === 'draining') said(world, record, 'could not be stopped', drain(world, live))
}

/** It ended while nobody looked. What it had started beside itself goes too. */
async function lookAtDead(world: World, live: Live): Promise<void> {
  const { record } = live
  if (record.type === 'static') {
    live.state = 'running'
    return
  }
  await endProcesses(world, record, { signal: 'SIGTERM', graceSeconds: 1 })
  const exit = readExit(world.home, record.id)
  if (record.type === 'instance' && record.component.type !== 'job') return
  if (!record.ended && exit?.type === 'code') {
    record.ended = { at: new Date().toISOString(), code: exit.code }
    writeRecord(world.home, record)
  }
  // A job that was started and left nothing has failed, as far as anybody can know.
  const wasStarted = record.process !== undefined && exit?.type !== 'never'
  live.state = record.ended?.code === 0 ? 'ended' : wasStarted ? 'failed' : 'starting'
}

function shouldRestart({ record, isAlive: lives, state }: Live): boolean {
  if (record.type !== 'instance' || record.desired.type !== 'up' || lives) return false
  return record.component.type !== 'job' || state === 'starting'
}

const NEEDS_MS = 60_000

/** After a reboot everything is dead at once: what others need comes first, so that nothing crashes for want of it. */
async function restartInTurn(world: World, live: Live): Promise<void> {
  const { record } = live
  const isThere = (need: string) => {
    const lives = livesOf(world, record, need).filter((l) => l.record.desired.type === 'up' && l.record.type === 'instance')
    return lives.every((l) => l.isServing || l.state === 'ended')
  }
  const end = performance.now() + NEEDS_MS
  while (!record.component.needs.every(isThere) && performance.now() < end && !world.isClosed) await sleep(100)
  await restart(world, live)
}

/** Processes with our mark, and folders and groups, that no record speaks of. */
async function removeLeftovers(world: World): Promise<void> {
  const ours = ancestorsOf(process.pid)
  const rows = listProcesses(true).filter((r) => r.marks?.home === world.home && !ours.has(r.pid))
  const strays = rows.filter((r) => r.marks && !world.lives.has(r.marks.instance))
  for (const row of strays) signalProcess(row, 'SIGTERM')
  if (strays.length > 0) await sleep(200)
  for (const row of strays) signalProcess(row, 'SIGKILL')
  for (const id of listRecordFolders(world.home)) {
    if (!world.lives.has(id)) rmSync(paths.instance(world.home, id), { recursive: true, force: true })
  }
  for (const id of world.cgroups.list()) {
    if (world.lives.get(id)?.isAlive) continue
    const pids = world.cgroups.pids(id)
    for (const pid of pids) {
      try {
        process.kill(pid, 'SIGKILL')
      } catch {
        // It ended with the others.
      }
    }
    if (pids.length > 0) await sleep(20)
    world.cgroups.remove(id)
  }
  // Commands that ended and whose run is long over stay until their release is pruned; those never begun go now.
  for (const live of [...world.lives.values()]) if (wasNeverBegun(live)) forget(world, live)
}

function wasNeverBegun({ record, isAlive: lives }: Live): boolean {
  return record.type === 'once' && !lives && record.process === undefined
}
