import type { Resource } from './app.ts'
import type { Finding } from './finding.ts'
import type { Scope } from './plan.ts'
import type { Value } from './value.ts'

/** When backups of an environment are made, where they go, and how long they stay. */
export interface BackupPolicy {
  /** Absent: by hand and before migrations alone. */
  timing?: { type: 'every'; seconds: number } | { type: 'cron'; expression: string; timeZone: string }
  keep: BackupKeep
  /** Absent: below LANDFALL_HOME, on the disk of everything else. */
  to?: BackupPlace
  /** Before every release that migrates. */
  beforeMigrations: boolean
  /** Each is restored into a scratch instance and compared as soon as it is taken. */
  verify: boolean
}
/** A backup goes only when no rule keeps it; `count` counts verified ones. Both absent: all stay. */
export interface BackupKeep {
  count?: number
  ageSeconds?: number
}
export type BackupPlace =
  /** Absolute. */
  | { type: 'folder'; path: string }
  /** `accessKey` and `secretKey` are names of stored values; `prefix` ends with `/` or is empty. */
  | { type: 's3'; endpoint: string; region: string; bucket: string; prefix: string; accessKey: string; secretKey: string }

/** What one backup holds: `manifest.json`, written last. A backup without it is none. */
export interface BackupManifest extends Scope {
  format: 1
  /** `20261121T032700Z-kqmw`. */
  id: string
  /** When it was begun, as an ISO time. */
  at: string
  why: BackupReason
  /** The release that served. */
  release?: string
  parts: BackupPart[]
  /** What it could not carry. */
  findings: Finding[]
  /** Of Landfall and of the libraries that the bytes depend on. */
  tools: Record<string, string>
  /** age recipients that its parts are encrypted to. */
  recipients: string[]
}
export type BackupReason = 'hand' | 'schedule' | 'release' | 'decommission'

export interface BackupPart {
  /** File beside the manifest: `db.sql.zst.age`. */
  file: string
  /** Of that file as it lies there. */
  bytes: number
  sha256: string
  /** `app`: the app as recorded and its stored values. */
  kind: 'resource' | 'app'
  /** Name and type of the resource; its options are in the `app` part. */
  resource?: string
  type?: string
  holds: Holding
}

/** What a dump held, or what was found after a restore: the two are compared entry by entry. */
export interface Holding {
  /** By table, folder, prefix: how many rows, files or objects, their bytes, and the sha256 of all of them in order. */
  items: Record<string, { count: number; bytes: number; sha256: string }>
  /** Compared as text: `sequence public.orders_id_seq` → `41`. */
  values: Record<string, string>
  /** Not compared: versions of the server and of the tools. */
  tools: Record<string, string>
}

/** A row of `landfall backup list`. */
export interface BackupRecord extends Scope {
  id: string
  place: BackupPlace
  /** `making` until the manifest is read back; `taken` until a restore into a scratch instance was found equal. */
  state: 'making' | 'taken' | 'verified' | 'failed'
  why: BackupReason
  /** Where it lies in its place, if not as `<app>/<environment>/<id>`. */
  folder?: string
  /** Run that made it, and the release that it was made before. */
  run?: string
  before?: string
  at: number
  bytes: number
  verifiedAt?: number
  /** What was found wrong at the last look. */
  trouble?: string
  /** Why it must not go, whatever the rules of retention say. */
  hold?: string
  /** Absent while it is being made. */
  manifest?: BackupManifest
}

/** A restore: the new places are filled, compared, swapped in; the old ones stay until it is confirmed. */
export interface RestoreRecord extends Scope {
  /** `restore-3`. */
  id: string
  backup: string
  /** `filling` is never served, and may be resumed. */
  state: 'filling' | 'filled' | 'swapped' | 'confirmed' | 'undone'
  at: number
  resources: string[]
}

/** ---- how the data of a resource goes into a backup and comes back: `ResourceType.snapshot` ---- */
export interface SnapshotType {
  /** Absent where the resource keeps nothing (an external one that somebody else backs up, a cache). */
  access(resource: Resource): SnapshotAccess | undefined
  /** Its code has `foreign`. */
  takesFiles?: true
  /** The code itself, which runs in a process of its own; loaded there and nowhere else. */
  load(): Promise<SnapshotCode>
}
export interface SnapshotAccess {
  /** Extension of the part's file before `.zst.age`: `sql`, `tar`. */
  extension: string
  /** Address, logins and folders, which become text when the work begins. */
  values: Record<string, Value>
  /** Its volumes are copied while nobody writes: the components that mount them are stopped, or their own steps stand around. */
  isQuiet: boolean
}
/** The values of `SnapshotAccess` as text, with the resource's name, type and options. */
export interface SnapshotTarget {
  resource: Resource
  values: Record<string, string>
}
export interface SnapshotContext {
  signal: AbortSignal
  say(line: string): void
  /** An empty folder of this job alone. */
  scratch: string
  /** LANDFALL_HOME, for downloads that are kept. */
  home: string
  find(finding: Finding): void
}
export interface SnapshotCode {
  /**
   * Everything as it was at one moment, as a stream; what it held is known at its end. The bytes of a chunk are the reader's until it
   * asks for the next one.
   */
  dump(from: SnapshotTarget, ctx: SnapshotContext): { stream: AsyncIterable<Uint8Array>; holding(): Holding }
  /**
   * Fills `place`, which is new and beside the live one: a database, a folder, a prefix. What an earlier attempt left there goes
   * first.
   */
  restore(into: SnapshotTarget, place: string, from: AsyncIterable<Uint8Array>, ctx: SnapshotContext): Promise<void>
  /** What is in `place`, or, without one, in what is live: to be compared with what a backup held. */
  inspect(at: SnapshotTarget, place: string | undefined, ctx: SnapshotContext): Promise<Holding>
  /** The new place becomes the live one, and the live one `<place>-old`. Done already: nothing happens. */
  swap(at: SnapshotTarget, place: string, ctx: SnapshotContext): Promise<void>
  /** The other way round. */
  swapBack(at: SnapshotTarget, place: string, ctx: SnapshotContext): Promise<void>
  /** What is left of a restore goes: `old` after it is confirmed, `new` where it never was swapped in. */
  drop(at: SnapshotTarget, place: string, which: 'old' | 'new', ctx: SnapshotContext): Promise<void>
  /** Files that others made, such as a plain SQL dump. Absent where there is no such thing. */
  foreign?: {
    /** Reads it to its end before anything of it is used; throws where it is cut off, or would do more than restore. */
    check(from: AsyncIterable<Uint8Array>, file: string, ctx: SnapshotContext): Promise<void>
    /** As `restore` reads it. */
    plain(from: AsyncIterable<Uint8Array>, file: string, ctx: SnapshotContext): Promise<AsyncIterable<Uint8Array>>
  }
  /** An instance of its own to restore into and compare; nothing of the live one is touched. `like` helps to choose its version. */
  scratch(like: Holding, at: SnapshotTarget | undefined, ctx: SnapshotContext): Promise<Scratch>
}
export interface Scratch {
  target: SnapshotTarget
  close(): Promise<void>
}
