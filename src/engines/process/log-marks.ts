import { appendFileSync, readFileSync, writeFileSync } from 'node:fs'

/**
 * Instances write raw lines straight into a file, so when a line came is told by marks beside it: the bytes up to `end` were
 * written between `from` and `to` (milliseconds since the epoch).
 */
export interface Mark {
  end: number
  from: number
  to: number
}
/** Of a file that was cut off another: its byte `headerBytes` had stood at `keptFrom`. */
export interface CutFrom {
  keptFrom: number
  headerBytes: number
}

function marksFile(log: string): string {
  return `${log}.marks`
}

export function addMark(log: string, mark: Mark): void {
  try {
    appendFileSync(marksFile(log), `${mark.end} ${Math.round(mark.from)} ${Math.round(mark.to)}\n`, { mode: 0o600 })
  } catch {
    // A full disk: these lines get the time of the next mark.
  }
}

export function writeMarks(log: string, marks: Mark[], cut?: CutFrom): void {
  const head = cut ? [`# ${cut.keptFrom} ${cut.headerBytes}`] : []
  const lines = marks.map((m) => `${m.end} ${Math.round(m.from)} ${Math.round(m.to)}`)
  writeFileSync(marksFile(log), [...head, ...lines, ''].join('\n'), { mode: 0o600 })
}

export function readMarks(log: string): { marks: Mark[]; cut?: CutFrom } {
  let text: string
  try {
    text = readFileSync(marksFile(log), 'latin1')
  } catch {
    return { marks: [] } // None yet: lines get the time of the file itself.
  }
  const rows = text
    .split('\n')
    .slice(0, -1)
    .map((line) => line.split(' ').map(Number))
  const [head] = rows
  const isCut = text.startsWith('#') && head !== undefined
  const marks = (isCut ? rows.slice(1) : rows).map(([end = 0, from = 0, to = 0]) => ({ end, from, to }))
  return { marks, ...(isCut && { cut: { keptFrom: head[1] ?? 0, headerBytes: head[2] ?? 0 } }) }
}

/** Those that still matter once everything before `keptFrom` is gone and `headerBytes` stand in its place. */
export function shiftMarks(marks: Mark[], { keptFrom, headerBytes }: CutFrom): Mark[] {
  return marks.filter((m) => m.end > keptFrom).map((m) => ({ ...m, end: m.end - keptFrom + headerBytes }))
}

/**
 * Times of rising offsets, where lines end: the last line before a mark came when the mark says, those before it in between.
 * Pure.
 */
export function dater(marks: Mark[], otherwise: number): (offset: number) => number {
  let next = 0
  let latest = 0
  return (offset) => {
    while (next < marks.length && (marks[next]?.end ?? 0) < offset) next++
    const mark = marks[next]
    const last = marks.at(-1)
    const begin = next > 0 ? (marks[next - 1]?.end ?? 0) : 0
    const time = mark
      ? mark.from + ((offset - begin) / (mark.end - begin)) * (mark.to - mark.from)
      : Math.max(otherwise, last?.to ?? 0)
    // Clocks are set back now and then; the order of lines is not.
    latest = Math.max(latest, Math.round(time))
    return latest
  }
}
