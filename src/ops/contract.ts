import { z } from 'zod'
import type { CheckResult } from '../checks/result.ts'
import type { RunEvent, RunState, Url } from '../model/event.ts'
import type { Finding } from '../model/finding.ts'
import type { Plan } from '../model/plan.ts'
import type { Instance, LogLine, Notice } from '../model/plug.ts'

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
  /** `to` absent: the release before the one that serves. */
  z.strictObject({ type: z.literal('rollback'), to: z.string().optional() }),
  z.strictObject({ type: z.literal('down') }),
  z.strictObject({ type: z.literal('task'), component: z.string().optional(), task: z.string() }),
])

/** Inputs by op name. Every change is `plan`, shown to a person, then `apply` with that plan's id. */
export const opInputs = {
  handshake: z.strictObject({}),
  /** Offline: findings of the manifest. */
  check: where,
  plan: where.extend({ wish }),
  /**
   * `planId`: what the person saw; another plan now is E_BASIS. `confirm`: what stood behind `--yes=`; a protected environment
   * wants the app's name. `key`: the same key twice is the same run.
   */
  apply: where.extend({ wish, planId: z.string().optional(), confirm: z.string().optional(), key: z.string().optional() }),
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
  'env-list': where,
  'env-set': where.extend({ values: z.array(z.strictObject({ name: z.string(), value: z.string() })) }),
  'env-unset': where.extend({ names: z.array(z.string()) }),
  doctor: anywhere,
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
  check: { app?: string; environment: string; findings: Finding[] }
  plan: PlanAnswer
  /** No `run` where there was nothing to do. */
  apply: { run?: string; plan: Plan; urls: Url[] }
  resume: { run: string }
  cancel: { run: string }
  runs: RunRow[]
  ps: PsAnswer
  smoke: { release?: string; results: CheckResult[] }
  uptime: { app: string; environment: string; since: string; everySeconds?: number; checks: CheckUptime[] }
  'smoke-sign': { check: string; release: string; by: string; at: string }
  /** `url` has the password in it. */
  'resource-login': { resource: string; type: string; url: string; isReadonly: boolean }
  'env-list': EnvRow[]
  /** `next`: what must be done for the values to take effect, for example `landfall up`. */
  'env-set': { set: string[]; next: string[]; findings: Finding[] }
  'env-unset': { unset: string[]; next: string[] }
  doctor: { findings: Finding[]; facts: Record<string, string> }
  stop: { stopped: string[] }
}
export interface StreamLines {
  events: RunEvent
  logs: LogLine
  exec: { type: 'stdout' | 'stderr'; base64: string } | { type: 'exit'; code: number }
}

export interface PlanAnswer {
  plan?: Plan
  /** With an error among them there is no plan. */
  findings: Finding[]
  /** Lines for people, one per step: `describeStep`. */
  text: { stage: string; downtimeSeconds: number; steps: string[] }[]
  urls: Url[]
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
export interface RunRow {
  run: string
  app: string
  environment: string
  intent: Plan['intent']
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
    components: { name: string; type: string; release: string; instances: Instance[] }[]
    openRuns: RunRow[]
    notices: Notice[]
    /** Of the last day; absent where checks are not asked by themselves. */
    availability?: { asked: number; passed: number }
  }[]
  daemon: { pid: number; version: string; memoryMiB: number }
  edge?: { pid: number; memoryMiB: number; requests: number; open: number; listeners: string[] }
}
export interface EnvRow {
  name: string
  isSecret: boolean
  isRequired: boolean
  source: 'set' | 'generated' | 'file' | 'command' | 'variable' | 'default' | 'resource' | 'missing'
  /** Never for a secret. */
  value?: string
  version?: number
  components: string[]
  about?: string
  onRotate?: string
}
