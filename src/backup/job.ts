import type { BackupManifest, BackupPart, BackupPlace, Holding, SnapshotTarget } from '../model/backup.ts'
import type { ErrorShape } from '../model/event.ts'
import type { Finding } from '../model/finding.ts'

// What the daemon and the process that does the work say to each other: a job on its stdin, since logins stand in it; lines of
// JSON on its stdout.

/** With the values that `accessKey` and `secretKey` name. */
export interface OpenPlace {
  place: BackupPlace
  accessKey?: string
  secretKey?: string
}
interface Head {
  /** LANDFALL_HOME. */
  home: string
  /** An empty folder of this job alone. */
  scratch: string
  at: OpenPlace
  /** `<app>/<environment>/<id>` in that place. */
  folder: string
  identities: string[]
}
/** The last of a backup: the app part is written, all of it is read back, then the manifest is written. */
export interface Finish {
  app: unknown
  manifest: Omit<BackupManifest, 'parts' | 'findings'>
  /** Of the steps before this one. */
  parts: BackupPart[]
  findings: Finding[]
}
/** A part with where its data is to go. */
export interface Aim {
  target: SnapshotTarget
  part?: BackupPart
}
export type Job = Head &
  (
    | { type: 'take'; recipients: string[]; targets: { target: SnapshotTarget; file: string }[]; finish?: Finish }
    /** Every file against the manifest, then a restore of every part into a scratch instance. */
    | { type: 'verify'; targets: SnapshotTarget[] }
    | { type: 'restore'; place: string; aims: Aim[] }
    /** A file of somebody else's into one resource. */
    | { type: 'restore-file'; place: string; target: SnapshotTarget; file: string }
    | { type: 'swap'; place: string; targets: SnapshotTarget[]; isBack: boolean }
    | { type: 'drop'; place: string; targets: SnapshotTarget[]; which: 'old' | 'new' }
    | { type: 'inspect'; targets: SnapshotTarget[] }
    /** Manifest and app part, of a backup that this home may never have seen. */
    | { type: 'read' }
    | { type: 'list'; prefix: string }
    | { type: 'remove' }
  )
export interface JobAnswers {
  take: { parts: BackupPart[]; manifest?: BackupManifest }
  verify: { differences: string[] }
  restore: { differences: string[] }
  'restore-file': { holding: Holding }
  swap: Record<string, never>
  drop: Record<string, never>
  inspect: { holdings: Record<string, Holding> }
  read: { manifest: BackupManifest; app: unknown; identities: string[] }
  list: { files: { path: string; bytes: number }[] }
  remove: Record<string, never>
}
export type JobLine =
  | { type: 'say'; line: string }
  | { type: 'find'; finding: Finding }
  | { type: 'done'; answer: JobAnswers[Job['type']] }
  | { type: 'error'; error: ErrorShape }
