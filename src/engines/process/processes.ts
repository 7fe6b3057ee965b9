import { readdirSync, readFileSync } from 'node:fs'
import { isAlive, type ProcessIdentity } from '../../lib/process-identity.ts'

/** One line of the table of processes. */
export interface ProcessRow {
  pid: number
  parent: number
  group: number
  session: number
  startTime: string
  name: string
  /** Landfall's own marks in its environment. Absent where it has none, or overwrote them to set its title. */
  marks?: { home: string; instance: string }
}

/** Everything that lives on the machine; zombies do not. */
export function listProcesses(withMarks: boolean): ProcessRow[] {
  const rows: ProcessRow[] = []
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    const row = readRow(Number(name))
    if (!row) continue
    const marks = withMarks ? readMarks(row.pid) : undefined
    rows.push(marks ? { ...row, marks } : row)
  }
  return rows
}

function readRow(pid: number): ProcessRow | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    const end = stat.lastIndexOf(')')
    const fields = stat.slice(end + 2).split(' ')
    if (fields[0] === 'Z' || fields[0] === 'X') return undefined
    return {
      pid,
      parent: Number(fields[1]),
      group: Number(fields[2]),
      session: Number(fields[3]),
      startTime: fields[19] ?? '',
      name: stat.slice(stat.indexOf('(') + 1, end),
    }
  } catch {
    return undefined // It ended while we looked.
  }
}

function readMarks(pid: number): ProcessRow['marks'] {
  try {
    const entries = `\0${readFileSync(`/proc/${pid}/environ`, 'utf8')}`
    const instance = /\0LANDFALL_INSTANCE=([^\0]*)/.exec(entries)?.[1]
    const home = /\0LANDFALL_HOME=([^\0]*)/.exec(entries)?.[1]
    return instance !== undefined && home !== undefined ? { instance, home } : undefined
  } catch {
    return undefined // Somebody else's, or gone.
  }
}

/**
 * All processes of an instance: its group, what its cgroup holds, what carries its mark, and whatever descends from one of
 * these. Each catches what another misses: a child that left the group, one that overwrote its environment.
 */
export function membersOf(
  of: { home: string; id: string; leader?: ProcessIdentity; cgroup: number[] },
  rows = listProcesses(true),
): ProcessRow[] {
  const inGroup = new Set(of.cgroup)
  // A group outlives its leader, and its number is not given anew as long: but only then is the number still this one's.
  const leader = of.leader
  const isOurGroup =
    leader !== undefined &&
    (isAlive(leader) || rows.some((r) => r.group === leader.pid && r.marks?.instance === of.id && r.marks.home === of.home))
  const members = new Map<number, ProcessRow>()
  for (const r of rows) {
    const isMarked = r.marks?.instance === of.id && r.marks.home === of.home
    if (isMarked || inGroup.has(r.pid) || (isOurGroup && r.group === leader?.pid)) members.set(r.pid, r)
  }
  for (let size = -1; size !== members.size; ) {
    size = members.size
    for (const r of rows) if (members.has(r.parent)) members.set(r.pid, r)
  }
  members.delete(process.pid)
  return [...members.values()]
}

/** Our own line of parents: never to be taken for something that was left behind. */
export function ancestorsOf(pid: number): Set<number> {
  const found = new Set<number>()
  for (let row = readRow(pid); row && !found.has(row.pid); row = readRow(row.parent)) found.add(row.pid)
  return found
}

/** Only if the pid is still that process. */
export function signalProcess(row: Pick<ProcessRow, 'pid' | 'startTime'>, signal: NodeJS.Signals): void {
  if (readRow(row.pid)?.startTime !== row.startTime) return
  try {
    process.kill(row.pid, signal)
  } catch {
    // It ended in the meantime.
  }
}

export function isStillThere(row: ProcessRow): boolean {
  return readRow(row.pid)?.startTime === row.startTime
}

/** Memory that would be free without these processes: what they share is counted in parts. */
export function memoryMiBOf(rows: ProcessRow[]): number {
  let kiB = 0
  for (const { pid } of rows) {
    try {
      kiB += Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'latin1'))?.[1] ?? 0)
    } catch {
      // It ended while we looked.
    }
  }
  return Math.round((kiB / 1024) * 10) / 10
}
