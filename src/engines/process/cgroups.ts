import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type { Limits } from '../../model/app.ts'

/**
 * Control groups of this home: one per instance, so that limits hold and nothing escapes a stop. `root` is where the kernel
 * shows them; ordinary users and most containers may not write there, and then nothing is enforced, which `check` says.
 */
export interface Cgroups {
  canMemory: boolean
  canCpus: boolean
  /** Why not, where one of them cannot be. */
  reason?: string
  /** Makes the group and sets its limits; gives the files that a process enters by. */
  make(id: string, limits: Limits): string[]
  pids(id: string): number[]
  /** Processes of the group that the kernel killed to free memory, ever. */
  oomKills(id: string): number
  /** Without the file cache that could be dropped. */
  memoryMiB(id: string): number | undefined
  /** The most that it ever used, file cache included. */
  peakMiB(id: string): number | undefined
  remove(id: string): void
  list(): string[]
}

const MIB = 1024 * 1024
const PERIOD_US = 100_000

export function openCgroups(name: string, root = '/sys/fs/cgroup', own = ownGroup()): Cgroups {
  const unified = existsSync(join(root, 'cgroup.controllers'))
  const bases = unified ? openUnified(root, name, own) : openSeparate(root, name)
  const { memory, cpu } = bases
  const folders = [...new Set([memory, cpu].filter((f) => f !== undefined))]
  const reason = folders.length < (unified ? 1 : 2) || !memory || !cpu ? bases.reason : undefined
  const first = memory ?? cpu
  // Looked at, not kept: they are made with the first instance and go with the last.
  for (const f of folders) removeGroup(f)
  return {
    canMemory: memory !== undefined,
    canCpus: cpu !== undefined,
    ...(reason && { reason }),
    make(id, limits) {
      // The processors' group is only for those that have a limit; the memory's one also tells who belongs together.
      const mine = folders.filter((f) => f === memory || limits.cpus !== undefined)
      for (const f of mine) mkdirSync(join(f, id), { recursive: true })
      // The home's own group may have gone with its last instance, and its settings with it.
      if (unified) for (const f of folders) handDown(f)
      if (memory) limitMemory(join(memory, id), unified, limits.memoryMiB)
      if (cpu && limits.cpus !== undefined) limitCpus(join(cpu, id), unified, limits.cpus)
      return mine.map((f) => join(f, id, 'cgroup.procs'))
    },
    pids: (id) => folders.flatMap((f) => numbers(read(join(f, id, 'cgroup.procs')))),
    oomKills: (id) => (memory ? count(read(join(memory, id, unified ? 'memory.events' : 'memory.oom_control')), 'oom_kill') : 0),
    memoryMiB(id) {
      const used = memory && read(join(memory, id, unified ? 'memory.current' : 'memory.usage_in_bytes'))
      if (!used) return undefined
      const cache = count(read(join(memory, id, 'memory.stat')), unified ? 'inactive_file' : 'total_inactive_file')
      return Math.round(((Number(used) - cache) / MIB) * 10) / 10
    },
    peakMiB(id) {
      const peak = memory && read(join(memory, id, unified ? 'memory.peak' : 'memory.max_usage_in_bytes'))
      return peak ? Math.round(Number(peak) / MIB) : undefined
    },
    remove: (id) => removeSoon(folders, id, 40),
    list: () => (first ? [...new Set(folders.flatMap(foldersIn))] : []),
  }
}

interface Bases {
  memory?: string
  cpu?: string
  reason?: string
}

/** v1: one tree per controller. */
function openSeparate(root: string, name: string): Bases {
  const memory = open(join(root, 'memory', name), 'memory.limit_in_bytes')
  const cpu = open(join(root, 'cpu', name), 'cpu.cfs_quota_us')
  const reason = memory.reason ?? cpu.reason
  return {
    ...(memory.folder && { memory: memory.folder }),
    ...(cpu.folder && { cpu: cpu.folder }),
    ...(reason && { reason }),
  }
}

