import type { VolumeRights } from '../model/app.ts'

/** A volume's `owner` (`1000`, `1000:1000`) and `mode` (`"0770"`), as far as they are right; undefined where neither is said. */
export function readRights({ owner, mode }: Record<string, unknown>): VolumeRights | undefined {
  const [uid, gid] = /^(\d{1,9})(?::(\d{1,9}))?$/.exec(textOf(owner))?.slice(1) ?? []
  const bits = MODE.exec(textOf(mode))?.[1]
  if (uid === undefined && bits === undefined) return undefined
  return {
    ...(uid !== undefined && { uid: Number(uid) }),
    ...(gid !== undefined && { gid: Number(gid) }),
    ...(bits !== undefined && { mode: Number.parseInt(bits, 8) }),
  }
}

/**
 * The owner has all rights, or nobody could work there. YAML takes `0o770` for the number 504, and that does not begin with a 7:
 * it is refused rather than taken for something else.
 */
const MODE = /^([02]?7[0-7]{2})$/

const textOf = (value: unknown): string => (typeof value === 'string' || typeof value === 'number' ? String(value) : '')
