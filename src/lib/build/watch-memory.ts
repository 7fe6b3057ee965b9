import { readdirSync, readFileSync } from 'node:fs'

const EVERY_MS = 250

export interface MemoryWatch {
  peakMiB: number
  isOver: boolean
  stop(): void
}

/**
 * Looks at the memory of a session's processes now and then, for where no control group can hold it: later than the kernel would,
 * but before the machine suffers. `leader` is the first process of the session.
 */
export function watchMemory(leader: number, limitMiB: number, onOver: () => void): MemoryWatch {
  const watch: MemoryWatch = { peakMiB: 0, isOver: false, stop: () => clearInterval(timer) }
  const timer = setInterval(() => {
    const now = sessionMiB(leader)
    watch.peakMiB = Math.max(watch.peakMiB, now)
    if (now <= limitMiB || watch.isOver) return
    watch.isOver = true
    onOver()
  }, EVERY_MS)
  return watch
}

function sessionMiB(leader: number): number {
  if (process.platform !== 'linux') return 0
  let kib = 0
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'latin1')
      // Session is the fourth field after the program's name, which may hold anything.
      if (Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[3]) !== leader) continue
      const status = readFileSync(`/proc/${name}/status`, 'latin1')
      // Pages of files can be dropped and are shared: what counts is what a process made itself.
      for (const [, size] of status.matchAll(/^(?:RssAnon|RssShmem):\s+(\d+)/gm)) kib += Number(size)
    } catch {
      // Gone since the folder was listed.
    }
  }
  return Math.round(kib / 1024)
}
