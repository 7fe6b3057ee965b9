import {
  closeSync,
  createReadStream,
  fstatSync,
  ftruncateSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeSync,
} from 'node:fs'
import { codeOf } from '../../lib/error.ts'
import { sizeOf } from './log-lines.ts'
import { addMark, type CutFrom, readMarks, shiftMarks, writeMarks } from './log-marks.ts'
import type { Bounds } from './world.ts'

/** What may come while a log is cut and is still kept. */
const LITTLE = 1024 * 1024

/** What the supervisor remembers of a log between two looks. */
export interface LogWatch {
  path: string
  size: number
  lookedAt: number
  cutAt: number
  cutting?: Promise<void>
}

/** `startedAt`: when its writer was started; nothing that is not dated yet can be older. */
export function watchLog(path: string, startedAt: number): LogWatch {
  const { marks } = readMarks(path)
  const last = marks.at(-1)
  // What grew while nobody looked was written between the last mark and the file's own time.
  return { path, size: last?.end ?? 0, lookedAt: Math.max(last?.to ?? 0, startedAt), cutAt: 0 }
}

/**
 * Notes by when the log had grown how far, and cuts it when it is too long. True when it grows so fast that somebody should
 * look again soon.
 */
export function lookAtLog(log: LogWatch, bounds: Bounds, now = Date.now()): boolean {
  if (log.cutting) return true
  let size: number
  let written: number
  try {
    const stat = statSync(log.path)
    size = stat.size
    written = stat.mtimeMs
  } catch {
    return false // Pruned, or not there yet.
  }
  const grown = size - log.size
  if (grown > 0) {
    const to = Math.max(log.lookedAt, Math.min(now, written))
    addMark(log.path, { end: size, from: log.lookedAt, to })
  }
  log.size = size
  log.lookedAt = now
  const isDue = size > bounds.floodBytes || (size > bounds.ringBytes && now - log.cutAt > 1000)
  if (isDue) {
    log.cutAt = now
    const done = () => {
      delete log.cutting
    }
    // A log that can neither be moved nor emptied is left to grow: the next look tries again.
    log.cutting = cut(log, bounds).then(done, done)
  }
  return isDue || grown > bounds.floodBytes / 16
}

/**
 * Moves the end of the log, at most one ring, to `<log>.1`, and empties it under its writer, who appends. What cannot be kept
 * is counted and said in a line where it is missing.
 */
async function cut(log: LogWatch, bounds: Bounds): Promise<void> {
  const older = `${log.path}.1`
  const next = `${older}.next`
  const fd = openSync(log.path, 'r+')
  try {
    const size = fstatSync(fd).size
    const wished = Math.max(0, size - bounds.ringBytes)
    const keptFrom = wished === 0 ? 0 : nextLine(fd, wished)
    const sample = Buffer.alloc(Math.min(64 * 1024, size))
    const sampled = readSync(fd, sample, 0, sample.length, keptFrom)
    const bytesPerLine = sampled / Math.max(1, sample.toString('latin1', 0, sampled).split('\n').length - 1)
    const header = remark(keptFrom + sizeOf(older), bytesPerLine)

    const cutFrom: CutFrom = { keptFrom, headerBytes: Buffer.byteLength(header) }
    const out = openSync(next, 'w', 0o600)
    try {
      writeSync(out, header)
      await copy(log.path, keptFrom, size, (chunk) => writeSync(out, chunk))
      // From here to the cut without a pause: what is written in between is lost uncounted.
      const late = fstatSync(fd).size - size
      if (late > 0 && late <= LITTLE) {
        const rest = Buffer.alloc(late)
        writeSync(out, rest, 0, readSync(fd, rest, 0, late, size))
      } else if (late > 0) writeSync(out, remark(late, bytesPerLine))
      ftruncateSync(fd, 0)
    } finally {
      closeSync(out)
    }
    const marks = shiftMarks(readMarks(log.path).marks, cutFrom)
    renameSync(next, older)
    writeMarks(older, marks, cutFrom)
    writeMarks(log.path, [])
    log.size = 0
    log.lookedAt = Date.now()
  } catch (error) {
    giveUp(log, error)
  } finally {
    closeSync(fd)
  }
}

/** A disk without room for the older half: then only the newest lines are kept from here on. Pruned logs need no care. */
function giveUp(log: LogWatch, error: unknown): void {
  if (codeOf(error) === 'ENOENT') return
  rmSync(`${log.path}.1.next`, { force: true })
  truncateSync(log.path, 0)
  writeMarks(log.path, [])
  log.size = 0
}

function remark(bytes: number, bytesPerLine: number): string {
  if (bytes === 0) return ''
  const lines = Math.max(1, Math.round(bytes / bytesPerLine))
  return `[landfall] dropped about ${lines} lines (${(bytes / 1024 / 1024).toFixed(1)} MiB): the log was full\n`
}

function nextLine(fd: number, from: number): number {
  const chunk = Buffer.alloc(64 * 1024)
  const length = readSync(fd, chunk, 0, chunk.length, from)
  const at = chunk.subarray(0, length).indexOf(10)
  return at < 0 ? from : from + at + 1
}

async function copy(path: string, start: number, end: number, take: (chunk: Buffer) => void): Promise<void> {
  if (end <= start) return
  for await (const chunk of createReadStream(path, { start, end: end - 1, highWaterMark: 256 * 1024 })) take(chunk as Buffer)
}

/** Text at the end of a log, at most `bytes` of it, from byte `from` on. */
export function tailOf(path: string, from = 0, bytes = 64 * 1024): string {
  let fd: number
  try {
    fd = openSync(path, 'r')
  } catch {
    return ''
  }
  try {
    const size = fstatSync(fd).size
    // It was cut since: what is there is all from this start.
    const begin = Math.max(from > size ? 0 : from, size - bytes)
    const chunk = Buffer.alloc(Math.max(0, size - begin))
    return chunk.subarray(0, readSync(fd, chunk, 0, chunk.length, begin)).toString('utf8')
  } finally {
    closeSync(fd)
  }
}
