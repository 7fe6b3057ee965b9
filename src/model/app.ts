import type { BackupPolicy } from './backup.ts'
import type { Value } from './value.ts'

/** What one manifest describes, resolved for one environment. Survives `JSON.stringify`; holds no secret. */
export interface App {
  name: string
  environment: Environment
  /** What `version:` gave, for example `1.4.0`; shown, and put into instances as `LANDFALL_VERSION`. */
  version?: string
  components: Component[]
  resources: Resource[]
  routes: Route[]
  checks: Check[]
  troubles?: Trouble[]
  /** Every variable that the app names, with its rules: what `landfall env` and the preflight look at. */
  contract: EnvEntry[]
  /** Rules over several variables of the contract. Absent: there are none. */
  groups?: EnvGroup[]
  keep: { releases: number }
  backup?: BackupPolicy
}

/** One living copy of an app: own data, own stored values, own hosts. */
export interface Environment {
  name: string
  isProtected: boolean
  /** How often its scheduled checks are asked. Absent: never by themselves. */
  uptimeSeconds?: number
}

/** One thing that runs or is published. A resource becomes some of these too, so engines know no other noun. */
export interface Component {
  name: string
  /** `artifact` runs nowhere: `landfall build` makes its archives, and no plan has it. */
  type: 'web' | 'worker' | 'job' | 'static' | 'cron' | 'artifact'
  source: Source
  build: Build
  /** Argument array; the first one is looked up on the instance's PATH. Absent for `static`. */
  command?: Value[]
  env: Record<string, Value>
  /** Those of `env` that arrive as a file of this name: the instance has it 0400, and its path in `<NAME>_FILE`. */
  envFiles?: Record<string, string>
  /** The port inside a container and on other platforms. Here every instance gets its own PORT. */
  port?: number
  /** Absent for `job`. Probed from outside the instance. */
  health?: Health
  /** Components that must be healthy before anything of this one starts. */
  needs: string[]
  instances: number
  /** A visitor stays with one of them, as long as it lives. */
  isSticky?: boolean
  /** Kept as a promise: more instances are refused with the reason. */
  max?: { instances: number; because: string }
  limits: Limits
  releaseSteps: ReleaseStep[]
  /** Once per environment, after the release steps of the first release that has them. */
  bootstrap?: ReleaseStep[]
  /** Before anything of a release is built, with what serves then; there is nothing to run them with the first time. */
  predeploy?: ReleaseStep[]
  /** After the switch, with what serves then. One that fails is told, and undoes nothing. */
  postdeploy?: ReleaseStep[]
  /** Of a `cron` component. */
  schedule?: Schedule
  /** Whether code of before runs on the schema that this one's release steps leave behind. Absent: nobody said. */
  compatible?: 'expand' | 'breaking'
  mounts: Mount[]
  stop: { drainSeconds: number; signal: string; graceSeconds: number }
  /** `overlap`: new instances run beside old ones. `replace`: the old stop first, because two must not write at once. */
  rollout: 'overlap' | 'replace'
  /**
   * `edge`: the edge keeps the address and forwards to the serving release. `own`: the one instance listens on it
   * itself (servers that do not speak HTTP). Absent: nothing needs to reach it.
   */
  address?: 'edge' | 'own'
  /** Whose uid it runs under: the environment's apps, or its servers, which own the data of all of them. */
  runsAs: 'app' | 'server'
  /** Command that gates the build. */
  test?: Value[]
  /** Commands that a person asks for by name, safe to repeat: `seed` and others. `landfall run <component>.<task>`. */
  tasks: Record<string, Value[][]>
  /** Around a copy of the volumes that it alone writes to: then it is not stopped for it. `after` runs in any case. */
  backup?: { before: Value[][]; after: Value[][] }
  /** How a `static` component is served. */
  serve?: StaticOptions
  /** Of an `artifact`: what a release publishes, one for each kind of machine. */
  archives?: Archive[]
  /** Name of the resource that this component is a part of. */
  resource?: string
}

