import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { LandfallError } from '../error.ts'

/** Every process of a build has these two in its environment, wherever it went and whoever its parent is now. */
export const buildMarks = (home: string, artifact: string) => ({ LANDFALL_BUILD: artifact, LANDFALL_HOME: home })

/** Ends what is left of builds of this home: at the start of a daemon, those whose daemon died. Says how many processes. */
export const killBuilds = (home: string): Promise<number> => endMarked(home)

/** Ends what is left of one build: programs that went into the background. */
export const killBuild = (home: string, artifact: string): Promise<number> => endMarked(home, artifact)

async function endMarked(home: string, artifact?: string): Promise<number> {
  const ended = new Set<number>()
  // A process may start another one while we look: until a look finds none.
  for (let round = 0; round < 100; round++) {
    const pids = markedPids(home, artifact)
    if (pids.length === 0) return ended.size
    for (const pid of pids) {
      ended.add(pid)
      try {
        process.kill(pid, 'SIGKILL')
      } catch {
        // It ended by itself in the meantime.
      }
    }
    await sleep(Math.min(10 * (round + 1), 200))
  }
  const message = `processes of a build do not end: ${markedPids(home, artifact).join(', ')}`
  throw new LandfallError({ code: 'E_BUILD_STUCK', message, hint: 'look at them with `ps -o pid,stat,args -p <pid>`' })
}

/** Only where there is a /proc; elsewhere a build's process group is all that can be ended. */
function markedPids(home: string, artifact?: string): number[] {
  if (process.platform !== 'linux') return []
  const marks = [`LANDFALL_HOME=${home}`, `LANDFALL_BUILD=${artifact ?? ''}`]
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => pid !== process.pid && isMarked(pid, marks, artifact === undefined))
}

function isMarked(pid: number, marks: string[], isAnyBuild: boolean): boolean {
  let words: string[]
  try {
    words = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0')
  } catch {
    return false // Another user's, which is none of ours, or gone.
  }
  return marks.every((mark, i) => words.some((w) => (i === 1 && isAnyBuild ? w.startsWith(mark) : w === mark)))
}
