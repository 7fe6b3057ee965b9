import type { Duplex } from 'node:stream'
import type { App, Build, Component, EnvGroup, Environment, Resource, Source } from './app.ts'
import type { SnapshotType } from './backup.ts'
import type { Finding } from './finding.ts'
import type { EngineStep, Observed, RouteLine, Scope } from './plan.ts'
import type { Value } from './value.ts'

// The sockets of the house: what a new folder in engines/, edge/, builders/, resources/ or targets/ must be.
// Each folder's index.ts default-exports one of the *Type values below and does nothing when it is imported.

/** ---- engines: where instances run ---- */
export interface EngineType {
  name: string
  can: { images: boolean; build: boolean; edge: boolean }
  connect(options: EngineOptions): Promise<Engine>
}
export interface EngineOptions {
  /** LANDFALL_HOME. */
  home: string
  builders: Record<string, Builder>
  servers: Record<string, ServerType>
  /** Makes text of a value at the moment a process starts, also for restarts that no run asked for. */
  value(v: Value, of: ValueContext): Promise<string>
  /** The app's version that a release carries, for `LANDFALL_VERSION`. Absent: no release has one. */
  version?(of: ValueContext): string | undefined
  /** Things that happened without a run: a crash, an OOM kill, a crash loop. */
  notice(n: Notice): void
}
export interface ValueContext extends Scope {
  component: string
  release: string
}
export interface Notice extends Scope {
  component: string
  release: string
  at: string
  code: 'crashed' | 'killed-for-memory' | 'crash-looping' | 'restarted' | 'adopted' | 'stopped-by-force' | 'check-failed' | 'note'
  message: string
}
export interface Engine {
  /** What this machine lacks or cannot enforce. */
  check(): Promise<Finding[]>
  observe(scope: Scope): Promise<Pick<Observed, 'running' | 'volumes'> & { artifacts: string[] }>
  /** Every instance of this engine, for `ps` and for adoption. */
  instances(scope?: Scope): Promise<Instance[]>
  /** Where the edge reaches a component: `http://127.0.0.1:20017`, or `file:///…` for static files. */
  endpoints(scope: Scope, component: string, release: string): Promise<string[]>
  logs(scope: Scope, query: LogQuery): AsyncIterable<LogLine>
  /** A command beside a component's instances: its artifact, environment, uid and mounts. Changes nothing that is planned. */
  exec(scope: Scope, component: Component, release: string, artifact: string, command: string[], io: ExecIo): Promise<number>
  /** One handler per step type; the compiler names the one that is missing. */
  steps: { [K in EngineStep['type']]: (step: Extract<EngineStep, { type: K }>, ctx: StepContext) => Promise<void> }
  /** After a start of the daemon: adopt what lives, restart what should, finish drains, end orphans of dead runs. */
  recover(): Promise<void>
  /** Where `host:port` of the components with an own address is. */
  address(scope: Scope, component: string): Promise<{ host: string; port: number }>
  /** The folder of a volume, whether or not it exists yet. */
  volumePath(scope: Scope, volume: string): string
  /** What a drained release still holds back; the edge is asked through this. */
  drained(ask: (endpoint: string) => Promise<number>): void
  /** What became of a `run-once` step: what recovery decides by. */
  once(scope: Scope, release: string, component: string, name: string): Promise<OnceState>
  /** Told whenever endpoints change without a plan: a restarted instance got another port. */
  onEndpoints(tell: (scope: Scope, component: string, release: string, endpoints: string[]) => void): void
  /** Volumes, homes and logs of an environment in which nothing runs any more. Done already: nothing happens. */
  forget(scope: Scope): Promise<void>
  /** Stops watching; instances go on. */
  close(): Promise<void>
}
/** `lost`: it was started, is gone, and left no exit code. */
export type OnceState = 'never-started' | 'running' | 'ended-0' | 'ended-nonzero' | 'lost'
export interface StepContext extends Scope {
  run: string
  /** Its `reason` is `suspend` where the daemon goes and the next one resumes: commands of `run-once` then live on. */
  signal: AbortSignal
  say(line: string): void
}
export interface Instance extends Scope {
  id: string
  component: string
  release: string
  index: number
  state: 'starting' | 'running' | 'draining' | 'backing-off' | 'crash-looping' | 'stopped' | 'ended' | 'failed'
  pid?: number
  port?: number
  startedAt?: string
  restarts: number
  memoryMiB?: number
  /** `killed for memory: limit 512 MiB` and the like. */
  remark?: string
}
export interface LogQuery {
  components?: string[]
  release?: string
  /** Milliseconds since the epoch. */
  since?: number
  lines?: number
  follow: boolean
  signal?: AbortSignal
}
export interface LogLine {
  at: string
  component: string
  release: string
  instance: number
  /** Of a command with an end, its name: `migrate`, `seed`, `cron`. */
  step?: string
  text: string
}
export interface ExecIo {
  stdin?: NodeJS.ReadableStream
  stdout(chunk: Uint8Array): void
  stderr(chunk: Uint8Array): void
  signal: AbortSignal
}

