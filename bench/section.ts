import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { arch, cpus, release, totalmem } from 'node:os'

/** What a part of the benchmark found out: figures for people, and whether its promises held. */
export interface Section {
  title: string
  /** What was done, in a sentence or two. */
  text: string
  /** First row: the heads of the columns. */
  table: string[][]
  /** Promises that did not hold; empty is good. */
  broken: string[]
}
/** `npm run bench -- <name>` runs the part of that name. */
export type Part = () => Promise<Section>

export function machine(): Record<string, string> {
  return {
    processor: `${cpus().length} × ${cpus()[0]?.model ?? arch()}`,
    memory: `${Math.round(totalmem() / 2 ** 30)} GiB`,
    kernel: release(),
    node: process.version,
    user: process.getuid?.() === 0 ? 'root' : 'an ordinary user',
  }
}

/** First line of what a program says of its version; undefined where it is not there. */
export function versionOf(file: string, args: string[]): string | undefined {
  try {
    return execFileSync(file, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
      .trim()
      .split('\n')
      .at(-1)
  } catch {
    return undefined
  }
}

export function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}

export async function timed<T>(work: () => Promise<T> | T): Promise<{ ms: number; result: T }> {
  const from = performance.now()
  const result = await work()
  return { ms: performance.now() - from, result }
}

/** The middle of `count` runs, in milliseconds. */
export async function medianTime(count: number, work: () => Promise<unknown> | unknown): Promise<number> {
  const times: number[] = []
  for (let i = 0; i < count; i++) times.push((await timed(work)).ms)
  return median(times)
}

export function ms(value: number): string {
  return value < 10 ? `${value.toFixed(1)} ms` : value < 10_000 ? `${Math.round(value)} ms` : `${(value / 1000).toFixed(1)} s`
}

export interface ProcessFigures {
  pid: number
  command: string
  pssMiB: number
  /** Processor time so far. */
  cpuSeconds: number
}

/** Every process that carries this LANDFALL_HOME in its environment. */
export function processesOf(home: string): ProcessFigures[] {
  const found: ProcessFigures[] = []
  for (const entry of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const read = (file: string) => readFileSync(`/proc/${entry}/${file}`, 'utf8')
      if (!read('environ').split('\0').includes(`LANDFALL_HOME=${home}`)) continue
      const stat = read('stat')
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
      found.push({
        pid: Number(entry),
        command: read('cmdline').replaceAll('\0', ' ').trim(),
        pssMiB: Number(/^Pss:\s+(\d+)/m.exec(read('smaps_rollup'))?.[1] ?? 0) / 1024,
        cpuSeconds: (Number(fields[11]) + Number(fields[12])) / 100,
      })
    } catch {
      // It ended while it was looked at.
    }
  }
  return found
}
