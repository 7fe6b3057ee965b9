import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

/** A process beyond doubt: a pid alone may be somebody else's by now. */
export interface ProcessIdentity {
  pid: number
  startTime: string
  bootId: string
}

/** Undefined where no such process lives; a zombie does not. */
export function identify(pid: number): ProcessIdentity | undefined {
  const startTime = process.platform === 'linux' ? fromProc(pid) : fromPs(pid)
  return startTime === undefined ? undefined : { pid, startTime, bootId: bootId() }
}

export function isAlive(known: ProcessIdentity): boolean {
  const now = identify(known.pid)
  return now !== undefined && now.startTime === known.startTime && now.bootId === known.bootId
}

function fromProc(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    // The program's name stands in parentheses and may hold anything: fields are counted after the last one.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19]
  } catch {
    return undefined // No such process.
  }
}

function fromPs(pid: number): string | undefined {
  try {
    const [state = '', ...start] = execFileSync('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], { encoding: 'utf8' })
      .trim()
      .split(/\s+/)
    return state === '' || state.startsWith('Z') ? undefined : start.join(' ')
  } catch {
    return undefined // No such process: ps ends with 1.
  }
}

let boot: string | undefined
function bootId(): string {
  try {
    boot ??= readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim()
  } catch {
    boot = '' // Other systems: the start time holds the date.
  }
  return boot
}
