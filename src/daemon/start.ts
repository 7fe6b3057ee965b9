import { spawn } from 'node:child_process'
import { closeSync, mkdirSync, openSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { compareVersions } from '../lib/compare-versions.ts'
import { codeOf, LandfallError } from '../lib/error.ts'
import { packageFolder } from '../lib/package.ts'
import { identify, isAlive, type ProcessIdentity } from '../lib/process-identity.ts'
import type { OpAnswers } from '../ops/contract.ts'
import { readAbout } from './about.ts'
import { call, handshake } from './client.ts'
import { logSize, logTail } from './log-tail.ts'
import { daemonPaths } from './paths.ts'

export interface StartOptions {
  home: string
  /** Of whoever asks. */
  version: string
  say(line: string): void
  /** The daemon's program, for tests. */
  program?: string
  startMs?: number
  /** Variables of ours that are secrets of an app: a process that lives for months does not carry them. */
  withheld?: readonly string[]
}
type Answer = OpAnswers['handshake']

const START_MS = 30_000
/** The step under way may take its 10 seconds to end. */
const STOP_MS = 20_000

/** A daemon of our own version that answers: the one that runs, or a new one. Apps are never touched. */
export async function ensureDaemon(options: StartOptions): Promise<Answer> {
  const running = await findDaemon(options.home, LEAVING)
  if (!running) return startDaemon(options)
  if (running.api_version !== 1) throw foreignVersion(running, options.version)
  const order = compareVersions(running.version, options.version)
  if (order > 0) throw foreignVersion(running, options.version)
  if (order === 0) return running
  options.say(`landfall ${running.version} makes way for ${options.version}; apps go on`)
  await stopDaemon(options.home, { edge: false })
  return startDaemon(options)
}

/** Codes of a daemon that is about to be gone. */
const LEAVING = ['E_DAEMON_STOPPED', 'E_DAEMON_LOST']

/** Undefined where none runs, or where it answers with one of these codes. */
export async function findDaemon(home: string, codes: string[] = []): Promise<Answer | undefined> {
  try {
    return await handshake(home)
  } catch (error) {
    const code = codeOf(error) ?? ''
    if (code === 'E_NO_DAEMON' || codes.includes(code)) return undefined
    throw error
  }
}

/** What was stopped; nothing where no daemon runs. */
export async function stopDaemon(home: string, { edge }: { edge: boolean }): Promise<string[]> {
  const answering = await findDaemon(home, ['E_DAEMON', ...LEAVING])
  // One that hangs, or is about to end, has at least written down who it is.
  const about = answering ? identify(answering.pid) : readAbout(home)
  if (!about || !isAlive(about)) return []
  const stopped = answering ? await askToStop(home, about, edge) : signalStop(about)
  for (let left = STOP_MS; left > 0; left -= 20) {
    if (!isAlive(about)) return stopped
    await sleep(20)
  }
  throw new LandfallError({
    code: 'E_DAEMON',
    message: `the daemon, pid ${about.pid}, did not end within ${STOP_MS / 1000} s`,
    ...logTail(home),
    hint: `\`kill -9 ${about.pid}\` ends it; apps go on and the next command recovers what was under way`,
  })
}

async function askToStop(home: string, about: ProcessIdentity, edge: boolean): Promise<string[]> {
  try {
    return (await call(home, 'stop', { edge })).stopped
  } catch (error) {
    return LEAVING.includes(codeOf(error) ?? '') ? ['daemon'] : signalStop(about)
  }
}

function signalStop({ pid }: ProcessIdentity): string[] {
  process.kill(pid, 'SIGTERM')
  return ['daemon']
}

async function startDaemon(options: StartOptions): Promise<Answer> {
  const { home, startMs = START_MS } = options
  const from = logSize(home)
  const end = Date.now() + startMs
  let child = launch(options)
  let relaunchAt = Date.now() + 500
  for (let pause = 10; ; pause = Math.min(pause * 1.5, 100)) {
    const answer = await findDaemon(home, LEAVING)
    if (answer) {
      // Ours came too late, and would begin to serve as soon as that one is stopped.
      if (answer.pid !== child.pid && !child.ended) child.end()
      return answer
    }
    // Another one has the lock: it was started at the same time and will answer, or it is about to end and ours must try again.
    if (child.ended === LOCK_IS_TAKEN && Date.now() > relaunchAt) {
      child = launch(options)
      relaunchAt = Date.now() + 500
    } else if (child.ended && child.ended !== LOCK_IS_TAKEN) throw didNotStart(options, child.ended, from)
    if (Date.now() > end) throw didNotStart(options, `it did not answer within ${startMs / 1000} s`, from)
    await sleep(pause)
  }
}

function didNotStart({ home }: StartOptions, why: string, from: number): LandfallError {
  return new LandfallError({
    code: 'E_DAEMON',
    message: `the daemon did not start: ${why}`,
    ...logTail(home, from),
    hint: `\`landfall serve --foreground\` shows what it does; its log is ${daemonPaths(home).log}`,
  })
}

const LOCK_IS_TAKEN = 'it ended with 75'

interface Launched {
  pid: number | undefined
  /** How, once it has. */
  ended: string
  end(): void
}

function launch({ home, program = daemonProgram(), withheld = [] }: StartOptions): Launched {
  const { log } = daemonPaths(home)
  const file = openLog(home)
  try {
    const child = spawn(process.execPath, [...NODE_FLAGS, program, '--log', log], {
      cwd: '/',
      env: daemonEnvironment(home, withheld),
      detached: true,
      stdio: ['ignore', file, file],
    })
    child.unref()
    const launched: Launched = { pid: child.pid, ended: '', end: () => void child.kill() }
    child.once('error', (error) => {
      launched.ended = error.message
    })
    child.once('exit', (code, signal) => {
      launched.ended = signal ? `it was ended by ${signal}` : `it ended with ${code}`
    })
    return launched
  } finally {
    closeSync(file)
  }
}

/** It waits most of its life: 31 MB instead of 42, measured, are worth more to a small server than faster loops. */
const NODE_FLAGS = ['--disable-warning=ExperimentalWarning', '--optimize-for-size', '--max-semi-space-size=1']

function openLog(home: string): number {
  try {
    const { log } = daemonPaths(home)
    mkdirSync(dirname(log), { recursive: true })
    // Asked anew: what lies outside of the home must be ours.
    return openSync(daemonPaths(home).log, 'a', 0o600)
  } catch (error) {
    throw new LandfallError({
      code: 'E_HOME',
      message: `${home}, where Landfall keeps everything, cannot be written to: ${codeOf(error)}`,
      hint: 'set LANDFALL_HOME to a folder of your own, or run landfall as the user who owns that one',
      cause: error,
    })
  }
}

const daemonProgram = () => join(packageFolder, 'dist/daemon.mjs')

/** Ours, so that proxies and registries count, without what an `npm run` around us says about another project. */
function daemonEnvironment(home: string, withheld: readonly string[]): NodeJS.ProcessEnv {
  const foreign = /^(npm_(package|lifecycle|command)|INIT_CWD$|NODE_OPTIONS$|NODE_CHANNEL)/i
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !foreign.test(name) && !withheld.includes(name)))
  return { ...env, LANDFALL_HOME: home }
}

function foreignVersion(running: Answer, version: string): LandfallError {
  return new LandfallError({
    code: 'E_SERVER_VERSION',
    message: `this is landfall ${version}, and the daemon is the newer ${running.version}`,
    hint: `use landfall ${running.version}, or \`landfall stop\` and start this one: apps go on`,
  })
}
