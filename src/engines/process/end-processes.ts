import { setTimeout as sleep } from 'node:timers/promises'
import { LandfallError } from '../../lib/error.ts'
import { isAlive } from '../../lib/process-identity.ts'
import { isStillThere, membersOf, type ProcessRow, signalProcess } from './processes.ts'
import type { InstanceRecord } from './record.ts'
import { nameOf, type World } from './world.ts'

/** Children that outlive the command they belonged to get this long. */
const LEFT_BEHIND_MS = 1000
/** A killed process that is still there then hangs in the kernel. */
const KILLED_MS = 10_000

/**
 * Ends everything of an instance: the signal to its group, the grace, then SIGKILL for whatever is left in the group, in the
 * cgroup, or somewhere else with the instance's mark. True when it had to be killed although it had its grace.
 */
export async function endProcesses(
  world: World,
  record: InstanceRecord,
  stop: { signal: string; graceSeconds: number },
): Promise<{ isForced: boolean }> {
  const seen = new Map<number, ProcessRow>()
  const look = (): ProcessRow[] => {
    const found = membersOf({
      home: world.home,
      id: record.id,
      cgroup: world.cgroups.pids(record.id),
      ...(record.process && { leader: record.process }),
    })
    for (const row of found) seen.set(row.pid, row)
    return [...seen.values()].filter(isStillThere)
  }
  // Seen before the first signal: who is whose child is lost with the parent.
  let left = look()
  const leader = record.process
  let isForced = false
  if (leader && left.some((row) => row.group === leader.pid)) {
    signalGroup(leader.pid, stop.signal)
    isForced = !(await until(() => !isAlive(leader), stop.graceSeconds * 1000))
    if (isForced) signalGroup(leader.pid, 'SIGKILL')
    left = look()
  }
  if (left.length > 0 && !isForced) {
    for (const row of left) signalProcess(row, 'SIGTERM')
    await until(() => !left.some(isStillThere), LEFT_BEHIND_MS)
    left = look()
  }
  const begun = performance.now()
  while (left.length > 0) {
    for (const row of left) signalProcess(row, 'SIGKILL')
    await until(() => !left.some(isStillThere), 200)
    left = look()
    if (left.length > 0 && performance.now() - begun > KILLED_MS) {
      throw new LandfallError({
        code: 'E_STOP',
        message: `${nameOf(record)} could not be ended: ${left.map((r) => `${r.name} (${r.pid})`).join(', ')} does not go`,
        hint: 'a process that hangs in the kernel, often on a disk or a network mount: look at it with ps',
      })
    }
  }
  return { isForced }
}

function signalGroup(leader: number, signal: string): void {
  try {
    process.kill(-leader, signal as NodeJS.Signals) // The manifest allows names of signals alone.
  } catch {
    // All of it ended in the meantime.
  }
}

/** Looks often at first: most programs end in a few milliseconds. */
async function until(isDone: () => boolean, ms: number): Promise<boolean> {
  const end = performance.now() + ms
  for (let pause = 5; !isDone(); pause = Math.min(100, pause * 1.5)) {
    const rest = end - performance.now()
    if (rest <= 0) return false
    await sleep(Math.min(pause, rest))
  }
  return true
}
