import { z } from 'zod'
import type { CheckResult } from '../checks/result.ts'
import type { EnvSource, Trouble } from '../model/app.ts'
import type { BackupRecord, RestoreRecord } from '../model/backup.ts'
import type { RunEvent, RunState, Url } from '../model/event.ts'
import type { Finding } from '../model/finding.ts'
import type { Plan } from '../model/plan.ts'
import type { Instance, LogLine, Notice } from '../model/plug.ts'
import type { Message, MessageLine } from '../resources/mail/read-mailbox.ts'
import type { RehearsalReport } from './rehearse/report.ts'

// What crosses the socket. Inputs are schemas, since they come from outside; answers are types, since they are ours.

/** Which app and environment: the folder's manifest says the app. `config` is what landfall.config.ts gave, as data. */
export const where = z.strictObject({
  folder: z.string(),
  config: z.unknown().optional(),
  environment: z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,38}[a-z0-9]$/, 'is no name: small letters, digits and dashes, 2 to 40')
    .default('local'),
})
/** All apps and environments where none is named. */
const anywhere = where.partial().extend({ environment: z.string().optional() })
export const wish = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('up'), only: z.array(z.string()).optional() }),
  /** `to` absent: the release before the one that serves. `data`: what becomes of it where the schema changed since. */
  z.strictObject({ type: z.literal('rollback'), to: z.string().optional(), data: z.enum(['keep', 'restore']).optional() }),
  z.strictObject({ type: z.literal('down') }),
  /** All that keeps data, now. `verify`: restored into scratch instances and compared as well. */
  z.strictObject({
    type: z.literal('backup'),
    why: z.enum(['hand', 'schedule']).default('hand'),
    verify: z.boolean().default(true),
  }),
  z.strictObject({ type: z.literal('verify-backup'), backup: z.string() }),
  /** `resources` absent: all that it holds. `file`: one of somebody else's, into the one resource. */
  z.strictObject({
    type: z.literal('restore'),
    backup: z.string(),
    resources: z.array(z.string()).optional(),
    file: z.string().optional(),
  }),
  /** `again`: a bootstrap that this environment has had. */
  z.strictObject({
    type: z.literal('task'),
    component: z.string().optional(),
    task: z.string(),
    again: z.boolean().optional(),
  }),
])

const pair = z.strictObject({ name: z.string(), value: z.string() })
const given = z.array(pair).optional()