/** One file of a release: `<name>-<version>-<target>.tar.gz`. */
export interface Archive {
  /** `linux-x64`, `windows-x64`, `android`: whose file it is. `any` where one serves all. */
  target: string
  /** The machine of a pipeline that builds it, in the pipeline's words: `ubuntu-latest`. */
  runner: string
  /** What this target's machine needs first; a pipeline runs it, `landfall build` does not. */
  setup: string[][]
  /** In place of the component's build command and output. */
  command?: string[]
  output?: string
  format: 'tar.gz' | 'zip' | 'file'
}

export type Source =
  /** `digest` of the content, without what .gitignore and .landfallignore leave out. Empty until it is taken. */
  | { type: 'folder'; path: string; digest: string }
  | { type: 'image'; image: string }
  | { type: 'dockerfile'; path: string; file: string; digest: string }
  /** A server that Landfall provides itself: the resource type that knows how, and the version wanted. */
  | { type: 'server'; resource: string; version: string }

/** How a source becomes an artifact; `builder` names a folder in `builders/`, or the resource type for a server. */
export interface Build {
  builder: string
  options: BuildOptions
  /** Build-time environment: part of the artifact's digest. Never a secret. */
  env: Record<string, Value>
  timeoutSeconds: number
  limits: Limits
}
export interface BuildOptions {
  /** Argument arrays, each absent where the builder is to decide. */
  install?: string[]
  command?: string[]
  /** Folder, inside the source, that is kept. */
  output?: string
  /** Runtime wanted by hand; wins over `.nvmrc`, `.python-version`, `engines`. */
  runtime?: string
  /** Folder of the component inside its source (a workspace of a monorepo). */
  workspace?: string
}

export interface Limits {
  memoryMiB?: number
  /** Cores; 0.5 is half of one. */
  cpus?: number
}

export type Health =
  | { type: 'http'; path: string; status?: number; json?: unknown; everySeconds: number; timeoutSeconds: number; host?: string }
  | { type: 'tcp'; everySeconds: number; timeoutSeconds: number }
  /** Alive after `settleSeconds`: what can be said of a worker that listens nowhere. */
  | { type: 'alive'; settleSeconds: number; timeoutSeconds: number }
  /** The resource type's own login with real credentials. */
  | { type: 'resource'; resource: string; values: Record<string, Value>; timeoutSeconds: number }

/** One step of a release: run once per release, with the new artifact, before traffic moves. */
export interface ReleaseStep {
  name: string
  run: Value[]
  /** When this command exits 0, `run` is not needed. */
  check?: Value[]
  verify?: Verify
  /** May be run again without asking after an interruption nobody saw the end of. */
  isRepeatable: boolean
  /** Changes the schema of a database. Absent: `migratesOf` goes by what is run. */
  migrates?: boolean
  /** Everybody is logged out by it. */
  endsSessions?: boolean
  /** It is ended after this time. Absent: never. */
  timeoutSeconds?: number
  /** How long one of its statements waits for a lock, where somebody said so; 0 is as long as it takes. */
  lockTimeoutSeconds?: number
  /** What comes of that, with the database that it is about. Set when resources are expanded. */
  locks?: LockRule
}
/** What must be true after a step that ended with 0. */
export interface Verify {
  /** In the artifact, or in a volume that is mounted over it. */
  files: string[]
  /** Must exit 0. */
  run?: Value[]
  sql?: SqlClaim[]
  migrations?: MigrationClaim
}
/** `values` of the login that `ServerType.query` takes. */
export interface SqlSource {
  resource: string
  /** Of the resource. */
  type: string
  values: Record<string, Value>
}
/** The first column of the first row, as text. */
export interface SqlClaim extends SqlSource {
  query: string
  expect: string
}
/** As many migrations applied as there are. */
export interface MigrationClaim extends SqlSource {
  /** Gives one number. */
  applied: string
  /** Files that match one of these, from the artifact's folder; or a command that prints the number last. */
  present: { type: 'files'; globs: string[] } | { type: 'command'; run: Value[] }
}
/** `timeoutSeconds` 0: nothing is told to the database, it is only looked at. */
export interface LockRule extends SqlSource {
  timeoutSeconds: number
  tries: number
}
/** When a `cron` component's command is run. */
export interface Schedule {
  /** Five fields, by the clocks of `timeZone`. */
  expression: string
  /** An IANA name. */
  timeZone: string
  /** What a firing does while the one before still runs. */
  overlap: 'skip' | 'queue' | 'replace'
  timeoutSeconds: number
}

