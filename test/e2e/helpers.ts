import { type ChildProcess, spawn } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { removeTree } from '../../src/lib/build/remove-tree.ts'
import type { RunEvent } from '../../src/model/event.ts'
import type { OpAnswers } from '../../src/ops/contract.ts'

export const repositoryFolder = fileURLToPath(new URL('../..', import.meta.url))
export const cli = join(repositoryFolder, 'dist/cli.mjs')

export interface Answer {
  code: number
  stdout: string
  stderr: string
}
export interface Running {
  child: ChildProcess
  done: Promise<Answer>
}

/** A LANDFALL_HOME of its own with the built command line: what a person has in front of them. */
export class Machine {
  readonly folder: string
  readonly home: string
  env: Record<string, string>

  constructor(env: Record<string, string> = {}) {
    this.folder = mkdtempSync(join(tmpdir(), 'e2e-'))
    chmodSync(this.folder, 0o755) // Instances run as other users where we are root.
    this.home = join(this.folder, 'home')
    this.env = { ...ofPerson(), LANDFALL_HOME: this.home, NO_COLOR: '1', ...env }
  }

  /** Edge ports of its own, so that several machines live side by side. */
  static async make(env: Record<string, string> = {}): Promise<Machine> {
    return new Machine({ LANDFALL_EDGE_PORT: String(await freePort()), ...env })
  }

  start(args: string[], options: { cwd?: string; env?: Record<string, string>; input?: string } = {}): Running {
    const child = spawn(process.execPath, [cli, ...args], {
      cwd: options.cwd ?? this.folder,
      env: { ...this.env, ...options.env },
      stdio: ['pipe', 'pipe', 'pipe'],
    })
    return { child, done: collect(child, options.input) }
  }

  run(args: string[], options: { cwd?: string; env?: Record<string, string>; input?: string } = {}): Promise<Answer> {
    return this.start(args, options).done
  }

  /** Ends 0, or the test hears why not. */
  async must(args: string[], options: { cwd?: string; env?: Record<string, string> } = {}): Promise<Answer> {
    const answer = await this.run(args, options)
    if (answer.code === 0) return answer
    throw new Error(`landfall ${args.join(' ')} ended with ${answer.code}\n${answer.stderr}\n${answer.stdout}`)
  }

  async json<T>(args: string[], options: { cwd?: string } = {}): Promise<T> {
    return JSON.parse((await this.must([...args, '--json'], options)).stdout) as T // The command's own promise.
  }

  ps(): Promise<OpAnswers['ps']> {
    return this.json(['ps'])
  }

  async app(name?: string): Promise<OpAnswers['ps']['apps'][number]> {
    const app = (await this.ps()).apps.find((a) => name === undefined || a.app === name)
    if (!app) throw new Error('no such app runs')
    return app
  }

  async url(name?: string): Promise<string> {
    const url = (await this.app(name)).urls[0]?.url
    if (!url) throw new Error('the app has no URL')
    return url
  }

  /** `up`, as events and with what the last of them says. */
  async up(
    cwd: string,
    more: string[] = [],
    env: Record<string, string> = {},
  ): Promise<{ code: number; end?: End; events: RunEvent[] }> {
    const answer = await this.run(['up', '--yes', '--json', ...more], { cwd, env })
    const events = eventsOf(answer.stdout)
    const end = events.findLast((e): e is End => e.type === 'end')
    return { code: answer.code, events, ...(end && { end }) }
  }

  daemonPid(): number | undefined {
    try {
      return JSON.parse(readFileSync(join(this.home, 'run/daemon.json'), 'utf8')).pid
    } catch {
      return undefined
    }
  }

  /** Pids of everything that carries this home in its environment. */
  processes(): number[] {
    return readdirSync('/proc')
      .filter((entry) => /^\d+$/.test(entry))
      .map(Number)
      .filter((pid) => pid !== process.pid && environOf(pid).includes(`LANDFALL_HOME=${this.home}`))
  }

  /** Empty where the process is gone. */
  commandOf(pid: number): string {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim()
    } catch {
      return ''
    }
  }

  /** Nothing of this machine is left, processes first. */
  async close(): Promise<void> {
    for (let i = 0; i < 100; i++) {
      const pids = this.processes()
      if (pids.length === 0) break
      for (const pid of pids) end(pid)
      await sleep(50)
    }
    // Artifacts are read-only, also for the ordinary user whose they are.
    await removeTree(this.folder)
  }
}
export type End = Extract<RunEvent, { type: 'end' }>

/** What a person's shell has: proxies and certificates too, but nothing of npm or the test runner around us. */
function ofPerson(): Record<string, string> {
  const foreign = /^(LANDFALL_|npm_|VITEST|NODE_OPTIONS$|NODE_ENV$|INIT_CWD$|TEST$|DEV$|PROD$|MODE$|SSR$|BASE_URL$)/
  return Object.fromEntries(
    Object.entries(process.env).filter((e): e is [string, string] => e[1] !== undefined && !foreign.test(e[0])),
  )
}

export function eventsOf(text: string): RunEvent[] {
  return text
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as RunEvent)
}

/** A copy of an example that a test may change. */
export function copyExample(name: string, machine: Machine): string {
  const folder = join(machine.folder, name)
  mkdirSync(folder, { recursive: true })
  const from = join(repositoryFolder, 'examples', name)
  cpSync(from, folder, { recursive: true, filter: (path) => !/\/(node_modules|dist)$/.test(path.slice(from.length)) })
  return folder
}

export async function until<T>(what: string, look: () => T | undefined | Promise<T | undefined>, seconds = 60): Promise<T> {
  for (let end = Date.now() + seconds * 1000; ; await sleep(50)) {
    const found = await look()
    if (found) return found
    if (Date.now() > end) throw new Error(`did not happen within ${seconds} s: ${what}`)
  }
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

/** Outside the range from which the kernel gives ports to outgoing connections: one of those could be gone a moment later. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < 100; tries++) {
    const port = randomInt(10_000, 18_000)
    const server = createServer()
    const isFree = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false))
      server.listen(port, '0.0.0.0', () => resolve(true))
    })
    if (!isFree) continue
    await new Promise((resolve) => server.close(resolve))
    return port
  }
  throw new Error('no free port')
}

function environOf(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0')
  } catch {
    return [] // Gone, or another user's.
  }
}

function end(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It ended by itself.
  }
}

function collect(child: ChildProcess, input = ''): Promise<Answer> {
  let stdout = ''
  let stderr = ''
  child.stdout?.setEncoding('utf8').on('data', (text) => {
    stdout += text
  })
  child.stderr?.setEncoding('utf8').on('data', (text) => {
    stderr += text
  })
  child.stdin?.on('error', () => {}) // It may end without reading.
  child.stdin?.end(input)
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => resolve({ code: code ?? 128, stdout, stderr }))
  })
}
