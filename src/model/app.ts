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
  /** Every variable that the app names, with its rules: what `landfall env` and the preflight look at. */
  contract: EnvEntry[]
  keep: { releases: number }
}

/** One living copy of an app: own data, own stored values, own hosts. */
export interface Environment {
  name: string
  isProtected: boolean
}

/** One thing that runs or is published. A resource becomes some of these too, so engines know no other noun. */
export interface Component {
  name: string
  type: 'web' | 'worker' | 'job' | 'static'
  source: Source
  build: Build
  /** Argument array; the first one is looked up on the instance's PATH. Absent for `static`. */
  command?: Value[]
  env: Record<string, Value>
  /** The port inside a container and on other platforms. Here every instance gets its own PORT. */
  port?: number
  /** Absent for `job`. Probed from outside the instance. */
  health?: Health
  /** Components that must be healthy before anything of this one starts. */
  needs: string[]
  instances: number
  /** Kept as a promise: more instances are refused with the reason. */
  max?: { instances: number; because: string }
  limits: Limits
  releaseSteps: ReleaseStep[]
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
  /** How a `static` component is served. */
  serve?: StaticOptions
  /** Name of the resource that this component is a part of. */
  resource?: string
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
  verify?: { files: string[] }
  /** May be run again without asking after an interruption nobody saw the end of. */
  isRepeatable: boolean
}

/** `replace` rollout follows from `writers: one`. `path` absent: the folder is told by a `volume` value only. */
export interface Mount {
  volume: string
  path?: string
  writers: 'one' | 'many'
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

/** A smoke check: asked on the new instances before they have traffic, and by `landfall smoke` on what serves. */
export interface Check {
  name: string
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'HEAD'
  path: string
  /** A host of the routes; the first one where absent. */
  host?: string
  headers: Record<string, string>
  body?: unknown
  expect: { status: number; json?: unknown; text?: string; headers?: Record<string, string>; belowMs?: number }
}

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
  about?: string
  onRotate?: string
  /** Its name on other platforms, by target. */
  as?: Record<string, string>
  /** `build` values are part of the artifact. */
  when: 'build' | 'run' | 'both'
  /** Manifest path, for findings. */
  at: string
}
