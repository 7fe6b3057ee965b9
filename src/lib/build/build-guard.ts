import { statfsSync } from 'node:fs'
import { LandfallError } from '../error.ts'

const MIB = 1024 * 1024
const EVERY_MS = 500

/** What ends a build from outside: who asked for it, its time, the disk. */
export interface BuildGuard {
  signal: AbortSignal
  /** The error for what ended it; `undefined` while nothing did. */
  ended(doing: string, tail: string): LandfallError | undefined
  close(): void
}

export function openGuard(home: string, component: string, timeoutSeconds: number, outer: AbortSignal): BuildGuard {
  const inner = new AbortController()
  let why: 'time' | 'disk' | undefined
  const end = (reason: 'time' | 'disk') => {
    why ??= reason
    inner.abort()
  }
  const timer = setTimeout(() => end('time'), timeoutSeconds * 1000)
  const isShort = () => freeBytes(home) < reserveBytes(home)
  const watch = setInterval(() => isShort() && end('disk'), EVERY_MS)
  return {
    signal: AbortSignal.any([outer, inner.signal]),
    ended(doing, tail) {
      if (outer.aborted)
        return new LandfallError({ code: 'E_CANCELLED', message: `the build of ${component} was ended: ${doing}` })
      if (why === 'disk' || isShort()) return diskFull(home, component, doing)
      if (why !== 'time') return undefined
      return new LandfallError({
        code: 'E_BUILD_TIMEOUT',
        at: `components.${component}.build`,
        message: `${component}: the build took longer than ${timeoutSeconds} s; it was at: ${doing}`,
        ...(tail && { detail: tail }),
        hint: 'give it more time: `build.timeout` in landfall.yaml',
      })
    },
    close() {
      clearTimeout(timer)
      clearInterval(watch)
    },
  }
}

/** Before anything is copied: a build needs room for the source, its packages and what it makes. */
export function checkRoom(home: string, component: string, sourceBytes: number): void {
  const needs = reserveBytes(home) + 3 * sourceBytes
  if (freeBytes(home) >= needs) return
  const message = `the build of ${component} needs about ${mib(needs)}, and ${mib(freeBytes(home))} is free on the disk of ${home}`
  throw new LandfallError({ code: 'E_DISK', message, hint: HINT })
}

function diskFull(home: string, component: string, doing: string): LandfallError {
  const left = `${mib(freeBytes(home))} was free on the disk of ${home}, of which ${mib(reserveBytes(home))} is kept back for what runs`
  return new LandfallError({
    code: 'E_DISK',
    message: `the build of ${component} filled the disk: ${left}`,
    detail: doing,
    hint: HINT,
  })
}
const HINT = 'make room: `keep: { releases: 2 }` in landfall.yaml keeps fewer artifacts; `df -h` shows where the room went'

/** The journal and what runs must be able to write whatever a build does. */
function reserveBytes(home: string): number {
  const { blocks, bsize } = statfsSync(home)
  return Math.min(256 * MIB, (blocks * bsize) / 20)
}
function freeBytes(home: string): number {
  const { bavail, bsize } = statfsSync(home)
  return bavail * bsize
}
const mib = (bytes: number) => (bytes >= 1024 * MIB ? `${(bytes / MIB / 1024).toFixed(1)} GiB` : `${Math.ceil(bytes / MIB)} MiB`)
