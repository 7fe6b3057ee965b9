import type { App, Component } from './app.ts'
import type { Finding, Level } from './finding.ts'
import type { Recipe, RuntimeWish, SourceFiles } from './plug.ts'

// Another platform's own files: read into manifest data, and written from an App. Neither touches disk, network or clock.

export interface Target {
  name: string
  /** `Docker Compose`. */
  title: string
  /**
   * `runs`: what is written was run on the platform itself, in our tests. `valid`: it was checked against the platform's schema
   * or validator. `unproven`: neither; the reader of a report is told so.
   */
  proof: 'runs' | 'valid' | 'unproven'
  /** Globs of files, from the folder of the project, that say a project is already there: `compose.y*ml`, `k8s/*.yaml`. */
  markers: string[]
  /** `app`: its files describe all of an app. `part`: one side of it, such as a Dockerfile; where both speak, `app` wins. */
  describes: 'app' | 'part'
  /** What `--option name=value` may say, each with a sentence for the help. */
  options?: Record<string, string>
  read?(context: ReadContext): Promise<Read>
  write?(app: App, context: WriteContext): Promise<Written>
}

/** ---- reading ---- */
export interface ReadContext {
  /** Everything in the project's folder that is not ignored. `.env` files are named, and only names of variables are in them. */
  files: SourceFiles
  /** Those of them that a marker matches, sorted. */
  found: string[]
  /** Name of the folder, for an app that nothing else names. */
  folderName: string
  options: Record<string, string>
  /**
   * Opens a file as data whose every leaf is owed a verdict. What cannot be parsed becomes findings of level `error`, and its
   * entry holds nothing. Several documents of one YAML file are several entries.
   */
  open(path: string, format: 'yaml' | 'json' | 'toml', rules?: OpenRules): Entry[]
  /** The same for a format of the reader's own: `place` gives line and column (from 1) of a path in `data`. */
  opened(path: string, data: unknown, place: (path: Path) => { line: number; column: number }): Entry
  /** For what no entry stands for. */
  finding(finding: Finding): void
}
export interface OpenRules {
  /** Tags that may stand in YAML, such as `!reset`; their value is read as if they were not there. */
  tags?: string[]
}
export interface Read {
  /**
   * Parts of a landfall.yaml (`PartialManifest` of manifest/partial.ts). Never the value of a secret: it becomes
   * `{ secret: true }`, and `landfall env set` is among `steps`.
   */
  manifest: Record<string, unknown>
  /** Sentences for comments, by manifest path such as `components.web`; a name with a dot is no path. */
  because: Record<string, string>
  /** What a person has still to do. */
  steps: ManualStep[]
}

/** ---- writing ---- */
export interface WriteContext {
  /** The manifest as it stands for the environment that is written; every leaf is owed a verdict. */
  manifest: Entry
  /** `components.<name>` of it. */
  of(component: string): Entry
  /** Where a component's variable is declared: at the top or under the component. Its `.get('default')` may be itself. */
  variable(component: string, name: string): Entry
  /** From the folder that is written to, the project's: `.` or `..`. */
  project: string
  /** The way back: `.` or `deploy`. */
  out: string
  /** From the project's folder, that of a component's source, or the root of its monorepo: `.` or `server`. */
  folder(component: Component): string
  /** The files in that folder, without what ignore files leave out. */
  files(component: Component): SourceFiles
  /** How its builder would build it; undefined for images, Dockerfiles, and where the builder has no answer. */
  recipe(component: Component): Recipe | undefined
  runtimes(component: Component): RuntimeWish[]
  options: Record<string, string>
  /** `2026-11-21`. */
  today: string
  finding(finding: Finding): void
}
export interface Written {
  /** By path from the folder that is written to. */
  files: Record<string, { text: string; isExecutable?: boolean }>
  /** In the order in which they are to be done. */
  steps: ManualStep[]
}
/** What no file can say: commands to type, or a place in a dashboard. No secret stands in it: a placeholder such as `<value>`. */
export interface ManualStep {
  title: string
  /** Shell lines for a person to type. */
  commands?: string[]
  /** Where there is no command: what to click, or why it is needed. */
  text?: string
}

/** ---- the ledger ---- */
export type Path = readonly (string | number)[]
/**
 * A place of an opened document, or of the manifest. Marks are verdicts: a mark speaks for everything below it that has none of
 * its own. Two marks on one place: the worse counts. Leaves without any become `lost`, with a finding that says so.
 */
export interface Entry {
  readonly path: Path
  /** Last part of the path. */
  readonly key: string
  /** `compose.yaml:12:3`. */
  readonly at: string
  /** Undefined where there is nothing. */
  readonly value: unknown
  readonly isThere: boolean
  /** The entry below; also where there is none, so that one may go on asking. */
  get(...keys: (string | number)[]): Entry
  /** Entries of a mapping; none of anything else. */
  entries(): Entry[]
  /** Entries of a list; a single value counts as a list of one, nothing as none. */
  items(): Entry[]
  /** A text, number or boolean as text. */
  text(): string | undefined
  number(): number | undefined
  flag(): boolean | undefined
  /** It went along as it was; `to` says where: `components.web.port`. */
  kept(to?: string): void
  /** It went along, and means something else now, or says it in another way. */
  changed(how: string, hint?: string): void
  /** It did not come along: why, and what to do. */
  lost(why: string, hint?: string): void
  /** A remark with this place, beside the verdict. */
  finding(level: Level, code: string, message: string, hint?: string): void
}
export type Verdict = {
  /** `services.web.image`. */
  path: string
  /** `compose.yaml:12:3`. */
  at: string
  /** Leaves that it speaks for. */
  leaves: number
} & (
  | { type: 'kept'; to?: string }
  | { type: 'changed'; how: string; hint?: string }
  | { type: 'lost'; why: string; hint?: string /** Nobody had marked it. */; isUnmarked?: true }
)
