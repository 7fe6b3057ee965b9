import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { promisify } from 'node:util'

export interface Measured {
  rate: number
  p99Ms: number
  failed: number
}

export function hasWrk(): boolean {
  return existsSync('/usr/bin/wrk')
}

export async function wrk(url: string, host: string, seconds: number): Promise<Measured> {
  const args = ['-t1', '-c50', `-d${seconds}`, '--latency', '-H', `Host: ${host}`, url]
  const { stdout } = await promisify(execFile)('wrk', args)
  const figure = (pattern: RegExp) => Number(pattern.exec(stdout)?.[1] ?? 0)
  const p99 = /99%\s+([\d.]+)(us|ms|s)/.exec(stdout)
  const unit = { us: 0.001, ms: 1, s: 1000 }[p99?.[2] ?? 'ms'] ?? 1
  const errors = /Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)/.exec(stdout)
  return {
    rate: figure(/Requests\/sec:\s+([\d.]+)/),
    p99Ms: Number(p99?.[1] ?? 0) * unit,
    failed: figure(/Non-2xx or 3xx responses: (\d+)/) + (errors?.slice(1).reduce((sum, n) => sum + Number(n), 0) ?? 0),
  }
}
