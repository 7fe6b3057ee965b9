import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Scope } from '../../model/plan.ts'
import type { LogLine, LogQuery } from '../../model/plug.ts'
import { type DatedLine, lastLinesOffset, linesBetween, nextLineAfter, sinceOffset, sizeOf } from './log-lines.ts'
import { readMarks } from './log-marks.ts'
import { paths } from './paths.ts'

interface LogFile {
  component: string
  release: string
  instance: number
  step?: string
  path: string
}
type Line = DatedLine & { of: LogFile }

const LOOK_MS = 200
const MAX_STEP = 1024 * 1024

/** What instances have written, merged by time; then, on request, what they go on to write. */
export async function* readLogs(home: string, scope: Scope, query: LogQuery): AsyncGenerator<LogLine> {
  const files = listLogs(home, scope, query)
  // Taken before anything is read, so that nothing is given twice or missed.
  const ends = new Map(files.map((f) => [f.path, sizeOf(f.path)]))
  const readers = files.map((f) => history(f, query, ends.get(f.path) ?? 0))
  if (query.lines === undefined) yield* merge(readers)
  else {
    const all = readers.flatMap((r) => [...r]).sort((a, b) => a.time - b.time)
    for (const line of query.lines > 0 ? all.slice(-query.lines) : []) yield shown(line)
  }
  if (query.follow) yield* follow(home, scope, query, ends)
}

async function* follow(home: string, scope: Scope, query: LogQuery, ends: Map<string, number>): AsyncGenerator<LogLine> {
  while (!query.signal?.aborted) {
    // An abort ends the wait, and the loop with it.
    await sleep(LOOK_MS, undefined, { signal: query.signal }).catch(() => {})
    if (query.signal?.aborted) return
    const fresh = listLogs(home, scope, query).flatMap((f) => grown(f, ends))
    fresh.sort((a, b) => a.time - b.time)
    for (const line of fresh) yield shown(line)
  }
}

/** Lines that came since `ends`, which is moved on. */
function grown(file: LogFile, ends: Map<string, number>): Line[] {
  const size = sizeOf(file.path)
  let from = ends.get(file.path) ?? 0
  if (size === from) return []
  const lines: Line[] = []
  if (size < from) {
    // It was cut under its writer: what we had not read yet stands in the older one, elsewhere.
    const older = `${file.path}.1`
    const { cut } = readMarks(older)
    const begin = cut && from >= cut.keptFrom ? from - cut.keptFrom + cut.headerBytes : 0
    if (existsSync(older)) lines.push(...take(file, older, begin, sizeOf(older), { end: 0 }))
    from = 0
  }
  if (size - from > MAX_STEP) {
    // A flood: nobody reads that fast, and holding it would fill the memory.
    const next = nextLineAfter(file.path, size - MAX_STEP)
    const text = `[landfall] ${((next - from) / 1024 / 1024).toFixed(1)} MiB of lines are not shown: they come too fast`
    lines.push({ of: file, time: Date.now(), text })
    from = next
  }
  const told = { end: from, isOpen: true }
  lines.push(...take(file, file.path, from, size, told))
  ends.set(file.path, told.end)
  return lines
}

/** One file with the older one before it; the last `lines` of them, or those since a moment, or all. */
function* history(file: LogFile, query: LogQuery, end: number): Generator<Line> {
  const older = `${file.path}.1`
  const since = query.since ?? 0
  const wanted = query.lines
  let olderFrom = existsSync(older) ? 0 : undefined
  let from = 0
  if (wanted !== undefined) {
    const last = lastLinesOffset(file.path, Math.max(1, wanted))
    from = last.offset
    const missing = wanted - last.lines
    if (olderFrom !== undefined) olderFrom = missing > 0 ? lastLinesOffset(older, missing).offset : undefined
  }
  if (query.since !== undefined) {
    from = Math.max(from, sinceOffset(file.path, since))
    if (olderFrom !== undefined) olderFrom = Math.max(olderFrom, sinceOffset(older, since))
  }
  const isNew = (line: Line) => line.time >= since
  if (olderFrom !== undefined)
    for (const line of take(file, older, olderFrom, sizeOf(older), { end: 0 })) if (isNew(line)) yield line
  for (const line of take(file, file.path, from, end, { end: 0 })) if (isNew(line)) yield line
}

function* take(of: LogFile, path: string, from: number, to: number, told: { end: number; isOpen?: boolean }): Generator<Line> {
  for (const line of linesBetween(path, from, to, told)) yield { ...line, of }
}

/** Always the oldest of the next ones: no more than one line of each file is held. */
function* merge(readers: Generator<Line>[]): Generator<LogLine> {
  const heads = readers.map((reader) => ({ reader, next: reader.next() }))
  for (;;) {
    const live = heads.filter((h) => !h.next.done)
    if (live.length === 0) return
    const first = live.reduce((a, b) => ((b.next.value as Line).time < (a.next.value as Line).time ? b : a)) // Not done: a line.
    yield shown(first.next.value as Line)
    first.next = first.reader.next()
  }
}

function shown({ of, time, text }: Line): LogLine {
  const { component, release, instance, step } = of
  return { at: new Date(time).toISOString(), component, release, instance, ...(step && { step }), text }
}

function listLogs(home: string, scope: Scope, query: LogQuery): LogFile[] {
  const root = paths.logs(home, scope)
  return foldersIn(root)
    .filter((component) => !query.components || query.components.includes(component))
    .flatMap((component) =>
      foldersIn(join(root, component))
        .filter((release) => query.release === undefined || query.release === release)
        .flatMap((release) =>
          foldersIn(join(root, component, release))
            .filter((name) => LOG.test(name))
            .map((name) => ({ component, release, ...ownerOf(name), path: join(root, component, release, name) })),
        ),
    )
}

/** `0.log` of an instance, `once-migrate-1a2b3c4d.log` of a command with an end. */
const LOG = /^(?:(\d+)|once-(.+)-[0-9a-f]{8})\.log$/

function ownerOf(name: string): Pick<LogFile, 'instance' | 'step'> {
  const [, instance, step] = LOG.exec(name) ?? []
  return { instance: Number(instance ?? 0), ...(step && { step }) }
}

function foldersIn(path: string): string[] {
  try {
    return readdirSync(path).sort()
  } catch {
    return [] // Nothing was written yet, or it was pruned.
  }
}
