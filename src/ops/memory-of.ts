import { readFileSync } from 'node:fs'

/** Proportional set size of a process in MiB, one decimal; 0 where the kernel does not say. */
export function memoryOf(pid: number): number {
  try {
    const kib = /^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1]
    return Math.round((Number(kib ?? 0) / 1024) * 10) / 10
  } catch {
    // Gone, another user's, or a system without /proc.
    return 0
  }
}
