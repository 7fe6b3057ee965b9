import { readdirSync, statfsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { codeOf } from '../lib/error.ts'
import { whyReadOnly } from '../lib/read-only.ts'
import type { Finding } from '../model/finding.ts'
import { copyBeforeUpgrade } from '../store/go-back.ts'

const MIB = 1024 ** 2
const LITTLE_MIB = 1024
/** The journal, a release's logs and an answer to "why": with less, nothing is begun that could not be ended. */
const TOO_LITTLE_MIB = 100
/** Files of a home that hold secrets, or what leads to them. */
const PRIVATE = /^(secrets\.key.*|state\.db.*|recovery.*\.key)$/
const CLOCK_MS = 120_000

/** What can be said of this home without a daemon, which some of these things keep from starting. */
export function machineFindings(home: string, now: number): Finding[] {
  const home_ = statSync(home, { throwIfNoEntry: false })
  if (!home_) return []
  return [...rightsOf(home, home_.uid), ...diskOf(home), ...clockOf(home, now)]
}

function rightsOf(home: string, uid: number): Finding[] {
  const findings: Finding[] = []
  const own = process.getuid?.() ?? uid
  if (uid !== own && own !== 0) {
    findings.push({
      level: 'error',
      code: 'E_OWNER',
      at: home,
      message: 'it belongs to another user',
      hint: 'run landfall as that user, or set LANDFALL_HOME to a folder of your own',
    })
    return findings
  }
  const why = whyReadOnly(home)
  if (why !== undefined) {
    findings.push({
      level: 'error',
      code: 'E_READ_ONLY',
      at: home,
      message: `nothing can be written there: ${why}. What serves goes on; nothing can be changed`,
      hint: 'dmesg tells why a disk was made read-only; mount -o remount,rw once it is sound',
    })
  }
  for (const name of readdirSync(home).filter((n) => PRIVATE.test(n))) {
    const path = join(home, name)
    const mode = statSync(path, { throwIfNoEntry: false })?.mode
    if (mode === undefined || (mode & 0o077) === 0) continue
    const message = `others can read it (mode ${(mode & 0o777).toString(8)})`
    findings.push({ level: 'error', code: 'E_MODE', at: path, message, hint: `chmod 600 ${path}` })
  }
  const copy = copyBeforeUpgrade(home)
  if (copy !== undefined) {
    const message = `the records of before an upgrade are kept as ${copy}`
    findings.push({ level: 'changed', code: 'W_UPGRADED', at: home, message })
  }
  return findings
}

function diskOf(home: string): Finding[] {
  const { bavail, bsize, blocks, ffree, files } = statfsSync(home)
  const freeMiB = Math.floor((bavail * bsize) / MIB)
  const hint = 'df; `keep: { releases: 2 }` keeps fewer artifacts, backups can go to another disk'
  if (files > 0 && ffree === 0)
    return [{ level: 'error', code: 'E_DISK', at: home, message: 'the disk has no room for one more file', hint }]
  const isLittle = freeMiB < Math.min(LITTLE_MIB, (blocks * bsize) / MIB / 20)
  if (freeMiB >= TOO_LITTLE_MIB && !isLittle) return []
  const level = freeMiB < TOO_LITTLE_MIB ? 'error' : 'warning'
  return [{ level, code: level === 'error' ? 'E_DISK' : 'W_DISK', at: home, message: `the disk has ${freeMiB} MiB left`, hint }]
}

/** What was written here cannot be of the future: certificates, schedules and retention go by the clock. */
function clockOf(home: string, now: number): Finding[] {
  try {
    const ahead = statSync(join(home, 'state.db')).mtimeMs - now
    if (ahead < CLOCK_MS) return []
    const message = `the clock stands ${Math.round(ahead / 60_000)} minutes before the last entry of the records`
    return [{ level: 'warning', code: 'W_CLOCK', at: 'machine', message, hint: 'timedatectl; set-ntp true keeps it right' }]
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error
    return [] // Nothing was written yet.
  }
}