/** `replace` rollout follows from `writers: one`. `path` absent: the folder is told by a `volume` value only. */
export interface Mount {
  volume: string
  path?: string
  writers: 'one' | 'many'
  rights?: VolumeRights
}
/** Of a volume's folder, set before anything of ours starts on it. */
export interface VolumeRights {
  /** Absent: the user that the component runs under. */
  uid?: number
  /** Absent: the group of that user, so that it can be let in beside another owner. */
  gid?: number
  /** Permission bits, such as 0o770. */
  mode?: number
}

export interface StaticOptions {
  /** Answer paths without a file with `index.html` (status 200). */
  spa: boolean
  /** The path that the files were built for, `/portal/`; stripped before a file is looked up. */
  basePath: string
  redirects: { from: string; to: string; status: number }[]
  /** Globs of files whose name carries their digest: cached for a year. */
  immutable: string[]
}

export interface Route {
  host: string
  /** Path prefix that ends at a segment: `/api` takes `/api` and `/api/x`, not `/apix`. */
  path: string
  to: string
}

/**
 * A question about what runs: asked of new instances before they have traffic, of what serves, of what a restore brought back.
 * Its steps come one after the other and share cookies and captured values; the first that fails ends it. Texts may hold
 * `${host}`, `${origin}`, `${EMAIL}`, `${random}` and what a step before captured; `$$` is a `$`.
 */
export interface Check {
  name: string
  /** When it is asked without a person. `landfall smoke` asks all. */
  on: CheckOccasion[]
  steps: CheckStep[]
}
export type CheckOccasion = 'release' | 'schedule' | 'restore'
export type CheckStep = HttpStep | SocketStep | MailStep | SqlStep | ManualStep
export interface HttpStep {
  type: 'http'
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'HEAD'
  path: string
  /** A host of the routes; the first one where absent. */
  host?: string
  headers: Record<string, string>
  body?: unknown
  /** Redirects that are followed before the answer is looked at. */
  redirects: number
  expect: AnswerExpectation
  capture: Capture[]
}
export interface AnswerExpectation extends TextExpectation {
  /** `ok`: below 400. `redirect`: any 3xx. */
  status: number | 'ok' | 'redirect'
  headers?: Record<string, string>
  /** Where a redirect leads: a path, or a whole address. */
  location?: string
  belowMs?: number
}
export interface TextExpectation {
  /** A subset; `<any>` is anything, `{ matches: … }` a text that the regular expression finds itself in. */
  json?: unknown
  /** A part of it. */
  text?: string
  /** A regular expression that is found in it. */
  matches?: string
}
/** A value for the steps behind. `of`: path into the JSON, name of a header or a cookie, regular expression (its first group). */
export interface Capture {
  name: string
  from: 'json' | 'header' | 'cookie' | 'text' | 'link' | 'subject'
  of: string
}
/** The handshake, what is sent, and a message that must come. */
export interface SocketStep {
  type: 'websocket'
  path: string
  host?: string
  headers: Record<string, string>
  /** Each a message; what is no text is sent as JSON. */
  send: unknown[]
  /** Absent: the handshake is enough. */
  expect?: TextExpectation
  withinSeconds: number
  capture: Capture[]
}
/** A mail that must have arrived since the check began. Only in a captured mailbox: mail of a relay is nobody's to read. */
export interface MailStep {
  type: 'mail'
  resource: string
  to: string
  /** A part of it. */
  subject?: string
  text?: string
  withinSeconds: number
  /** The host that its first link must have, as the world writes it. */
  linkHost?: string
  /** The first link is followed, once, and answered so. */
  follow?: { redirects: number; expect: AnswerExpectation }
  capture: Capture[]
}
/** One query in a transaction that cannot write. `value`: the first column of the first row. */
export interface SqlStep {
  type: 'sql'
  resource: string
  query: string
  expect: { rows?: number; value?: string | number | boolean | null; min?: number; max?: number }
}
/** What a person looks at, and signs with `landfall smoke --sign`. */
export interface ManualStep {
  type: 'manual'
  look: string
}

