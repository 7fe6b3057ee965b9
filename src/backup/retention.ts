import type { BackupKeep, BackupRecord } from '../model/backup.ts'

const FAILED_KEPT_MS = 7 * 24 * 3600 * 1000

/**
 * Which backups go, oldest first. One stays as long as any rule keeps it: it is among the newest `count` verified ones, younger
 * than `age`, on hold, tied to a release that is still on record, the only verified one there is, or another machine's. Pure.
 */
export function expired(backups: BackupRecord[], keep: BackupKeep, tied: ReadonlySet<string>, now: number): BackupRecord[] {
  const newest = [...backups].sort((a, b) => b.at - a.at)
  const verified = newest.filter((b) => b.state === 'verified')
  const counted = new Set(verified.slice(0, Math.max(keep.count ?? 0, 1)).map((b) => b.id))
  const isBounded = keep.count !== undefined || keep.ageSeconds !== undefined
  const goes = (b: BackupRecord): boolean => {
    // One of another machine: it may still live, and goes by rules of its own.
    if (b.folder !== undefined) return false
    if (b.hold !== undefined || tied.has(b.id) || counted.has(b.id) || b.state === 'making') return false
    if (b.state === 'failed') return now - b.at > FAILED_KEPT_MS
    if (!isBounded) return false
    // One that nobody has proven yet is the only copy of its time: it goes by age alone, or by newer ones that are proven.
    if (keep.ageSeconds !== undefined && now - b.at <= keep.ageSeconds * 1000) return false
    if (b.state === 'taken') return verified.some((v) => v.at > b.at)
    return true
  }
  return newest.filter(goes).reverse()
}

/** Until when the rules keep it, as a sentence; undefined where none does. */
export function keptBecause(
  b: BackupRecord,
  all: BackupRecord[],
  keep: BackupKeep,
  tied: ReadonlySet<string>,
  now: number,
): string | undefined {
  if (b.hold !== undefined) return `it is on hold: ${b.hold}`
  if (tied.has(b.id)) return `a release that can be gone back to was made after it`
  const verified = all.filter((o) => o.state === 'verified').sort((x, y) => y.at - x.at)
  if (b.state === 'verified' && verified.length === 1) return 'it is the only verified one'
  if (b.state === 'failed') return undefined
  if (keep.ageSeconds !== undefined && now - b.at <= keep.ageSeconds * 1000) {
    return `it is kept until ${new Date(b.at + keep.ageSeconds * 1000).toISOString()}`
  }
  if (keep.count !== undefined && verified.slice(0, keep.count).some((o) => o.id === b.id)) {
    return `it is one of the newest ${keep.count} verified ones`
  }
  return undefined
}
