import { setTimeout as sleep } from 'node:timers/promises'
import { LandfallError } from '../../lib/error.ts'
import type { Component } from '../../model/app.ts'
import type { Scope, Step } from '../../model/plan.ts'
import type { OnceState, StepContext } from '../../model/plug.ts'
import { lastLinesOf } from './await-healthy.ts'
import { runBeside } from './exec-beside.ts'
import { describeExit, readExit } from './exit-file.ts'
import { instanceId } from './instance-id.ts'
import { familyOf, logOf } from './launch.ts'
import { linesBetween, nextLineAfter, sizeOf } from './log-lines.ts'
import { tailOf } from './log-ring.ts'
import { fileName } from './paths.ts'
import { type InstanceRecord, writeRecord } from './record.ts'
import { forget, stopLive } from './stop.ts'
import { startLive } from './supervise.ts'
import { verifyOnce } from './verify-once.ts'
import { watchLocks } from './watch-locks.ts'
import { type Live, livesOf, newLive, type World } from './world.ts'

type RunOnce = Extract<Step, { type: 'run-once' }>

/** Between two tries of a migration that got no lock: whoever has it may be done by then. */
const PAUSES_MS = [2_000, 5_000]

/**
 * A command to its end, once for a run. It has a shim and an exit file like an instance, so it outlives us: a run that is
 * resumed waits for it, or reads its answer. A migration that got no lock is tried again, as often as its rule says.
 */
export async function runOnce(world: World, step: RunOnce, ctx: StepContext): Promise<void> {
  const tries = step.command.locks?.tries ?? 1
  for (let n = 1; ; n += 1) {
    const failed = await attempt(world, step, ctx)
    if (!failed) return verifyOnce(world, step, ctx)
    const { error, blocked, live } = failed
    if (blocked.length === 0 || (n === tries && n === 1)) throw error
    if (n === tries) throw lockedOut(step, error, blocked, tries)
    const pause = PAUSES_MS[Math.min(n, PAUSES_MS.length) - 1] ?? 0
    ctx.say(`${step.command.name} got no lock: try ${n} of ${tries}; again in ${pause / 1000} s`)
    await sleep(pause, undefined, { signal: ctx.signal }).catch(() => {
      throw cancelled(step)
    })
    forget(world, live)
  }
}

interface Failed {
  error: LandfallError
  blocked: string[]
  live: Live
}

async function attempt(world: World, step: RunOnce, ctx: StepContext): Promise<Failed | undefined> {
  const id = onceId(world, ctx, step.release, step.component.name, step.name)
  let live = world.lives.get(id)
  if (live && live.record.once?.run !== ctx.run && !live.isAlive) {
    forget(world, live)
    live = undefined
  }
  const state = onceStateOf(world, live)
  if (state === 'never-started' || state === 'lost') {
    if (await isNotNeeded(world, step, ctx)) return undefined
    forgetEarlier(world, step, ctx)
    live = create(world, id, step, ctx)
    try {
      await startLive(world, live)
    } catch (error) {
      forget(world, live)
      throw error
    }
  } else if (state === 'running') ctx.say(`${step.command.name} still runs`)
  if (!live) return undefined
  const locks = watchLocks(world, step, ctx)
  try {
    if (state !== 'ended-0' && state !== 'ended-nonzero') await untilEnded(world, live, step, ctx, state === 'running')
  } finally {
    locks.end()
  }
  if (onceStateOf(world, live) === 'ended-0') return undefined
  return { error: failure(world, step, live), blocked: locks.blocked(), live }
}

/** `cron@…` and `seed@…`: what the one before left is in its journal and in the log. */
function forgetEarlier(world: World, step: RunOnce, ctx: StepContext): void {
  const family = familyOf(step.name)
  if (family === step.name) return
  for (const live of livesOf(world, ctx, step.component.name)) {
    const { once } = live.record
    if (once && once.run !== ctx.run && !live.isAlive && familyOf(once.name) === family) forget(world, live)
  }
}

export function onceState(world: World, scope: Scope, release: string, component: string, name: string): OnceState {
  return onceStateOf(world, world.lives.get(onceId(world, scope, release, component, name)))
}

function onceStateOf(world: World, live: Live | undefined): OnceState {
  if (!live) return 'never-started'
  const { record } = live
  if (record.ended) return record.ended.code === 0 ? 'ended-0' : 'ended-nonzero'
  if (live.isAlive) return 'running'
  const exit = readExit(world.home, record.id)
  if (exit?.type === 'code') return exit.code === 0 ? 'ended-0' : 'ended-nonzero'
  // Without a pid on record the shim had not been told to go.
  return exit?.type === 'never' || record.process === undefined ? 'never-started' : 'lost'
}

