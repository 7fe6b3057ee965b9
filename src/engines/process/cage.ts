import type { Wrap } from '../../lib/build/build-types.ts'
import { chain } from './shim.ts'
import type { World } from './world.ts'

let count = 0

/** Walls around a command of a build: a cgroup with its limits, the build's user, no way to more rights. */
export function cageOf(world: World): Wrap | undefined {
  const { cgroups, rights } = world
  if (!cgroups.canMemory) return undefined
  return ({ argv, env, limits, identity }) => {
    count += 1
    const id = `build-${process.pid}-${count}`
    const {
      file,
      args,
      env: carried,
    } = chain({
      argv,
      env,
      cgroups: cgroups.make(id, limits),
      binds: [],
      ...(identity && { uid: identity.uid }),
      ...(rights.setpriv && { setpriv: rights.setpriv }),
    })
    return {
      argv: [file, ...args],
      env: carried,
      killsForMemory: () => cgroups.oomKills(id),
      peakMiB: () => cgroups.peakMiB(id),
      remove() {
        // Programs that went into the background and out of the group are in here still.
        for (const pid of cgroups.pids(id)) endNow(pid)
        cgroups.remove(id)
      },
    }
  }
}

function endNow(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It ended in the meantime.
  }
}
