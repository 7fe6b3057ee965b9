import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { daemonPaths } from './paths.ts'

const TAIL_BYTES = 16_384
const LINES = 12

/** The end of the daemon's log as an error's evidence; `from` leaves out what an earlier start said. */
export function logTail(home: string, from = 0): { detail?: string } {
  try {
    const file = openSync(daemonPaths(home).log, 'r')
    try {
      const { size } = fstatSync(file)
      const start = Math.max(size < from ? 0 : from, size - TAIL_BYTES)
      const bytes = Buffer.alloc(size - start)
      const read = readSync(file, bytes, 0, bytes.length, start)
      const detail = bytes.subarray(0, read).toString().trimEnd().split('\n').slice(-LINES).join('\n')
      return detail ? { detail } : {}
    } finally {
      closeSync(file)
    }
  } catch {
    return {} // No log, no evidence.
  }
}

export function logSize(home: string): number {
  try {
    const file = openSync(daemonPaths(home).log, 'r')
    const { size } = fstatSync(file)
    closeSync(file)
    return size
  } catch {
    return 0
  }
}
