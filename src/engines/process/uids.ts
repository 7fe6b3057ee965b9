import { existsSync, mkdirSync, readFileSync, readlinkSync, renameSync, rmSync, symlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { writeAtomic } from '../../lib/atomic.ts'
import { codeOf, LandfallError } from '../../lib/error.ts'

/** A range that distributions leave to nobody: between systemd's containers and its dynamic users. */
export const UID_RANGE = { first: 60_706, last: 61_183 }
/** Shared by all homes of a machine: a link per uid, named by it, that points to the home that has it. */
export const UID_FOLDER = '/var/lib/landfall-uids'

interface UidOptions {
  home: string
  /** Where this home remembers whose uid is whose. */
  file: string
  folder?: string
  range?: typeof UID_RANGE
  /** Whether something of an owner is left; an owner without anything gives its uid back when none is free. */
  isUsed(owner: string): boolean
}

/** The uid of an owner (`shop/local/app`): the same one always, and nobody else's on this machine. */
export function uidOf(owner: string, options: UidOptions): number {
  const { home, file, folder = UID_FOLDER, range = UID_RANGE } = options
  const known = readKnown(file)
  const remembered = known[owner]
  if (remembered !== undefined && claim(remembered, home, folder)) return remembered
  const taken = new Set(Object.values(known))
  const keep = (uid: number) => {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
    writeAtomic(file, `${JSON.stringify({ ...known, [owner]: uid }, null, 1)}\n`)
    return uid
  }
  for (let uid = range.first; uid <= range.last; uid++) {
    if (!taken.has(uid) && claim(uid, home, folder)) return keep(uid)
  }
  const idle = Object.entries(known).find(([other]) => other !== owner && !options.isUsed(other))
  if (idle) {
    delete known[idle[0]]
    if (claim(idle[1], home, folder)) return keep(idle[1])
  }
  throw new LandfallError({
    code: 'E_UID',
    message: `none of the uids ${range.first}–${range.last} is free for ${owner}`,
    hint: `remove links of homes that are no more from ${folder}`,
  })
}

/** True when the uid is this home's, now or before. The link is made in one act: of two homes only one succeeds. */
function claim(uid: number, home: string, folder: string): boolean {
  const link = join(folder, String(uid))
  mkdirSync(folder, { recursive: true, mode: 0o755 })
  for (let attempt = 0; attempt < 2; attempt++) {
    try {
      symlinkSync(home, link)
      return true
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error
    }
    const holder = readLink(link)
    if (holder === home) return true
    if (holder === undefined) continue
    if (existsSync(holder)) return false
    free(link, holder, home)
  }
  return false
}

/** The link of a home that is gone. It is moved first: if another home was faster, what we moved is its link, and goes back. */
function free(link: string, holder: string, home: string): void {
  const aside = `${link}.${process.pid}`
  try {
    renameSync(link, aside)
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return
    throw error
  }
  const moved = readLink(aside)
  if (moved === holder || moved === home) rmSync(aside)
  else renameSync(aside, link)
}

function readLink(link: string): string | undefined {
  try {
    return readlinkSync(link)
  } catch {
    return undefined // Freed by another home in the meantime.
  }
}

function readKnown(file: string): Record<string, number> {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Record<string, number> // Only we write it.
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return {}
    throw error
  }
}
