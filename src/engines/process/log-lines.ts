import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs'
import { codeOf } from '../../lib/error.ts'
import { dater, readMarks } from './log-marks.ts'

export interface DatedLine {
  time: number
  text: string
}

const CHUNK = 64 * 1024
/** A longer line is given in pieces: what has no end must not fill the memory. */
const MAX_LINE = 16 * 1024

/** Lines between two bytes of a file, dated. `end` is told where the last whole line ended. */
export function* linesBetween(
  log: string,
  from: number,
  to: number,
  told: { end: number; isOpen?: boolean },
): Generator<DatedLine> {
  const fd = openLog(log)
  if (fd === undefined) return
  try {
    const stat = fstatSync(fd)
    const dateOf = dater(readMarks(log).marks, stat.mtimeMs)
    const size = Math.min(to, stat.size)
    let rest = Buffer.alloc(0)
    let lineStart = from
    for (let offset = from; offset < size; ) {
      const chunk = Buffer.alloc(Math.min(CHUNK, size - offset))
      const read = readSync(fd, chunk, 0, chunk.length, offset)
      if (read === 0) break
      offset += read
      let bytes = Buffer.concat([rest, chunk.subarray(0, read)])
      for (let at = bytes.indexOf(10); at >= 0 || bytes.length > MAX_LINE; at = bytes.indexOf(10)) {
        const isWhole = at >= 0 && at <= MAX_LINE
        const length = isWhole ? at : MAX_LINE
        lineStart += length + (isWhole ? 1 : 0)
        yield { time: dateOf(lineStart), text: textOf(bytes.subarray(0, length)) }
        bytes = bytes.subarray(length + (isWhole ? 1 : 0))
        told.end = lineStart
      }
      rest = Buffer.from(bytes)
    }
    // A line without its end is one when nobody waits for the rest.
    if (rest.length > 0 && told.isOpen !== true) {
      yield { time: dateOf(lineStart + rest.length), text: textOf(rest) }
      told.end = lineStart + rest.length
    }
  } finally {
    closeSync(fd)
  }
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('utf8').replace(/\r$/, '')
}

/** Where the last `count` lines of a file begin, and how many there are. */
export function lastLinesOffset(log: string, count: number): { offset: number; lines: number } {
  const fd = openLog(log)
  if (fd === undefined) return { offset: 0, lines: 0 }
  try {
    let end = fstatSync(fd).size
    let lines = 0
    let isFirst = true
    while (end > 0) {
      const start = Math.max(0, end - CHUNK)
      const chunk = Buffer.alloc(end - start)
      readSync(fd, chunk, 0, chunk.length, start)
      for (let at = chunk.length - 1; at >= 0; at--) {
        const isEnd = chunk[at] === 10
        // The newline at the very end closes the last line, it begins none.
        if (isFirst) lines += 1
        if (isEnd && !isFirst) {
          if (lines === count) return { offset: start + at + 1, lines }
          lines += 1
        }
        isFirst = false
      }
      end = start
    }
    return { offset: 0, lines }
  } finally {
    closeSync(fd)
  }
}

/** Where lines begin that came at `since` or later. */
export function sinceOffset(log: string, since: number): number {
  const { marks } = readMarks(log)
  const next = marks.findIndex((m) => m.to >= since)
  const offset = next < 0 ? (marks.at(-1)?.end ?? 0) : (marks[next - 1]?.end ?? 0)
  return offset === 0 ? 0 : nextLineAfter(log, offset - 1)
}

/** The first beginning of a line after `offset`: marks are made wherever the writer just was. */
export function nextLineAfter(log: string, offset: number): number {
  const fd = openLog(log)
  if (fd === undefined) return offset
  try {
    const chunk = Buffer.alloc(CHUNK)
    const length = readSync(fd, chunk, 0, chunk.length, offset)
    return offset + chunk.subarray(0, length).indexOf(10) + 1
  } finally {
    closeSync(fd)
  }
}

/** Undefined where it was pruned meanwhile. */
function openLog(log: string): number | undefined {
  try {
    return openSync(log, 'r')
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  }
}

/** Nought where there is none. */
export function sizeOf(path: string): number {
  try {
    return statSync(path).size
  } catch {
    return 0
  }
}
