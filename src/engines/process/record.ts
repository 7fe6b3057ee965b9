import { copyFileSync, existsSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { writeAtomic } from '../../lib/atomic.ts'
import { codeOf } from '../../lib/error.ts'
import type { ProcessIdentity } from '../../lib/process-identity.ts'
import type { Component, ReleaseStep } from '../../model/app.ts'
import type { Scope } from '../../model/plan.ts'
import { makeFolder, paths } from './paths.ts'

/** What is known of one instance, on the disk before it acts. Values are references in it: it holds no secret. */
export interface InstanceRecord extends Scope {
  version: 1
  id: string
  type: 'instance' | 'static' | 'once'
  component: Component
  release: string
  index: number
  digest: string
  artifact: string
  desired: Desired
  /** The shim, which leads the process group. Absent until it was started. */
  process?: ProcessIdentity
  startedAt?: string
  port?: number
  uid?: number
  restarts: number
  /** It answered as it should since it was started for the first time. */
  hasServed?: boolean
  /** Of a job, and of a command that is run once. */
  ended?: { at: string; code: number }
  remark?: string
  /** Where this start's lines begin in the log. */
  logOffset?: number
  /** What the cgroup had counted when it was started. */
  oomKills?: number
  once?: { name: string; run: string; command: ReleaseStep }
}
type Desired =
  | { type: 'up' }
  /** `until` in milliseconds since the epoch, so that a drain goes on with the time left. */
  | { type: 'draining'; since: number; until: number }
  | { type: 'down' }

export function writeRecord(home: string, record: InstanceRecord): void {
  makeFolder(paths.instance(home, record.id))
  const path = paths.record(home, record.id)
  // The generation before, for the day that the disk gives back something else than it got.
  if (existsSync(path)) copyFileSync(path, `${path}.before`)
  writeAtomic(path, `${JSON.stringify(record, null, 1)}\n`)
}

/** Where the disk may be full without harm: what is noted is known in another way, or found out again. */
export function remember(world: { home: string }, record: InstanceRecord): void {
  try {
    writeRecord(world.home, record)
  } catch {
    // See above.
  }
}

export function removeRecord(home: string, id: string): void {
  // The record goes last: what is cut off here is found again.
  for (const path of [paths.temporary(home, id), paths.exit(home, id), paths.record(home, id), paths.instance(home, id)])
    rmSync(path, { recursive: true, force: true })
}

/** Undefined where there is none. One that cannot be read is put aside for study, and the one before it is taken. */
export function readRecord(home: string, id: string): InstanceRecord | undefined {
  const path = paths.record(home, id)
  const record = parse(path, id)
  if (record !== 'broken') return record
  renameSync(path, `${path}.broken`)
  const before = parse(`${path}.before`, id)
  return before === 'broken' ? undefined : before
}

function parse(path: string, id: string): InstanceRecord | 'broken' | undefined {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  }
  try {
    const record: unknown = JSON.parse(text)
    if (isRecord(record) && record.id === id) return record
  } catch {
    // Half of a file, or none of ours: the same as a record of another shape.
  }
  return 'broken'
}

export function listRecordFolders(home: string): string[] {
  try {
    return readdirSync(paths.instances(home)).sort()
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return []
    throw error
  }
}

function isRecord(value: unknown): value is InstanceRecord {
  if (typeof value !== 'object' || value === null) return false
  return 'version' in value && value.version === 1 && 'component' in value && 'desired' in value && 'artifact' in value
}