/** Inputs by op name. Every change is `plan`, shown to a person, then `apply` with that plan's id. */
export const opInputs = {
  handshake: z.strictObject({}),
  /** Offline: findings of the manifest. */
  check: where,
  /** `given`: what the sources of variables gave, asked by the command line; absent: nobody asked them. */
  plan: where.extend({ wish, given }),
  /**
   * `planId`: what the person saw; another plan now is E_BASIS. `confirm`: what stood behind `--yes=`; a protected environment
   * wants the app's name. `key`: the same key twice is the same run.
   */
  apply: where.extend({ wish, given, planId: z.string().optional(), confirm: z.string().optional(), key: z.string().optional() }),
  resume: z.strictObject({ run: z.string() }),
  cancel: z.strictObject({ run: z.string() }),
  runs: anywhere.extend({ limit: z.number().int().min(1).max(1000).default(20) }),
  ps: anywhere,
  /** `only`: names of checks. */
  smoke: where.extend({ only: z.array(z.string()).optional() }),
  /** A person has looked at what a manual check names, on the release that serves. */
  'smoke-sign': where.extend({ check: z.string(), by: z.string().min(1).max(200) }),
  /** `readonly` absent: as the environment is protected. */
  'resource-login': where.extend({ resource: z.string(), readonly: z.boolean().optional() }),
  /** `since`: milliseconds since the epoch; a day where absent. */
  uptime: where.extend({ since: z.number().optional() }),
  /** `backup` absent: the latest one. */
  rehearse: where.extend({ backup: z.string().optional() }),
  /** The report of a rehearsal, once it is over and nothing of it is left. */
  rehearsal: z.strictObject({ run: z.string() }),
  'backup-list': where,
  /** Makes a backup that lies somewhere known here, with the key that opens it. `from`: whose it is, where it is another's. */
  'backup-adopt': where.extend({
    at: z.string(),
    key: z.string().optional(),
    from: z.string().optional(),
    endpoint: z.string().optional(),
    region: z.string().optional(),
    accessKey: z.string().optional(),
    secretKey: z.string().optional(),
  }),
  /** `reason` absent: it is held no longer. */
  'backup-hold': where.extend({ backup: z.string(), reason: z.string().min(1).max(200).optional() }),
  'backup-delete': where.extend({ backup: z.string() }),
  /** What was there before a restore goes. */
  'backup-confirm': where.extend({ restore: z.string() }),
  /** The key that opens the backups of this home. */
  'backup-key': z.strictObject({}),
  'env-list': where,
  'env-set': where.extend({ values: z.array(pair) }),
  /** Of a file, each with its line; `skipsUnknown` leaves out those that the manifest does not know. */
  'env-import': where.extend({
    values: z.array(pair.extend({ at: z.string() })),
    skipsUnknown: z.boolean().default(false),
    /** Only tells what is wrong. */
    isTrial: z.boolean().default(false),
  }),
  /** The contract against what is stored, and what sources gave. */
  'env-check': where.extend({ given }),
  'env-rotate-key': z.strictObject({}),
  /** Makes a recovery key; the one before it opens nothing any more. */
  'env-recovery-key': z.strictObject({}),
  /** Makes a lost key of the stored values anew. */
  'env-restore-key': z.strictObject({ recoveryKey: z.string() }),
  'env-unset': where.extend({ names: z.array(z.string()) }),
  /** `resource`: which mail resource, where there are several. */
  'mail-list': where.extend({
    resource: z.string().optional(),
    to: z.string().optional(),
    limit: z.number().int().min(1).max(1000).default(50),
  }),
  'mail-show': where.extend({ resource: z.string().optional(), id: z.number().int().min(1) }),
  /** Sends one mail as the app would. A relay wants to be told whom to. */
  'mail-test': where.extend({
    resource: z.string().optional(),
    to: z
      .string()
      .regex(/^[^<>@\s,;"]+@[^<>@\s,;"]+$/, 'is not an address')
      .max(254)
      .optional(),
  }),
  doctor: anywhere,
  /** `words`: of the symptom; all known troubles where there are none. */
  troubles: where.extend({ words: z.array(z.string().max(200)).max(50).default([]) }),
  /** Ends the daemon and, with `edge`, the edge; instances go on. */
  stop: z.strictObject({ edge: z.boolean().default(false) }),
} as const
/** Streams, one JSON document a line. */
export const streamInputs = {
  /** Events of a run after `after`, until its end event. */
  events: z.strictObject({ run: z.string(), after: z.number().int().default(0) }),
  logs: where.extend({
    components: z.array(z.string()).optional(),
    release: z.string().optional(),
    since: z.number().optional(),
    lines: z.number().int().default(100),
    follow: z.boolean().default(false),
  }),
  /** The request's body is the command's stdin once the first line, this input, is read. */
  exec: where.extend({ component: z.string(), command: z.array(z.string()).min(1) }),
} as const

export type OpName = keyof typeof opInputs
export type StreamName = keyof typeof streamInputs
export type OpInput<N extends OpName> = z.infer<(typeof opInputs)[N]>
export type StreamInput<N extends StreamName> = z.infer<(typeof streamInputs)[N]>

export interface OpAnswers {
  handshake: {
    service: 'landfall'
    api_version: 1
    version: string
    pid: number
    home: string
    startedAt: string
    capabilities: string[]
  }
  check: { app?: string; version?: string; environment: string; findings: Finding[] }
  plan: PlanAnswer
  /** No `run` where there was nothing to do. */
  apply: {
    run?: string
    plan: Plan
    urls: Url[] /** It had no steps, and what operating goes by is new. */
    isRecorded?: boolean
  }
  resume: { run: string }
  cancel: { run: string }
  runs: RunRow[]
  rehearse: { run: string; environment: string; backup: string; at: string }
  rehearsal: RehearsalReport
  ps: PsAnswer
  smoke: { release?: string; results: CheckResult[] }
  uptime: { app: string; environment: string; since: string; everySeconds?: number; checks: CheckUptime[] }
  'smoke-sign': { check: string; release: string; by: string; at: string }
  /** `url` has the password in it. */
  'resource-login': { resource: string; type: string; url: string; isReadonly: boolean }
  'backup-list': BackupList
  'backup-adopt': { backup: string; at: string; resources: string[]; values: number; findings: Finding[] }
  'backup-hold': { backup: string; hold?: string }
  'backup-delete': { backup: string }
  'backup-confirm': { restore: string; resources: string[] }
  'backup-key': { file: string; recipient: string; identity: string }
  'env-list': EnvRow[]
  /** `next`: what must be done for the values to take effect, for example `landfall up`. */
  /** `rebuild`: components that are built anew, because the value becomes part of their artifact. */
  'env-set': { set: string[]; next: string[]; rebuild: string[]; findings: Finding[] }
  'env-import': { set: string[]; skipped: string[]; next: string[]; rebuild: string[]; findings: Finding[] }
  'env-check': { findings: Finding[]; wants?: EnvWant[] }
  'env-rotate-key': { from: string; to: string; values: number }
  /** Told this once. */
  'env-recovery-key': { recoveryKey: string; recipient: string }
  'env-restore-key': { id: string }
  'env-unset': { unset: string[]; next: string[]; rebuild: string[] }
  doctor: { findings: Finding[]; facts: Record<string, string> }
  'mail-list': { resource: string; messages: MessageLine[] }
  'mail-show': Message
  'mail-test': {
    resource: string
    /** `captured`: it lies in the mailbox of this machine, as message `id`. */
    kind: 'captured' | 'relay'
    from: string
    to: string
    host: string
    port: number
    /** What the server answered. */
    response: string
    id?: number
  }
  troubles: { app: string; known: number; troubles: TroubleResult[] }
  stop: { stopped: string[] }
}
export interface StreamLines {
  events: RunEvent
  logs: LogLine
  exec: { type: 'stdout' | 'stderr'; base64: string } | { type: 'exit'; code: number }
}

