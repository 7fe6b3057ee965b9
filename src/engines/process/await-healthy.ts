import { LandfallError } from '../../lib/error.ts'
import { tellWaiting } from '../../lib/tell-waiting.ts'
import type { Step } from '../../model/plan.ts'
import type { StepContext } from '../../model/plug.ts'
import { markServing } from './endpoints.ts'
import { describeExit } from './exit-file.ts'
import { explainListening } from './explain-listening.ts'
import { logOf } from './launch.ts'
import { tailOf } from './log-ring.ts'
import { type Answer, probe } from './probe.ts'
import { type Live, livesOf, nameOf, type World } from './world.ts'

const PROBE_EVERY_MS = 50
/** What starts at once needs no words. */
const TELL_AFTER_MS = 5_000
/** A process that ends so often before it ever answered will not answer. */
const QUICK_ENDS = 3

type Awaited = Extract<Step, { type: 'await-healthy' }>

export async function awaitHealthy(world: World, step: Awaited, ctx: StepContext): Promise<void> {
  const lives = livesOf(world, ctx, step.component.name, step.release).filter((l) => l.record.type !== 'once')
  if (lives.length === 0) {
    throw new LandfallError({
      code: 'E_NOT_STARTED',
      message: `${step.component.name} ${step.release} was not started`,
      hint: 'landfall up',
    })
  }
  // The first that fails ends the wait for the others.
  const others = new AbortController()
  const signal = AbortSignal.any([ctx.signal, others.signal])
  const deadline = performance.now() + step.timeoutSeconds * 1000
  const tellers = new Map<Live, (why: string) => void>()
  const tell = (live: Live, why: string) => {
    const teller = tellers.get(live) ?? tellWaiting(nameOf(live.record), ctx.say, TELL_AFTER_MS)
    tellers.set(live, teller)
    teller(why)
  }
  try {
    await Promise.all(lives.map((live) => awaitOne(world, live, { deadline, seconds: step.timeoutSeconds, signal, tell })))
  } finally {
    others.abort()
  }
}

interface Wait {
  /** Told why, and every few seconds again. */
  tell(live: Live, why: string): void
  deadline: number
  seconds: number
  signal: AbortSignal
}

async function awaitOne(world: World, live: Live, wait: Wait): Promise<void> {
  const { record } = live
  if (record.type === 'static') return
  const isJob = record.component.type === 'job'
  const answers: string[] = []
  while (!wait.signal.aborted) {
    if (live.stopping || record.desired.type === 'down')
      throw new LandfallError({ code: 'E_STOPPED', message: `${nameOf(record)} was stopped while it started` })
    if (isJob) {
      if (live.state === 'ended') return
      if (live.state === 'failed') throw crashError(world, live)
    } else {
      if (live.isServing && live.isAlive) return
      const isHopeless = live.state === 'crash-looping' || (!record.hasServed && live.crashes.length >= QUICK_ENDS)
      if (isHopeless) throw crashError(world, live)
      const answer: Answer = live.isAlive
        ? await probe(world, live, wait.signal, remaining(wait))
        : { isHealthy: false, text: 'it does not run' }
      if (answer.isHealthy && live.isAlive) return markServing(world, live)
      if (!answer.isHealthy) {
        answers.push(answer.text)
        wait.tell(live, answer.text)
      }
      if (answers.length > 1000) answers.splice(0, 500)
    }
    if (performance.now() >= wait.deadline) throw timeoutError(world, live, wait.seconds, answers)
    await pause(live, Math.min(isJob ? 1000 : PROBE_EVERY_MS, remaining(wait)), wait.signal)
  }
  throw new LandfallError({ code: 'E_CANCELLED', message: `the wait for ${nameOf(record)} was ended` })
}

function remaining(wait: Wait): number {
  return Math.max(1, Math.ceil(wait.deadline - performance.now()))
}

/** Until something happens to the instance, but no longer than `ms`. */
function pause(live: Live, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer)
      live.watchers.delete(done)
      signal.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, ms)
    live.watchers.add(done)
    signal.addEventListener('abort', done, { once: true })
  })
}

/** It ended by itself: how, and what it wrote last. */
function crashError(world: World, live: Live): LandfallError {
  const { record, lastExit } = live
  const isJob = record.component.type === 'job'
  const why = lastExit?.why ?? record.remark ?? describeExit(undefined)
  const times = live.crashes.length > 1 ? `, ${live.crashes.length} times in a row` : ''
  const log = lastExit?.log ?? tailOf(logOf(world.home, record), record.logOffset)
  return new LandfallError({
    code: 'E_CRASHED',
    at: `components.${record.component.name}`,
    message: `${nameOf(record)} ${why}${times}${isJob ? '' : ' before it was healthy'}`,
    detail: lastLinesOf(log),
    hint: hintFor(live),
  })
}

function hintFor({ record, lastExit }: Live): string {
  if (lastExit?.isOutOfMemory) return `give ${record.component.name} more memory, or find what it needs it for`
  return `landfall logs ${record.component.name} --release ${record.release}`
}

function timeoutError(world: World, live: Live, seconds: number, answers: string[]): LandfallError {
  const { record } = live
  const listening = record.component.health?.type === 'alive' ? undefined : explainListening(world, record)
  const log = tailOf(logOf(world.home, record), record.logOffset)
  return new LandfallError({
    code: 'E_HEALTH_TIMEOUT',
    at: `components.${record.component.name}.health`,
    message: `${nameOf(record)} did not become healthy within ${seconds} s${listening ? `: ${listening}` : ''}`,
    detail: [...lastAnswers(answers), 'last lines:', lastLinesOf(log)].join('\n'),
    hint: `landfall logs ${record.component.name} --release ${record.release}`,
  })
}

/** The last five different answers in a row, each with how often it came. */
function lastAnswers(answers: string[]): string[] {
  const runs: { text: string; times: number }[] = []
  for (const text of answers) {
    const last = runs.at(-1)
    if (last?.text === text) last.times += 1
    else runs.push({ text, times: 1 })
  }
  return runs.slice(-5).map((r) => `probe: ${r.text}${r.times > 1 ? ` (${r.times} times)` : ''}`)
}

export function lastLinesOf(log: string): string {
  const lines = log.trimEnd().split('\n').slice(-50).join('\n')
  return lines === '' ? '(it wrote nothing)' : lines
}
