import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Wrap } from './build-types.ts'

let count = 0

/** For tests as root: the least that an engine's walls are, a group with a memory limit and another user. */
export const cgroupWrap: Wrap = ({ argv, env, limits, identity }) => {
  const isUnified = existsSync('/sys/fs/cgroup/cgroup.controllers')
  count += 1
  const group = join('/sys/fs/cgroup', isUnified ? '' : 'memory', `landfall-test-${process.pid}-${count}`)
  mkdirSync(group)
  const bytes = String((limits.memoryMiB ?? 4096) * 1024 * 1024)
  writeFileSync(join(group, isUnified ? 'memory.max' : 'memory.limit_in_bytes'), bytes)
  const drop = identity
    ? ['setpriv', '--reuid', String(identity.uid), '--regid', String(identity.gid), '--clear-groups', '--']
    : []
  const enter = 'echo $$ > "$1" && shift && exec "$@"'
  const read = (name: string) => readFileSync(join(group, name), 'utf8')
  return {
    argv: ['/bin/sh', '-c', enter, 'sh', join(group, 'cgroup.procs'), ...drop, ...argv],
    env,
    killsForMemory: () => Number(/^oom_kill (\d+)/m.exec(read(isUnified ? 'memory.events' : 'memory.oom_control'))?.[1] ?? 0),
    peakMiB: () => Math.round(Number(read(isUnified ? 'memory.peak' : 'memory.max_usage_in_bytes')) / 1024 ** 2),
    remove() {
      try {
        rmdirSync(group)
      } catch {
        // A process of it has not been reaped yet; it goes with the machine.
      }
    },
  }
}