export interface PlanAnswer {
  plan?: Plan
  /** The plan has no steps, and yet `apply` has something to put on record. */
  isRecordNew?: boolean
  /** With an error among them there is no plan. */
  findings: Finding[]
  /** Sources that nobody asked yet: asking again with what they gave, as `given`, makes the whole plan. */
  wants?: EnvWant[]
  /** Lines for people, one per step: `describeStep`. */
  text: { stage: string; downtimeSeconds: number; steps: string[] }[]
  urls: Url[]
}
/** A known failure, and whether it is this one. */
export interface TroubleResult extends Omit<Trouble, 'check'> {
  state: 'likely' | 'unlikely' | 'unknown'
  evidence?: string
  /** A `landfall` command that tells: it fails where this is the cause. */
  ask?: string[]
}
/** What the schedule found of one check. */
export interface CheckUptime {
  name: string
  asked: number
  passed: number
  medianMs: number
  /** 95 of a hundred took less. */
  slowMs: number
  isPassing: boolean
  lastAt: string
  /** The newest, oldest first; without `to` it goes on. */
  outages: { from: string; to?: string; failures: number; because: string }[]
}
export interface BackupList {
  backups: {
    id: string
    at: string
    state: BackupRecord['state']
    why: BackupRecord['why']
    before?: string
    bytes: number
    verifiedAt?: string
    hold?: string
    trouble?: string
    place: string
    holds: string[]
    findings: Finding[]
  }[]
  restores: RestoreRecord[]
  /** What would be lost together: the backups, and the key that opens them. */
  remarks: Finding[]
}
export interface RunRow {
  run: string
  app: string
  environment: string
  intent: Plan['intent']
  /** Of a task `web.seed`, of a cron component its name. */
  of?: string
  release?: string
  startedAt: string
  endedAt?: string
  /** Absent while it goes on. */
  state?: RunState
  /** Under way, or where it ended. */
  step?: string
  message?: string
}
export interface PsAnswer {
  apps: {
    app: string
    environment: string
    folder: string
    release?: string
    urls: Url[]
    components: { name: string; type: string; release: string; instances: Instance[]; cron?: CronState }[]
    openRuns: RunRow[]
    notices: Notice[]
    /** Of the last day; absent where checks are not asked by themselves. */
    availability?: { asked: number; passed: number }
    volumes?: VolumeSize[]
  }[]
  daemon: { pid: number; version: string; memoryMiB: number }
  edge?: { pid: number; memoryMiB: number; requests: number; open: number; listeners: string[] }
}
export interface VolumeSize {
  name: string
  /** On the disk; absent where counting takes longer than somebody waits, and the next look has it. */
  bytes?: number
  /** What the manifest asks for: a limit on other platforms, a word here. */
  wishedMiB?: number
}
/** A variable whose value a source has. */
export interface EnvWant {
  name: string
  source: EnvSource
  /** An earlier answer of the source is stored, and stands in where it gives nothing. */
  isStored: boolean
}
export interface CronState {
  expression: string
  timeZone: string
  isRunning: boolean
  /** ISO times. */
  nextAt?: string
  last?: { run: string; startedAt: string; state?: RunState; message?: string }
}
export interface EnvRow {
  name: string
  isSecret: boolean
  isRequired: boolean
  source: 'set' | 'generated' | 'file' | 'command' | 'variable' | 'default' | 'resource' | 'missing' | 'kept-out'
  /** Never for a secret. */
  value?: string
  version?: number
  components: string[]
  about?: string
  onRotate?: string
}
