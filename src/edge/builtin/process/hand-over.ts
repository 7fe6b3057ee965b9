import { existsSync, readdirSync, rmSync } from 'node:fs'
import { LandfallError } from '../../../lib/error.ts'
import { identify } from '../../../lib/process-identity.ts'
import { callOnce, isGone } from './call.ts'
import { launchEdge } from './launch.ts'
import type { EdgePaths } from './paths.ts'
import type { HeldSocket } from './sockets.ts'

const READY_MS = 15_000

/**
 * Starts the program that lies there now, with our own sockets: the same ones in the kernel, so that no connection is lost between
 * the two. Resolves once it serves; fails, with nothing changed, when it does not come up.
 */
export async function startSuccessor(
  home: string,
  paths: EdgePaths,
  sockets: HeldSocket[],
  env: NodeJS.ProcessEnv,
  isReady: () => boolean,
) {
  const child = launchEdge({ home, paths, sockets, env, relieves: process.pid })
  const deadline = performance.now() + READY_MS
  while (!isReady()) {
    const hasEnded = child.pid === undefined || identify(child.pid) === undefined
    if (hasEnded || performance.now() > deadline) {
      // The whole group: the shell would start its program again.
      if (child.pid !== undefined && !hasEnded) process.kill(-child.pid, 'SIGKILL')
      throw new LandfallError({
        code: 'E_HAND_OVER',
        message: 'the new edge did not come up; the one that serves goes on',
        hint: `look at ${paths.log}`,
      })
    }
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

/** Edges that were relieved and still have requests or sockets in hand. */
export class Elders {
  private readonly paths: EdgePaths
  constructor(paths: EdgePaths) {
    this.paths = paths
  }

  /** Asks each; one that is gone has nothing any more. */
  async ask<T>(name: string, input: object): Promise<T[]> {
    const answers = await Promise.all(this.pids().map((pid) => this.askOne<T>(pid, name, input)))
    return answers.filter((answer) => answer !== undefined)
  }

  async askOne<T>(pid: number, name: string, input: object): Promise<T | undefined> {
    const socket = this.paths.controlOf(pid)
    try {
      return await callOnce<T>(socket, name, input, { timeoutMs: 5_000 })
    } catch (error) {
      if (!isGone(error)) throw error
      if (existsSync(socket) && identify(pid) === undefined) rmSync(socket, { force: true })
      return undefined
    }
  }

  /** Sockets of edges that were killed. */
  forgetDead(): void {
    for (const pid of this.pids()) if (identify(pid) === undefined) rmSync(this.paths.controlOf(pid), { force: true })
  }

  private pids(): number[] {
    const found = readdirSync(this.paths.run).map((name) => Number(/^edge\.(\d+)\.sock$/.exec(name)?.[1] ?? 0))
    return found.filter((pid) => pid !== 0 && pid !== process.pid)
  }
}
