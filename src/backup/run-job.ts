import { spawn } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { LandfallError } from '../lib/error.ts'
import { lastLines } from '../lib/exec.ts'
import { ownProgram } from '../lib/own-server/own-program.ts'
import type { Finding } from '../model/finding.ts'
import type { Job, JobAnswers, JobLine } from './job.ts'

export interface JobEars {
  signal: AbortSignal
  say(line: string): void
  find?(finding: Finding): void
}
type Given<T extends Job['type']> = Omit<Extract<Job, { type: T }>, 'scratch'>

/** The work itself, in a process of its own that ends with it. Its own exit, an error it told, or its silence: each is told as such. */
export async function runJob<T extends Job['type']>(given: Given<T>, ears: JobEars): Promise<JobAnswers[T]> {
  ears.signal.throwIfAborted()
  const parent = join(given.home, 'scratch')
  mkdirSync(parent, { recursive: true, mode: 0o711 })
  const scratch = mkdtempSync(join(parent, 'backup-'))
  // Scratch servers run as another user, and have a folder of their own in there.
  for (const folder of [parent, scratch]) chmodSync(folder, 0o711)
  const { file, args } = ownProgram('backup', import.meta.url, './program/main.ts')
  const child = spawn(file, args, {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH ?? '/usr/bin:/bin', LANDFALL_HOME: given.home, ...failpointOfTests() },
    cwd: '/',
  })
  let stderr = ''
  let last: JobLine | undefined
  child.stderr.on('data', (chunk: Buffer) => {
    stderr = (stderr + chunk.toString()).slice(-10_000)
  })
  child.stdin.on('error', () => {}) // Its end tells why.
  child.stdin.end(JSON.stringify({ ...given, scratch }))
  const closed = new Promise<string>((resolve) => {
    child.on('error', (error) => resolve(error.message))
    child.on('close', (code, signal) => resolve(`ended with ${code ?? signal}`))
  })
  const stop = () => child.kill('SIGTERM')
  ears.signal.addEventListener('abort', stop, { once: true })
  try {
    for await (const text of createInterface({ input: child.stdout })) {
      const line = JSON.parse(text) as JobLine // Our own program wrote it.
      if (line.type === 'say') ears.say(line.line)
      else if (line.type === 'find') ears.find?.(line.finding)
      else last = line
    }
    const how = await closed
    if (last?.type === 'done') return last.answer as JobAnswers[T] // Of the job that was given.
    if (last?.type === 'error') throw new LandfallError(last.error)
    const detail = lastLines(stderr, 10)
    throw new LandfallError({
      code: 'E_BACKUP',
      message: `the process that worked on the backup ${how}`,
      ...(detail && { detail }),
    })
  } finally {
    ears.signal.removeEventListener('abort', stop)
    child.kill('SIGKILL')
    rmSync(scratch, { recursive: true, force: true })
  }
}

function failpointOfTests(): Record<string, string> {
  const { LANDFALL_FAIL } = process.env
  return LANDFALL_FAIL?.startsWith('backup:') ? { LANDFALL_FAIL } : {}
}