/** ---- builders: how a source becomes an artifact ---- */
export interface Builder {
  name: string
  /** Reasons to think that this builder fits, from file names and texts alone; `init` shows them. Pure. */
  detect(files: SourceFiles): Detection[]
  /** What is missing or past its end of life, before anything runs. Pure. */
  check(files: SourceFiles, build: Build, use?: ArtifactUse): Finding[]
  /** The runtimes that build and run need, such as `node@24`. Part of the artifact's digest. Pure. */
  runtimes(files: SourceFiles, build: Build): RuntimeWish[]
  /** The commands and what is kept. Pure, so that a Dockerfile can be written from the same answer. */
  recipe(files: SourceFiles, build: Build, use?: ArtifactUse): Recipe
}
/** What the artifact will be used for, so that nothing goes from it that is needed. `useOf` takes it from a component. */
export interface ArtifactUse {
  type: Component['type']
  /** Words of the run command, where the manifest gives one. Values that are no text are left out, here and below. */
  run?: string[]
  /** Of every other command that will run from it: release steps, tasks. */
  commands: string[][]
}
/** The texts that builders read, by path from the source's folder; plus the names of all files. */
export interface SourceFiles {
  names: ReadonlySet<string>
  /** package.json, lockfiles' first lines, .nvmrc, … `undefined` where the file is not there. */
  text(path: string): string | undefined
}
export interface RuntimeWish {
  name: 'node' | 'python' | 'pnpm' | 'yarn' | 'npm'
  /** A range such as `24`, `>=22.19`, `3.12`. */
  version: string
  /** File that says so; absent where it is our default. */
  from?: string
}
export interface Recipe {
  steps: RecipeStep[]
  /** Folder inside the scratch copy that becomes the artifact. */
  output: string
  /** Put in front of PATH at run time, from the artifact's folder: `node_modules/.bin`, `.venv/bin`. */
  path: string[]
  /** Run command where the manifest gives none. */
  command?: string[]
}
export interface RecipeStep {
  title: string
  command: string[]
  cwd: string
  env: Record<string, string>
  needsNetwork: boolean
  /** `build` where absent. What is to `prune` goes once the component's test has passed. */
  stage?: 'install' | 'build' | 'prune'
  /** What the step puts into `folders` follows from the files `from` alone, so that of an earlier build can be taken. */
  keeps?: { from: string[]; folders: string[] }
}
export interface Detection {
  /** Folder from the repository's root, `.` for itself. */
  folder: string
  component: Pick<Component, 'name' | 'type'> & { run?: string[]; port?: number; options: Build['options'] }
  /** One sentence with its file: `package.json has a start script`. */
  because: string[]
  missing: string[]
}