/** A known failure: what is noticed, what it comes from, how to tell, and what to do. */
export interface Trouble {
  symptom: string
  /** What stands in logs or on the screen. */
  see?: string
  cause: string
  /** What fails where this is the cause. */
  check?: TroubleCheck
  fix?: string
}
export type TroubleCheck =
  | { type: 'check'; name: string }
  /** Arguments of a `landfall` command that only looks. */
  | { type: 'landfall'; args: string[] }
  /** A command beside a component's instances, with its files and variables. */
  | { type: 'command'; component: string; command: string[] }

export interface Resource {
  name: string
  type: string
  options: Record<string, unknown>
}

/** A line of the environment contract. */
export interface EnvEntry {
  name: string
  /** Components that get it. */
  components: string[]
  isRequired: boolean
  isSecret: boolean
  default?: Value
  /** Made once per environment when nobody set it. */
  generate?: { kind: 'hex' | 'base64' | 'password' | 'uuid'; length: number }
  minLength?: number
  pattern?: string
  /** What kind of text it is; any where absent. `hex(32)` is 32 bytes in 64 digits. */
  type?: EnvKind
  /** Those that `enum` allows, or of which a `list` is made. */
  values?: string[]
  /** Whoever opens the app in a browser may read it. */
  isPublic?: boolean
  /** Environments and targets that alone have it; those that must not. */
  only?: string[]
  forbidden?: string[]
  /** By `only` and `forbidden` it has no business in this environment: nobody gets it, and nobody may set it. */
  isKeptOut?: boolean
  /** Required where that other one is set; where `value` is given, set to that. */
  requiredIf?: { name: string; value?: string }
  /** As an environment variable where absent. */
  delivery?: { type: 'file'; name: string }
  /** Where its value comes from at each `up`; absent: from the store alone. */
  source?: EnvSource
  about?: string
  onRotate?: string
  /** Its name on other platforms, by target. */
  as?: Record<string, string>
  /** `build` values are part of the artifact. */
  when: 'build' | 'run' | 'both'
  /** Manifest path, for findings. */
  at: string
}
export type EnvKind = 'text' | 'int' | 'number' | 'bool' | 'url' | 'email' | 'port' | 'list' | 'enum' | `hex(${number})`

/** Asked by the command line of whoever says `up`; what it gives becomes a version of the stored value. */
export type EnvSource =
  /** Absolute, or from the manifest's folder. */
  | { type: 'file'; path: string }
  /** Its output, without the last newline. No shell. */
  | { type: 'command'; command: string[]; timeoutSeconds: number }
  /** A variable of the command line's own environment: what pipelines give. */
  | { type: 'variable'; name: string }

/** `allOrNone` of them are set, exactly `oneOf` them, or `anyOf` them at least. */
export interface EnvGroup {
  name: string
  rule: 'allOrNone' | 'oneOf' | 'anyOf'
  names: string[]
  about?: string
  /** Manifest path, for findings. */
  at: string
}
