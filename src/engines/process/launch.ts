import { spawn } from 'node:child_process'
import { closeSync, fchownSync, fstatSync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import { LandfallError } from '../../lib/error.ts'
import { failpoint } from '../../lib/failpoint.ts'
import { identify } from '../../lib/process-identity.ts'
import { clearExit } from './exit-file.ts'
import { watchLog } from './log-ring.ts'
import { fileName, makeFolder, paths } from './paths.ts'
import { addressPort, freePort, isPortFree } from './ports.ts'
import { type Prepared, prepare } from './prepare.ts'
import { type InstanceRecord, writeRecord } from './record.ts'
import { SHIM } from './shim.ts'
import { holderOf } from './sockets.ts'
import { changed, type Live, nameOf, type World } from './world.ts'

/**
 * Starts the process of an instance. The shim waits until its pid is on record: a crash at any point leaves either no process
 * or one that is known. `onExit` is told when the shim is gone.
 */
export async function launch(world: World, live: Live, onExit: () => void): Promise<void> {
  const { record } = live
  const { home } = world
  const port = await portFor(world, record)
  const prepared = await prepare(world, { ...record, port }, record.once?.command.run, lockOption(record))
  if (record.desired.type !== 'up' || world.isClosed) return
  clearExit(home, record.id)
  record.port = port
  if (prepared.uid !== undefined) record.uid = prepared.uid
  record.oomKills = world.cgroups.oomKills(record.id)
  delete record.process
  writeRecord(home, record)

  const point = (name: string) => failpoint(`engine:${record.type === 'once' ? 'run-once' : 'start'}:${name}`)
  point('before-spawn')
  const { child, logOffset } = spawnShim(home, record, prepared)
  const identity = child.pid === undefined ? undefined : identify(child.pid)
  if (!identity) {
    const error = await new Promise<Error>((resolve) => child.once('error', resolve))
    throw new LandfallError({ code: 'E_START', message: `could not start ${nameOf(record)}: ${error.message}`, cause: error })
  }
  child.once('error', () => {}) // Signals are sent by pid and group; nothing else can fail from here on.
  child.stdin?.on('error', () => {}) // The shim was killed before it could read: its exit tells.
  child.unref()
  point('after-spawn')
  record.process = identity
  record.logOffset = logOffset
  record.startedAt = new Date().toISOString()
  try {
    writeRecord(home, record)
  } catch (error) {
    child.stdin?.destroy() // Not on record, so it must not start: the end of its stdin tells it.
    throw error
  }
  point('before-go')
  child.once('exit', () => {
    if (live.child === child) onExit()
  })
  live.child = child
  live.isAlive = true
  live.startedAtMs = performance.now()
  live.log = watchLog(logOf(home, record), Date.now())
  child.stdin?.end('go\n')
  point('after-go')
  changed(live)
}

function spawnShim(home: string, record: InstanceRecord, prepared: Prepared) {
  const path = logOf(home, record)
  makeFolder(dirname(path), 0o700)
  // Appended to by the instance itself: no pipe that would break with us, and it can be cut while it is written.
  const log = openSync(path, 'a', 0o600)
  try {
    // Programs open /dev/stdout anew, which wants the right to the file itself.
    if (prepared.uid !== undefined) fchownSync(log, prepared.uid, prepared.uid)
    const args = ['-c', SHIM, 'sh', paths.exit(home, record.id), prepared.file, ...prepared.args]
    const child = spawn('/bin/sh', args, {
      cwd: prepared.cwd,
      env: prepared.env,
      detached: true,
      stdio: ['pipe', log, log],
    })
    return { child, logOffset: fstatSync(log).size }
  } finally {
    closeSync(log)
  }
}

export function logOf(home: string, record: InstanceRecord): string {
  const name = record.once ? `once-${fileName(familyOf(record.once.name))}` : String(record.index)
  return paths.log(home, record, record.component.name, record.release, name)
}

/** For every program that speaks through libpq or does as it does: a statement waits no longer for a lock. */
function lockOption({ once }: InstanceRecord): string | undefined {
  const seconds = once?.command.locks?.timeoutSeconds
  return seconds ? `-c lock_timeout=${seconds}s` : undefined
}

/** `cron` for each `cron@…`: they follow each other, and share a log. */
export function familyOf(name: string): string {
  return name.replace(/@.*$/, '')
}

async function portFor(world: World, record: InstanceRecord): Promise<number> {
  const taken = new Set<number>()
  for (const { record: r } of world.lives.values()) if (r.id !== record.id && r.port !== undefined) taken.add(r.port)
  if (record.component.address !== 'own') return freePort(world.home, taken, record.port)
  const port = await addressPort(world.home, paths.memory(world.home, 'addresses.json'), record, record.component.name)
  if (record.type === 'instance' && !(await isPortFree(port))) throw portTaken(world, record, port)
  return port
}

function portTaken(world: World, record: InstanceRecord, port: number): LandfallError {
  const row = holderOf(port)?.row
  const ours = [...world.lives.values()].find((l) => l.isAlive && l.record.id !== record.id && l.record.port === port)
  const who = ours
    ? `${nameOf(ours.record)}, which still runs`
    : row
      ? `pid ${row.pid} (${row.name}), not ours`
      : 'another process'
  return new LandfallError({
    code: 'E_PORT_TAKEN',
    at: `components.${record.component.name}`,
    message: `port ${port}, the address of ${record.component.name}, is held by ${who}`,
    hint: row && !ours ? `end it (kill ${row.pid}), then landfall up` : 'landfall ps',
  })
}
