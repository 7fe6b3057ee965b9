import { writeFileSync } from 'node:fs'
import { shapeOf } from '../../lib/error.ts'
import { isAlive } from '../../lib/process-identity.ts'
import { isLooping, nextStart, STABLE_MS } from './backoff.ts'
import { endProcesses } from './end-processes.ts'
import { becomeServing, tellEndpoints } from './endpoints.ts'
import { describeExit, readExit } from './exit-file.ts'
import { launch, logOf } from './launch.ts'
import { lookAtLog, tailOf, watchLog } from './log-ring.ts'
import { remember } from './record.ts'
import { changed, type Live, nameOf, notice, said, type World } from './world.ts'

const TICK_MS = 250
const FLOOD_TICK_MS = 40

/** Starts what should run. A failure is the caller's: the first start of a step tells why it could not be. */
export async function startLive(world: World, live: Live): Promise<void> {
  clearTimeout(live.restart)
  live.launching ??= launch(world, live, () => onEnd(world, live)).finally(() => {
    delete live.launching
  })
  await live.launching
}

/** A process that lives on from before: nothing is restarted, it is only looked after again. */
export function adopt(world: World, live: Live): void {
  const { record } = live
  live.isAlive = true
  live.isServing = record.hasServed === true
  if (record.desired.type === 'up') live.state = live.isServing ? 'running' : 'starting'
  const startedAt = Date.parse(record.startedAt ?? '') || Date.now()
  live.startedAtMs = performance.now() - Math.max(0, Date.now() - startedAt)
  live.log = watchLog(logOf(world.home, record), startedAt)
  lookAtLog(live.log, world.bounds)
}

/** The process is gone, seen by its exit event or by looking. */
function onEnd(world: World, live: Live): void {
  if (!live.isAlive || world.isClosed) return
  const { record } = live
  live.isAlive = false
  live.isServing = false
  delete live.child
  if (live.log) lookAtLog(live.log, world.bounds)
  const exit = readExit(world.home, record.id)
  const code = exit?.type === 'code' ? exit.code : undefined
  const isOutOfMemory = world.cgroups.oomKills(record.id) > (record.oomKills ?? 0)
  live.lastExit = {
    ...(code !== undefined && { code }),
    why: isOutOfMemory ? outOfMemory(live) : describeExit(code),
    isOutOfMemory,
    log: tailOf(logOf(world.home, record), record.logOffset),
  }
  if (live.stopping || record.desired.type !== 'up') changed(live)
  else if (record.type === 'once' || record.component.type === 'job') settle(world, live, code)
  else said(world, record, 'could not be started again', crashed(world, live))
}

/** A command with an end: what it left is its answer, and it is not started again. */
function settle(world: World, live: Live, code: number | undefined): void {
  const { record } = live
  live.state = code === 0 ? 'ended' : 'failed'
  // Killed with its whole group, it could leave no code; the kernel says why.
  const known = code ?? (live.lastExit?.isOutOfMemory ? 137 : undefined)
  if (known !== undefined) record.ended = { at: new Date().toISOString(), code: known }
  const why = live.lastExit?.why ?? describeExit(code)
  record.remark = remarkOf(why)
  remember(world, record)
  if (live.lastExit?.isOutOfMemory) notice(world, record, 'killed-for-memory', `${nameOf(record)} ${why}`)
  changed(live)
  said(world, record, 'left processes that do not end', endLeftovers(world, live))
}

/** What a command with an end has put into the background ends with it. */
async function endLeftovers(world: World, live: Live): Promise<void> {
  await endProcesses(world, live.record, { signal: 'SIGTERM', graceSeconds: 1 })
  if (!live.isAlive && !live.launching) world.cgroups.remove(live.record.id)
}

