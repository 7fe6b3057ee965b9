import { type ChildProcess, spawn } from 'node:child_process'
import { LandfallError } from './error.ts'

export interface ExecOptions {
  cwd?: string
  /** The whole environment: nothing of ours is inherited unless it is named here. */
  env?: Record<string, string>
  uid?: number
  gid?: number
  input?: string
  timeoutSeconds?: number
  signal?: AbortSignal
  /** Each line of both streams, as it comes. */
  onLine?: (line: string) => void
  /** Exit codes that are an answer, not a failure. */
  allow?: number[]
}
export interface ExecResult {
  code: number
  stdout: string
  stderr: string
}

/**
 * Runs a program to its end, in a process group of its own, without a shell. Fails with E_EXEC (not found, exit code, signal,
 * time-out) with the last lines as evidence. Keeps at most 1 MiB of each stream.
 */
export function exec(file: string, args: string[], options: ExecOptions = {}): Promise<ExecResult> {
  return new Promise((resolve, reject) => {
    let child: ChildProcess
    const fail = (message: string, detail: string, cause?: unknown) =>
      reject(new LandfallError({ code: 'E_EXEC', message, ...(detail && { detail }), cause }))
    try {
      child = spawn(file, args, {
        cwd: options.cwd ?? '/',
        env: options.env ?? { PATH: process.env.PATH ?? '/usr/bin:/bin' },
        ...(options.uid !== undefined && { uid: options.uid, gid: options.gid ?? options.uid }),
        stdio: ['pipe', 'pipe', 'pipe'],
        detached: true,
        shell: false,
      })
    } catch (error) {
      fail(`could not start ${file}`, '', error)
      return
    }
    const out = new Tail(options.onLine)
    const err = new Tail(options.onLine)
    const killGroup = () => {
      try {
        if (child.pid) process.kill(-child.pid, 'SIGKILL')
      } catch {
        // It ended by itself in the meantime.
      }
    }
    let reason = ''
    const timer = options.timeoutSeconds
      ? setTimeout(() => {
          reason = `took longer than ${options.timeoutSeconds} s`
          killGroup()
        }, options.timeoutSeconds * 1000)
      : undefined
    const onAbort = () => {
      reason = 'was cancelled'
      killGroup()
    }
    if (options.signal?.aborted) onAbort()
    options.signal?.addEventListener('abort', onAbort, { once: true })
    child.stdout?.on('data', (chunk: Buffer) => out.add(chunk))
    child.stderr?.on('data', (chunk: Buffer) => err.add(chunk))
    child.stdin?.on('error', () => {}) // The program may end without reading all of its input: its exit code tells.
    child.stdin?.end(options.input ?? '')
    const settle = () => {
      clearTimeout(timer)
      options.signal?.removeEventListener('abort', onAbort)
      out.end()
      err.end()
    }
    child.on('error', (error) => {
      settle()
      fail(`could not start ${file}: ${error.message}`, '', error)
    })
    child.on('close', (code, signal) => {
      settle()
      const result = { code: code ?? 128, stdout: out.text, stderr: err.text }
      if (!reason && code !== null && (code === 0 || options.allow?.includes(code))) return resolve(result)
      const how = reason || (signal ? `was ended by ${signal}` : `ended with ${code}`)
      fail(`${[file, ...args].join(' ')} ${how}`, lastLines(err.text || out.text, 20))
    })
  })
}

class Tail {
  text = ''
  private rest = ''
  private readonly onLine: ((line: string) => void) | undefined
  private readonly decoder = new TextDecoder()
  constructor(onLine: ((line: string) => void) | undefined) {
    this.onLine = onLine
  }
  add(chunk: Uint8Array) {
    const text = this.decoder.decode(chunk, { stream: true })
    this.text = (this.text + text).slice(-1024 * 1024)
    if (!this.onLine) return
    const lines = (this.rest + text).split('\n')
    this.rest = lines.pop() ?? ''
    for (const line of lines) this.onLine(line)
  }
  end() {
    if (this.rest) this.onLine?.(this.rest)
    this.rest = ''
  }
}

export function lastLines(text: string, count: number): string {
  return text.trimEnd().split('\n').slice(-count).join('\n')
}
