import { execFile } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { promisify } from 'node:util'

export interface Measured {
  rate: number
  p99Ms: number
  failed: number
  /** Processor time that the contestant took for one request, in microseconds: a busy machine does not change it. */
  cpuMicros: number
}

export function hasWrk(): boolean {
  return existsSync('/usr/bin/wrk')
}

export async function wrk(url: string, host: string, seconds: number, pid: number): Promise<Measured> {
  const args = ['-t1', '-c50', `-d${seconds}`, '--latency', '-H', `Host: ${host}`, url]
  const before = cpuMicrosOf(pid)
  const { stdout } = await promisify(execFile)('wrk', args)
  const used = cpuMicrosOf(pid) - before
  const figure = (pattern: RegExp) => Number(pattern.exec(stdout)?.[1] ?? 0)
  const p99 = /99%\s+([\d.]+)(us|ms|s)/.exec(stdout)
  const unit = { us: 0.001, ms: 1, s: 1000 }[p99?.[2] ?? 'ms'] ?? 1
  const errors = /Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)/.exec(stdout)
  return {
    rate: figure(/Requests\/sec:\s+([\d.]+)/),
    p99Ms: Number(p99?.[1] ?? 0) * unit,
    cpuMicros: used / figure(/(\d+) requests in/),
    failed: figure(/Non-2xx or 3xx responses: (\d+)/) + (errors?.slice(1).reduce((sum, n) => sum + Number(n), 0) ?? 0),
  }
}

/** Of a process and its children, so far. */
function cpuMicrosOf(pid: number): number {
  let ticks = 0
  for (const entry of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const stat = readFileSync(`/proc/${entry}/stat`, 'latin1')
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
      if (Number(entry) === pid || Number(fields[1]) === pid) ticks += Number(fields[11]) + Number(fields[12])
    } catch {
      // It ended while it was looked at.
    }
  }
  return ticks * 10_000
}
