import { chmodSync, lstatSync, mkdirSync, rmSync, statSync } from 'node:fs'
import type { Server } from 'node:http'
import { writeAtomic } from '../lib/atomic.ts'
import { codeOf, LandfallError } from '../lib/error.ts'
import { identify } from '../lib/process-identity.ts'
import type { OpenWorld, World } from '../ops/world-type.ts'
import { readAbout } from './about.ts'
import { takeLock } from './lock.ts'
import { daemonPaths } from './paths.ts'
import { type Api, createApi } from './server.ts'

export interface DaemonOptions {
  home: string
  version: string
  openWorld: OpenWorld
  say(line: string): void
  /** Ends with the terminal that it was started on. */
  isForeground: boolean
}

const CLOSE_MS = 12_000
const WATCH_MS = 5_000

/** Serves one home until it is told to stop; comes back with the exit code. */
export async function runDaemon(options: DaemonOptions): Promise<number> {
  const { home, version, say } = options
  const paths = daemonPaths(home)
  preparePaths(home)
  const lock = takeLock(paths.lock)
  if (!lock) throw runsAlready(home)
  const world = await options.openWorld({ home, version, say, lost: (why) => endLost(why, say) })
  let stop: (reason: string, code?: number) => void = () => {}
  const stopping = new Promise<{ reason: string; code: number }>((resolve) => {
    stop = (reason, code = 0) => resolve({ reason, code })
  })
  let setReady: () => void = () => {}
  const ready = new Promise<void>((resolve) => {
    setReady = resolve
  })
  const api = createApi({ world, ready, say, onStop: () => stop('stop was asked for') })
  // With the lock in hand, a socket that is there belonged to a daemon that is not.
  rmSync(paths.socket, { force: true })
  await listen(api.server, paths.socket)
  writeAtomic(paths.about, JSON.stringify({ ...identify(process.pid), version }))
  listenToSignals(options, stop)
  const watch = watchSocket(paths.socket, () => stop('its socket is gone'))
  say(`landfall ${version} serves ${home}, pid ${process.pid}`)
  recover(world, say).then(setReady)
  const { reason, code } = await stopping
  say(`stopping: ${reason}`)
  clearInterval(watch)
  await shutDown(api, world, say)
  // Before the lock goes: what is written after that is the next one's.
  rmSync(paths.about, { force: true })
  lock.release()
  return code
}

/** Whoever asked hears why; then nothing of what is in memory is written any more, not even by a tidy end. */
const LAST_WORDS_MS = 250

function endLost(why: string, say: DaemonOptions['say']): void {
  say(`${why}; the next start goes by what is on the disk`)
  setTimeout(() => process.kill(process.pid, 'SIGKILL'), LAST_WORDS_MS)
}

/** A start that cannot recover everything still answers: `ps` and `doctor` say what is wrong. */
async function recover(world: World, say: DaemonOptions['say']): Promise<void> {
  try {
    await world.recover()
  } catch (error) {
    say(`recovery failed: ${error instanceof Error ? error.stack : String(error)}`)
  }
}

async function shutDown(api: Api, world: World, say: DaemonOptions['say']): Promise<void> {
  api.refuse()
  const limit = setTimeout(() => {
    say('the step under way did not end in time: the journal tells the next start where to go on')
    process.exit(1)
  }, CLOSE_MS)
  // The world first: watchers of a run still hear that it was suspended.
  await world.close()
  await api.endStreams()
  api.server.close()
  api.server.closeAllConnections()
  clearTimeout(limit)
}

function preparePaths(home: string): void {
  const paths = daemonPaths(home)
  mkdirSync(home, { recursive: true, mode: 0o755 })
  mkdirSync(paths.run, { recursive: true, mode: 0o700 })
  const uid = process.getuid?.()
  if (uid !== undefined && statSync(paths.run).uid !== uid) {
    throw new LandfallError({
      code: 'E_OWNER',
      message: `${paths.run} belongs to another user`,
      hint: 'run landfall as that user, or set LANDFALL_HOME to a folder of your own',
    })
  }
  chmodSync(paths.run, 0o700)
  // The kernel's limit for the address of a socket, with its closing zero.
  const limit = process.platform === 'linux' ? 107 : 103
  if (Buffer.byteLength(paths.socket) <= limit) return
  throw new LandfallError({
    code: 'E_PATH',
    message: `the path of the socket is longer than the ${limit} bytes that the system allows`,
    detail: paths.socket,
    hint: 'set LANDFALL_HOME to a shorter path',
  })
}

function runsAlready(home: string): LandfallError {
  const about = readAbout(home)
  const who = about ? `landfall ${about.version}, pid ${about.pid},` : 'a daemon'
  return new LandfallError({
    code: 'E_DAEMON_RUNS',
    message: `${who} already serves ${home}`,
    hint: '`landfall stop` ends it; apps go on',
  })
}

function listen(server: Server, path: string): Promise<void> {
  // The folder keeps others out already; the socket's own mode is for systems that ask it too.
  const before = process.umask(0o177)
  return new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(path, () => {
      server.off('error', reject)
      resolve()
    })
  }).finally(() => process.umask(before))
}

/** A daemon that nobody can reach must not keep others from starting. */
function watchSocket(path: string, onGone: () => void): NodeJS.Timeout {
  const own = lstatSync(path).ino
  return setInterval(() => {
    if (lstatSync(path, { throwIfNoEntry: false })?.ino !== own) onGone()
  }, WATCH_MS)
}

/** Errors of a connection that nobody listens to any more: nothing of ours is in doubt. */
const STRAY = new Set(['EPIPE', 'ECONNRESET', 'ECONNABORTED', 'ERR_STREAM_PREMATURE_CLOSE', 'ERR_STREAM_DESTROYED'])

function listenToSignals({ say, isForeground }: DaemonOptions, stop: (reason: string, code?: number) => void): void {
  let asked = 0
  const onSignal = (signal: string) => {
    asked += 1
    if (asked > 1 && isForeground) process.exit(130)
    stop(signal)
  }
  process.on('SIGTERM', onSignal)
  process.on('SIGINT', onSignal)
  process.on('SIGHUP', (signal) => {
    if (isForeground) onSignal(signal)
  })
  const onUnforeseen = (error: unknown) => {
    say(`unforeseen: ${error instanceof Error ? error.stack : String(error)}`)
    // Anything else may have left the memory half changed; what is on the disk is whole, and the next start reads that.
    if (!STRAY.has(codeOf(error) ?? '')) stop('an unforeseen error', 70)
  }
  process.on('uncaughtException', onUnforeseen)
  process.on('unhandledRejection', onUnforeseen)
}