/** ---- resources: what components lean on ---- */
export interface ResourceType {
  type: string
  title: string
  /** Fields that `from: db.url` may name. */
  outputs: readonly string[]
  /** Options that name a file in the app's folder: before anything else sees them, `{ path, text }` takes the path's place. */
  files?: readonly string[]
  /** Findings on the options, each `at` relative to the resource; with `environment` also on what does not suit it. */
  check(resource: Resource, environment?: Environment): Finding[]
  /** Findings on how the rest of the app leans on it; `app` still names its outputs. */
  checkIn?(resource: Resource, app: App): Finding[]
  expand(resource: Resource): Expansion
  output(resource: Resource, field: string): Value
  /** Type and version of the data it keeps; a change never starts empty. Absent where it keeps none. */
  data?(resource: Resource): { type: string; version: string } | undefined
  /** What `server.login` takes for one that is somebody else's: it is waited for before anything of ours starts. */
  external?(resource: Resource): Record<string, Value> | undefined
  /** Where it is a server of ours. */
  server?: ServerType
  /** How its data goes into a backup and comes back. */
  snapshot?: SnapshotType
  /** Options that lead to something of somebody else's: without them it is our own, which is what a rehearsal wants. */
  elsewhere?: readonly string[]
}
export interface Expansion {
  components: Component[]
  /** Run once whenever the resource's components were started anew. */
  provision: { component: string; name: string; command: Value[] }[]
  volumes: { name: string; runsAs: Component['runsAs'] }[]
  /** Stored values it needs, generated where absent. */
  secrets: { name: string; kind: 'hex' | 'password'; length: number }[]
  /** Stored values that it names by itself: declared where the manifest did not. */
  variables?: { name: string; isRequired: boolean; isSecret: boolean; about: string }[]
  groups?: EnvGroup[]
}
/** A server that Landfall provides: its binaries become an artifact, and a login says that it is ready. */
export interface ServerType {
  /** Exact version that a wish such as `17` means here; throws E_VERSION with those there are. Pure. */
  resolve(version: string): string
  /** Puts binaries into `into`, an empty folder that becomes the artifact. */
  install(
    source: Extract<Source, { type: 'server' }>,
    into: string,
    ctx: { signal: AbortSignal; say(line: string): void; cache: string },
  ): Promise<void>
  /** One attempt; resolves when a login with these credentials worked, throws why not. */
  login(values: Record<string, string>, signal: AbortSignal): Promise<void>
  /** First column of the first row of a statement that can only read; `url` is among the values. Absent where there is no SQL. */
  query?(values: Record<string, string>, statement: string, signal: AbortSignal): Promise<string | undefined>
  /** Who waits for a lock, and who has it, one line for each; none where nobody waits. */
  blocked?(values: Record<string, string>, signal: AbortSignal): Promise<string[]>
}

/** ---- edges: what carries requests to endpoints ---- */
export interface EdgeType {
  name: string
  connect(options: { home: string; say(line: string): void }): Promise<Edge>
}
export interface Edge {
  /** Starts the edge's own process where it does not run; asked again whenever it died. */
  ensure(): Promise<void>
  routes(scope: Scope): Promise<RouteLine[]>
  /** The table on trial: only `ask` sees it. */
  stage(scope: Scope, table: EdgeTable): Promise<void>
  /** A request through the staged table (`staged`) or the serving one, as if it came from the world. */
  ask(scope: Scope, request: EdgeRequest): Promise<EdgeAnswer>
  /** A connection as if it came from the world, for what is more than a request and an answer. */
  dial(scope: Scope, to: { isStaged: boolean; host: string }): Promise<Duplex>
  /** On disk before it is acknowledged. A request meets the old table or the new one, never half of each. */
  swap(scope: Scope, table: EdgeTable, epoch: number): Promise<void>
  /** Requests for these components wait, at most `seconds`, until the next `swap`. */
  hold(scope: Scope, components: string[], seconds: number, epoch: number): Promise<void>
  /** Requests, sockets included, that an endpoint has in hand. */
  inFlight(endpoint: string): Promise<number>
  /** Endpoints of a release changed without a plan: a restarted instance got another port. */
  endpoints(scope: Scope, component: string, release: string, endpoints: string[]): Promise<void>
  /** Cuts the sockets that an endpoint still has: its drain limit is over. */
  cut(endpoint: string): Promise<void>
  urls(scope: Scope): Promise<{ host: string; url: string }[]>
  /** The loopback address that the edge keeps for a component, made at the first call. */
  address(scope: Scope, component: string): Promise<{ host: string; port: number }>
  /** URL under which a host of this scope answers on this machine, made at the first call. */
  url(scope: Scope, host: string): Promise<string>
  stats(): Promise<EdgeStats>
  /** Ends the edge's own process with all that it has in hand. */
  stop(): Promise<void>
  /** Lets go of it: the process goes on. */
  close(): Promise<void>
}
export interface EdgeTable {
  routes: (RouteLine & {
    endpoints: string[]
    serve?: Component['serve'] /** A visitor stays with one endpoint. */
    isSticky?: boolean
  })[]
  /** Components with an `edge` address, by name. */
  internal: { component: string; release: string; endpoints: string[] }[]
}
export interface EdgeRequest {
  isStaged: boolean
  method: string
  host: string
  path: string
  headers: Record<string, string>
  body?: string
  timeoutMs: number
}
export interface EdgeAnswer {
  status: number
  /** Names in lower case; several `set-cookie` stand on a line each. */
  headers: Record<string, string>
  body: string
  ms: number
}
export interface EdgeStats {
  pid: number
  startedAt: string
  generation: number
  requests: number
  errors: number
  open: number
  listeners: string[]
  /** What a person should look at: a state file that was damaged, a port that is gone. */
  alerts?: string[]
}