async function crashed(world: World, live: Live): Promise<void> {
  const { record } = live
  const now = performance.now()
  const wasLooping = isLooping(live.crashes)
  const next = nextStart(live.crashes, now - live.startedAtMs, now)
  live.crashes = next.crashes
  live.state = next.isLooping ? 'crash-looping' : 'backing-off'
  const why = live.lastExit?.why ?? describeExit(undefined)
  record.remark = remarkOf(why)
  keepCrashLog(world, live)
  if (live.lastExit?.isOutOfMemory) notice(world, record, 'killed-for-memory', `${nameOf(record)} ${why}`)
  else if (!next.isLooping) notice(world, record, 'crashed', `${nameOf(record)} ${why}; starts again in ${next.delayMs / 1000} s`)
  if (next.isLooping && !wasLooping) {
    const message = `${nameOf(record)} ended ${next.crashes.length} times in a row: it ${why}`
    notice(world, record, 'crash-looping', message)
  }
  changed(live)
  // Where others serve, they take its requests.
  if (record.hasServed) tellEndpoints(world, live)
  // What it had started beside itself would hold ports and files.
  await endProcesses(world, record, { signal: 'SIGTERM', graceSeconds: 1 })
  if (record.desired.type !== 'up' || world.isClosed || live.isAlive) return
  live.restart = setTimeout(() => said(world, record, 'could not be started again', restart(world, live)), next.delayMs)
}

/** Also for what should run and does not when the daemon comes back. */
export async function restart(world: World, live: Live): Promise<void> {
  const { record } = live
  if (record.desired.type !== 'up' || world.isClosed || live.isAlive || live.launching) return
  record.restarts += 1
  try {
    await startLive(world, live)
  } catch (error) {
    const shape = shapeOf(error)
    live.startedAtMs = performance.now()
    live.lastExit = { why: `was not started: ${shape.message}`, isOutOfMemory: false, log: shape.detail ?? '' }
    return crashed(world, live)
  }
  if (!live.isAlive) return
  live.state = isLooping(live.crashes) ? 'crash-looping' : 'starting'
  changed(live)
  if (record.type === 'instance' && record.component.type !== 'job') {
    said(world, record, 'cannot be watched', becomeServing(world, live))
  }
}

/** The first and the last end of a loop: in between the log may have turned over. */
function keepCrashLog(world: World, live: Live): void {
  const which = live.crashes.length === 1 ? 'first' : 'last'
  const path = logOf(world.home, live.record).replace(/\.log$/, `.${which}-crash.log`)
  try {
    writeFileSync(path, live.lastExit?.log ?? '', { mode: 0o600 })
  } catch {
    // The logs were pruned, or the disk is full: the instance matters more.
  }
}

function outOfMemory({ record }: Live): string {
  const limit = record.component.limits.memoryMiB
  return limit === undefined
    ? 'was killed for memory: the machine ran out of it'
    : `was killed for memory: limit ${limit} MiB; raise scale.memory of ${record.component.name}`
}

function remarkOf(why: string): string {
  return why.replace(/^was /, '')
}

/** Looks after logs and adopted processes. One timer for all; nothing to do costs a few file stats. */
export function beginTicking(world: World): () => void {
  let timer: NodeJS.Timeout
  let ticks = 0
  const tick = () => {
    let isFlooding = false
    for (const live of world.lives.values()) {
      if (!live.isAlive) continue
      if (live.log) isFlooding = lookAtLog(live.log, world.bounds) || isFlooding
      if (!live.child && live.record.process && !isAlive(live.record.process)) onEnd(world, live)
      else if (live.crashes.length > 0 && performance.now() - live.startedAtMs > STABLE_MS) calmDown(world, live)
      if (ticks % 4 === 0 && live.isAlive) lookForKills(world, live)
    }
    ticks += 1
    timer = setTimeout(tick, isFlooding ? FLOOD_TICK_MS : TICK_MS)
  }
  timer = setTimeout(tick, TICK_MS)
  return () => clearTimeout(timer)
}

function calmDown(world: World, live: Live): void {
  const wasLooping = isLooping(live.crashes)
  live.crashes = []
  delete live.record.remark
  if (live.state === 'crash-looping') live.state = 'running'
  if (wasLooping) notice(world, live.record, 'restarted', `${nameOf(live.record)} runs again`)
  changed(live)
}

/** The kernel killed a child of it while it lives on; were it the instance itself, its end would come before the next look. */
function lookForKills(world: World, live: Live): void {
  const { record } = live
  const kills = world.cgroups.oomKills(record.id)
  if (kills <= (record.oomKills ?? 0)) return
  if (live.untoldKills !== kills) {
    live.untoldKills = kills
    return
  }
  record.oomKills = kills
  delete live.untoldKills
  notice(world, record, 'killed-for-memory', `a process of ${nameOf(record)} ${outOfMemory(live)}`)
}
