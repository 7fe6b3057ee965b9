import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'
import { readAbout } from '../../src/daemon/about.ts'
import { isAlive } from '../../src/lib/process-identity.ts'
import type { Scenario } from './world.ts'

export const wireDaemon = fileURLToPath(new URL('daemon.ts', import.meta.url))

/** A LANDFALL_HOME of the test's own; a daemon that still serves it at the end is ended. */
export function aHome(scenario: Scenario = {}): string {
  const home = mkdtempSync(join(tmpdir(), 'lf-wire-'))
  play(home, scenario)
  onTestFinished(async () => {
    const about = readAbout(home)
    if (about && isAlive(about)) process.kill(about.pid, 'SIGKILL')
    while (about && isAlive(about)) await pause(5)
    rmSync(home, { recursive: true, force: true })
  })
  return home
}

export const play = (home: string, scenario: Scenario) => writeFileSync(join(home, 'scenario.json'), JSON.stringify(scenario))

export function callsIn(home: string): { name: string; input?: Record<string, unknown>; sent?: number; ended?: boolean }[] {
  const file = join(home, 'calls.ndjson')
  if (!existsSync(file)) return []
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line))
}

export interface Spawned {
  child: ChildProcess
  /** Both streams so far. */
  text(): string
  code: Promise<number | null>
}

/** The daemon's program in the foreground. */
export function serve(home: string, env: Record<string, string> = {}): Spawned {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', wireDaemon], {
    env: { PATH: process.env.PATH, LANDFALL_HOME: home, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let text = ''
  child.stdout.on('data', (chunk) => {
    text += chunk
  })
  child.stderr.on('data', (chunk) => {
    text += chunk
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  return { child, text: () => text, code: once(child, 'close').then(([code]) => code as number | null) }
}

export async function until<T>(found: () => T | undefined | false | Promise<T | undefined | false>): Promise<T> {
  for (;;) {
    const value = await found()
    if (value) return value
    await pause(10)
  }
}

export const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