/** v2: one tree. At its top as root; else in the highest group that was handed to our user. */
function openUnified(root: string, name: string, own: string): Bases {
  const places = [root]
  for (let path = join(root, own); path.startsWith(root) && path !== root; path = dirname(path)) places.splice(1, 0, path)
  let reason = 'no control group may be written'
  for (const place of places) {
    handDown(place)
    const found = open(join(place, name), 'cgroup.procs')
    if (!found.folder) {
      reason = found.reason ?? reason
      continue
    }
    handDown(found.folder)
    const given = read(join(found.folder, 'cgroup.subtree_control')).split(/\s+/)
    const has = (controller: string) => given.includes(controller)
    if (!has('memory') && !has('cpu')) {
      removeGroup(found.folder)
      reason = `${place} hands down neither memory nor cpu`
      continue
    }
    return {
      ...(has('memory') && { memory: found.folder }),
      ...(has('cpu') && { cpu: found.folder }),
      ...((!has('memory') || !has('cpu')) && { reason: `${place} hands down ${has('memory') ? 'memory' : 'cpu'} alone` }),
    }
  }
  return { reason }
}

function handDown(folder: string): void {
  for (const controller of ['memory', 'cpu']) write(join(folder, 'cgroup.subtree_control'), `+${controller}`)
}

function open(folder: string, mustHave: string): { folder?: string; reason?: string } {
  if (!existsSync(dirname(folder))) return { reason: `${dirname(folder)} is not there` }
  try {
    mkdirSync(folder, { recursive: true })
  } catch (error) {
    return { reason: error instanceof Error ? error.message : String(error) }
  }
  return existsSync(join(folder, mustHave)) ? { folder } : { reason: `${folder} has no ${mustHave}` }
}

function limitMemory(folder: string, unified: boolean, memoryMiB: number | undefined): void {
  const bytes = memoryMiB === undefined ? undefined : String(memoryMiB * MIB)
  if (unified) {
    write(join(folder, 'memory.max'), bytes ?? 'max')
    // Half of an app is no app: it is ended whole and started anew.
    write(join(folder, 'memory.oom.group'), bytes ? '1' : '0')
    write(join(folder, 'memory.swap.max'), bytes ? '0' : 'max')
    return
  }
  // Memory alone may never be above memory with swap, so which comes first depends on where they stand.
  for (const file of ['memory.limit_in_bytes', 'memory.memsw.limit_in_bytes', 'memory.limit_in_bytes']) {
    write(join(folder, file), bytes ?? '-1')
  }
}

function limitCpus(folder: string, unified: boolean, cpus: number): void {
  const quota = String(Math.max(1000, Math.round(cpus * PERIOD_US)))
  if (unified) {
    write(join(folder, 'cpu.max'), `${quota} ${PERIOD_US}`)
    return
  }
  write(join(folder, 'cpu.cfs_period_us'), String(PERIOD_US))
  write(join(folder, 'cpu.cfs_quota_us'), quota)
}

function ownGroup(): string {
  return /^0::(.*)$/m.exec(read('/proc/self/cgroup'))?.[1] ?? '/'
}

/** What this kernel does not know (swap limits, kills of a whole group) is left out. */
function write(path: string, text: string): void {
  try {
    writeFileSync(path, text, { flag: 'r+' })
  } catch {
    // See above: what matters is looked at when the groups are opened.
  }
}
function read(path: string): string {
  try {
    return readFileSync(path, 'latin1').trim()
  } catch {
    return ''
  }
}
function numbers(text: string): number[] {
  return text.split('\n').filter(Boolean).map(Number)
}
function count(text: string, key: string): number {
  return Number(new RegExp(`^${key} (\\d+)`, 'm').exec(text)?.[1] ?? 0)
}
function foldersIn(folder: string): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((e) => e.isDirectory())
      .map((e) => basename(e.name))
  } catch {
    return []
  }
}
/** A process that was killed belongs to its group until its parent has taken note. */
function removeSoon(folders: string[], id: string, tries: number): void {
  for (const f of folders) removeGroup(join(f, id))
  const isLeft = folders.some((f) => existsSync(join(f, id)))
  if (isLeft && tries > 0) setTimeout(() => removeSoon(folders, id, tries - 1), 50).unref()
  // The home's own group goes with its last instance.
  else for (const f of folders) removeGroup(f)
}

function removeGroup(folder: string): void {
  try {
    rmdirSync(folder)
  } catch {
    // Not there, or still in use: looked at again at the next start.
  }
}
