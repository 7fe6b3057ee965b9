import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import type { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Limits } from '../../model/app.ts'
import { codeOf } from '../error.ts'
import type { Cage, Identity, Wrap } from './build-types.ts'
import { splitLines } from './split-lines.ts'
import { type MemoryWatch, watchMemory } from './watch-memory.ts'

export interface CommandWish {
  argv: string[]
  cwd: string
  env: Record<string, string>
  limits: Limits
  identity?: Identity
  wrap?: Wrap
  /** Ends it: cancelled, or out of time. */
  signal: AbortSignal
  onLine(line: string): void
}
export interface CommandEnd {
  /** Absent where it was ended by a signal, or could not be started. */
  code?: number
  signal?: string
  /** Why it could not be started. */
  notStarted?: string
  /** The memory limit ended it. */
  isOverMemory: boolean
  peakMiB?: number
}

/** Builds stand back for what serves: behind it for the processors and the disk. */
const LOW = [
  ...(existsSync('/usr/bin/nice') ? ['nice', '-n', '10'] : []),
  ...(existsSync('/usr/bin/ionice') ? ['ionice', '-c', '2', '-n', '7'] : []),
]
const DRAIN_MS = 500

/** One command of a build to its end, in a session of its own; whatever it left in its process group ends with it. */
export async function runCommand(wish: CommandWish): Promise<CommandEnd> {
  const cage: Cage | undefined = wish.wrap?.({
    argv: [...LOW, ...wish.argv],
    env: wish.env,
    limits: wish.limits,
    ...(wish.identity && { identity: wish.identity }),
  })
  try {
    const end = await run(wish, cage)
    const kills = cage?.killsForMemory() ?? 0
    const peakMiB = cage?.peakMiB?.() ?? end.peakMiB
    const isOverMemory = end.isOverMemory || (kills > 0 && end.code !== 0)
    return { ...end, isOverMemory, ...(peakMiB !== undefined && { peakMiB }) }
  } finally {
    cage?.remove()
  }
}

function run(wish: CommandWish, cage: Cage | undefined): Promise<CommandEnd> {
  const [file = '', ...args] = cage?.argv ?? [...LOW, ...wish.argv]
  const drop = !cage && wish.identity ? { uid: wish.identity.uid, gid: wish.identity.gid } : {}
  return new Promise((resolve) => {
    const child = spawn(file, args, {
      cwd: wish.cwd,
      env: cage?.env ?? wish.env,
      ...drop,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
      shell: false,
    })
    const { pid } = child
    const killGroup = () => {
      try {
        if (pid) process.kill(-pid, 'SIGKILL')
      } catch {
        // Nothing of it is left.
      }
    }
    let watch: MemoryWatch | undefined
    const limit = wish.limits.memoryMiB
    if (pid && limit !== undefined && !cage) watch = watchMemory(pid, limit, killGroup)
    if (wish.signal.aborted) killGroup()
    wish.signal.addEventListener('abort', killGroup, { once: true })
    const outputs = [child.stdout, child.stderr].map((stream) => readLines(stream, wish.onLine))
    const finish = async (end: Omit<CommandEnd, 'isOverMemory'>) => {
      watch?.stop()
      wish.signal.removeEventListener('abort', killGroup)
      // What it left in the background holds its output open, and must not work on while the next step does.
      await Promise.race([Promise.all(outputs), sleep(DRAIN_MS)])
      killGroup()
      await Promise.race([Promise.all(outputs), sleep(DRAIN_MS)])
      child.stdout.destroy()
      child.stderr.destroy()
      resolve({ ...end, isOverMemory: watch?.isOver ?? false, ...(watch && { peakMiB: watch.peakMiB }) })
    }
    child.on('error', (error) => {
      const why = codeOf(error) === 'ENOENT' ? `${file} was not found on PATH` : error.message
      void finish({ notStarted: why })
    })
    child.on('exit', (code, signal) => void finish({ ...(code !== null && { code }), ...(signal && { signal }) }))
  })
}

async function readLines(stream: Readable, onLine: (line: string) => void): Promise<void> {
  const lines = splitLines(onLine)
  stream.on('data', (chunk: Buffer) => lines.add(chunk))
  await new Promise<void>((resolve) => {
    stream.on('close', resolve)
    stream.on('error', () => resolve())
  })
  lines.end()
}
