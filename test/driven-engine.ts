import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { LandfallError } from '../src/lib/error.ts'
import type { ErrorShape } from '../src/model/event.ts'
import type { DriverOps } from './engine-driver.ts'

const driver = fileURLToPath(new URL('engine-driver.ts', import.meta.url))

/** A process engine that lives in a process of its own and can be killed like a daemon. */
export class DrivenEngine {
  readonly child: ChildProcess
  private readonly answers: AsyncIterator<string>
  private readonly gone: Promise<unknown>
  private errors = ''

  constructor(home: string, options: { fail?: string; uid?: number } = {}) {
    const { fail, uid } = options
    this.child = spawn(process.execPath, ['--no-warnings', driver, home], {
      env: { PATH: process.env.PATH ?? '', ...(fail && { LANDFALL_FAIL: fail }) },
      stdio: ['pipe', 'pipe', 'pipe'],
      cwd: '/',
      ...(uid !== undefined && { uid, gid: uid }),
    })
    this.child.stderr?.on('data', (chunk: Buffer) => {
      this.errors += chunk.toString('utf8')
    })
    this.child.stdin?.on('error', () => {}) // It died, as it was told to: the missing answer tells.
    this.answers = createInterface({ input: this.child.stdout! })[Symbol.asyncIterator]()
    this.gone = once(this.child, 'exit')
  }

  async ask<T = unknown>(op: keyof DriverOps, ...args: DriverOps[typeof op]): Promise<T> {
    this.tell(op, ...args)
    const { value, done } = await this.answers.next()
    if (done) throw new Error(`the engine died: ${this.errors}`)
    const answer = JSON.parse(value) as { value: T; error?: ErrorShape } // What the driver writes.
    if (answer.error) throw new LandfallError(answer.error)
    return answer.value
  }

  /** Without waiting for an answer. */
  tell(op: keyof DriverOps, ...args: DriverOps[typeof op]): void {
    this.child.stdin?.write(`${JSON.stringify({ op, args })}\n`)
  }

  /** Resolves when it is gone: by a failpoint of its own, or by `kill`. */
  async died(): Promise<void> {
    await this.gone
  }

  async kill(): Promise<void> {
    this.child.kill('SIGKILL')
    await this.gone
  }

  async close(): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      this.child.stdin?.end()
      await this.gone
    }
  }
}