function onceId(world: World, scope: Scope, release: string, component: string, name: string): string {
  return instanceId(world, scope, component, release, `once-${fileName(name)}`)
}

function create(world: World, id: string, step: RunOnce, { app, environment, run }: StepContext): Live {
  const record: InstanceRecord = {
    version: 1,
    id,
    type: 'once',
    app,
    environment,
    component: step.component,
    release: step.release,
    index: 0,
    digest: '',
    artifact: step.artifact,
    desired: { type: 'up' },
    restarts: 0,
    once: { name: step.name, run, command: step.command },
  }
  writeRecord(world.home, record)
  const live = newLive(record)
  world.lives.set(id, live)
  return live
}

async function isNotNeeded(world: World, step: RunOnce, ctx: StepContext): Promise<boolean> {
  if (!step.command.check) return false
  const said = (chunk: Uint8Array) => {
    for (const line of Buffer.from(chunk).toString('utf8').trimEnd().split('\n')) ctx.say(line)
  }
  const io = { stdout: said, stderr: said, signal: ctx.signal }
  const code = await runBeside(world, ctx, { ...step, command: step.command.check }, io)
  if (code === 0) ctx.say(`${step.command.name} is not needed: its check ended with 0`)
  return code === 0
}

const LOOK_MS = 100
const MAX_SAID = 256 * 1024

/** Says what it writes, as it comes. An abort ends the command, unless the daemon alone goes: then it lives on. */
async function untilEnded(world: World, live: Live, step: RunOnce, ctx: StepContext, isResumed: boolean): Promise<void> {
  const path = logOf(world.home, live.record)
  let from = isResumed ? sizeOf(path) : (live.record.logOffset ?? 0)
  const sayNew = (isLast: boolean) => {
    const size = sizeOf(path)
    // It was cut, or comes faster than anybody reads: what is there at its end is what can be said.
    if (size < from || size - from > MAX_SAID) from = size > MAX_SAID ? nextLineAfter(path, size - MAX_SAID) : 0
    const told = { end: from, isOpen: !isLast }
    for (const line of linesBetween(path, from, size, told)) ctx.say(line.text)
    from = told.end
  }
  while (live.isAlive) {
    if (ctx.signal.aborted) {
      if (ctx.signal.reason !== 'suspend') await stopLive(world, live)
      throw cancelled(step)
    }
    const { timeoutSeconds } = step.command
    if (timeoutSeconds !== undefined && performance.now() - live.startedAtMs > timeoutSeconds * 1000) {
      const detail = lastLinesOf(tailOf(path, live.record.logOffset))
      await stopLive(world, live)
      throw new LandfallError({
        code: 'E_TIMEOUT',
        at: atOf(step),
        message: `${step.command.name} of ${step.component.name} ${step.release} was ended: it took longer than ${timeoutSeconds} s`,
        detail,
        hint: 'give it a longer `timeout`, or see what it waits for',
      })
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
    sayNew(false)
  }
  sayNew(true)
  if (live.record.desired.type !== 'up') throw cancelled(step)
}

function lockedOut(step: RunOnce, error: LandfallError, blocked: string[], tries: number): LandfallError {
  const { resource = '', timeoutSeconds = 0 } = step.command.locks ?? {}
  return new LandfallError({
    code: 'E_LOCK_TIMEOUT',
    at: atOf(step),
    message: `${step.command.name} of ${step.component.name} ${step.release} got no lock in ${resource} within ${timeoutSeconds} s, ${tries} times: ${blocked[0]}`,
    detail: [...blocked, 'last lines:', error.detail ?? ''].join('\n'),
    hint: `end that session, or wait for its end, then landfall up`,
    cause: error,
  })
}

function cancelled(step: RunOnce): LandfallError {
  return new LandfallError({ code: 'E_CANCELLED', message: `${step.command.name} was ended` })
}

function failure(world: World, step: RunOnce, { record, lastExit }: Live): LandfallError {
  const code = record.ended?.code ?? lastExit?.code
  const why = lastExit?.why ?? describeExit(code)
  return new LandfallError({
    code: 'E_RELEASE_STEP',
    at: atOf(step),
    message: `${step.command.name} of ${step.component.name} ${step.release} ${why}`,
    detail: lastLinesOf(tailOf(logOf(world.home, record), record.logOffset)),
    hint: lastExit?.isOutOfMemory ? `give ${step.component.name} more memory` : 'fix the command, then landfall up',
  })
}

function atOf(step: { component: Component }): string {
  return `components.${step.component.name}.release`
}
