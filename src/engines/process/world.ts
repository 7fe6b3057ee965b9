import type { ChildProcess } from 'node:child_process'
import type { Scope } from '../../model/plan.ts'
import type { EngineOptions, Instance, Notice } from '../../model/plug.ts'
import type { Cgroups } from './cgroups.ts'
import type { LogWatch } from './log-ring.ts'
import type { InstanceRecord } from './record.ts'
import type { Rights } from './rights.ts'

/** All that one engine knows and uses. */
export interface World {
  home: string
  options: EngineOptions
  rights: Rights
  cgroups: Cgroups
  /** By id. */
  lives: Map<string, Live>
  /** Asks the edge what an endpoint has in hand, once somebody said how. */
  ask?: (endpoint: string) => Promise<number>
  tellEndpoints?: (scope: Scope, component: string, release: string, endpoints: string[]) => void
  bounds: Bounds
  /** Memory of the machine. */
  totalMiB: number
  isClosed: boolean
}

export interface Bounds {
  /** A log is cut at this size, or at `floodBytes` when it grows faster than that is worth. */
  ringBytes: number
  floodBytes: number
  /** All logs of a component together. */
  componentBytes: number
}

/** An instance, or a command that is run once, as the supervisor sees it. */
export interface Live {
  record: InstanceRecord
  /** Only of those that this process started itself; adopted ones are looked at now and then. */
  child?: ChildProcess
  isAlive: boolean
  state: Instance['state']
  /** It accepts connections since its last start, as far as it should. */
  isServing: boolean
  /** Ends without being asked to, since it was last stable; milliseconds of the monotonic clock. */
  crashes: number[]
  /** Of the process that runs now. */
  startedAtMs: number
  lastExit?: LastExit
  /** Kills for memory that the group counts beyond those that were told; of which process will be seen. */
  untoldKills?: number
  restart?: NodeJS.Timeout
  launching?: Promise<void>
  stopping?: Promise<void>
  log?: LogWatch
  /** Called at every change. */
  watchers: Set<() => void>
}

interface LastExit {
  code?: number
  /** What follows the instance's name: `ended with 1`, `was killed for memory: …`. */
  why: string
  isOutOfMemory: boolean
  /** What it had written since its start. */
  log: string
}

export function newLive(record: InstanceRecord): Live {
  const state = record.desired.type === 'draining' ? 'draining' : 'starting'
  return { record, isAlive: false, state, isServing: false, crashes: [], startedAtMs: 0, watchers: new Set() }
}

export function changed(live: Live): void {
  for (const watcher of [...live.watchers]) watcher()
}

export function livesOf(world: World, scope: Scope, component?: string, release?: string): Live[] {
  return [...world.lives.values()]
    .filter(({ record: r }) => r.app === scope.app && r.environment === scope.environment)
    .filter(({ record: r }) => component === undefined || r.component.name === component)
    .filter(({ record: r }) => release === undefined || r.release === release)
    .sort((a, b) => a.record.index - b.record.index)
}

export function notice(world: World, record: InstanceRecord, code: Notice['code'], message: string): void {
  const { app, environment, component, release } = record
  const at = new Date().toISOString()
  world.options.notice({ app, environment, component: component.name, release, at, code, message })
}

/** What nobody waits for must not end the daemon when it fails, a full disk for one; it is said instead. */
export function said(world: World, record: InstanceRecord, what: string, doing: Promise<unknown>): void {
  doing.catch((error: unknown) => {
    const why = error instanceof Error ? error.message : String(error)
    notice(world, record, 'note', `${nameOf(record)} ${what}: ${why}`)
  })
}

/** `web r42`, or `web r42 #2` where there are several. */
export function nameOf(record: InstanceRecord): string {
  const { component, release, index } = record
  return `${component.name} ${release}${component.instances > 1 && record.type === 'instance' ? ` #${index}` : ''}`
}
