import type { App, Check, Component, ReleaseStep, Resource, Route, Trouble, VolumeRights } from './app.ts'
import type { BackupPolicy, BackupReason } from './backup.ts'
import type { Value } from './value.ts'

export interface Scope {
  app: string
  environment: string
}

/**
 * What will happen, as data. Same inputs, same plan. `basis` is the fingerprint of what was observed; a plan whose basis
 * no longer holds is refused.
 */
export interface Plan extends Scope {
  /** Digest of everything below: the same plan has the same id. */
  id: string
  intent: Intent['type']
  /** `r42`; the release that this plan makes, or goes back to. Absent where it makes none (`down`). */
  release?: string
  /** The release that serves now. */
  previous?: string
  basis: string
  stages: Stage[]
  /** What a person must know before saying yes: data that goes, waits that users feel. */
  warnings: PlanWarning[]
  /** What is recorded once the plan is done. Absent for a task, which changes nothing that serves. */
  outcome?: Outcome
}

export interface Outcome {
  /** The app's own version, where its manifest gives one. */
  version?: string
  serving: Record<string, ServingComponent>
  routes: Route[]
  /** Resources that hold data from then on, with its type and version. */
  data: Record<string, DataVersion>
  /** Absent on records of before it was kept. */
  operate?: Operate
}
/** What operating an environment between two releases goes by: the manifest's file may have changed, or be gone. */
export interface Operate {
  backup?: BackupPolicy
  checks: Check[]
  troubles?: Trouble[]
  /** How often the scheduled checks are asked; absent: never. */
  uptimeSeconds?: number
  resources: Resource[]
}
export interface DataVersion {
  type: string
  version: string
}

/** Whole or undone: when a step fails, `undo` of its stage and of those before it runs, and the run ends. */
export interface Stage {
  name:
    | 'predeploy'
    | 'build'
    | 'resources'
    | 'backup'
    | 'restore'
    | 'release'
    | 'roll'
    | 'switch'
    | 'postdeploy'
    | 'retire'
    | 'prune'
  /** Predicted time in which requests wait or fail. */
  downtimeSeconds: number
  steps: Step[]
  undo: Step[]
}

export interface PlanWarning {
  type: 'downtime' | 'destructive' | 'note'
  code: string
  message: string
}

/** The whole vocabulary. Each means "make sure that…", so running it twice is safe. */
export type Step =
  | { type: 'build'; component: Component; artifact: string }
  | { type: 'volume'; name: string; runsAs: Component['runsAs']; rights?: VolumeRights }
  /** A command of a component, to its end: once per release. `name` tells several of one component apart. */
  | {
      type: 'run-once'
      component: Component
      release: string
      artifact: string
      name: string
      command: ReleaseStep
      /** A bootstrap: that it was done is kept for the life of the environment. */
      isBootstrap?: boolean
      /** Its failure is told, and the run goes on. */
      mayFail?: boolean
    }
  /** A server that is not ours, until a login with the app's own credentials works. */
  | {
      type: 'await-resource'
      resource: string
      server: string
      values: Record<string, Value>
      release: string
      timeoutSeconds: number
    }
  | { type: 'start'; component: Component; release: string; digest: string; artifact: string }
  | { type: 'await-healthy'; component: Component; release: string; timeoutSeconds: number }
  | { type: 'smoke'; release: string; routes: RouteLine[]; internal: InternalLine[]; checks: Check[] }
  /** The edge keeps requests for these components waiting until the next `route`, or until `seconds` are over. */
  | { type: 'hold'; components: string[]; seconds: number }
  /** The whole table of the app, switched at once; `internal` are the addresses that components have for each other. */
  | {
      type: 'route'
      routes: RouteLine[]
      internal: InternalLine[] /** Only these components' addresses are what is new. */
      opens?: string[]
    }
  /** Drain, then stop. Done as soon as it is on record: the drain itself goes on without the run. */
  | { type: 'retire'; component: string; release: string; drainSeconds: number }
  /** Stopped and gone before the step is done. */
  | { type: 'stop'; component: string; release: string }
  /** Artifacts and logs of releases that retention no longer keeps. */
  | { type: 'prune'; releases: string[]; artifacts: string[] }
  /**
   * Adds what these resources hold to the backup that this run makes; the last of a run's such steps adds the app and its stored
   * values and writes the manifest. Not needed where every one of `unless` exits 0: nothing would migrate.
   */
  | { type: 'backup'; why: BackupReason; before?: string; resources: string[]; isLast: boolean; unless: BackupUnless[] }
  /** Into scratch instances, and compared. `backup` absent: the one that this run made. */
  | { type: 'verify-backup'; backup?: string }
  /** New places beside the live ones are filled and compared; nothing serves from them yet. */
  | { type: 'restore'; restore: string; backup: string; resources: string[]; file?: string }
  /** The new places become the live ones and these `<place>-old`; `isBack`: the other way round. */
  | { type: 'swap-data'; restore: string; resources: string[]; isBack: boolean }
/** Those that an engine carries out; the others are the runner's own. */
export type EngineStep = Exclude<Step, { type: 'smoke' | 'hold' | 'route' | DataStep['type'] }>
/** Those that `src/backup/` carries out. */
export type DataStep = Extract<Step, { type: 'backup' | 'verify-backup' | 'restore' | 'swap-data' }>
/** The `check` of a migrating step, with what it runs in. */
export interface BackupUnless {
  component: Component
  release: string
  artifact: string
  check: Value[]
}

/** The world as it was found. The lists are sorted: the order in which things were found decides nothing. */
export interface Observed {
  /** From the store: what the last finished run made serve, by component. */
  serving: Record<string, ServingComponent>
  serves?: string
  running: Running[]
  volumes: string[]
  /** Of those that the plan could need. */
  artifacts: string[]
  routes: RouteLine[]
  /** Releases on record, oldest first. */
  releases: ReleaseRecord[]
  /** Names of resources on record with the type and version that their data has. */
  data: Record<string, DataVersion>
  /** Resources on record that a backup can carry, with the volumes that must be quiet meanwhile. */
  snapshots?: { resource: string; volumes: string[] }[]
  /** Bootstrap steps that this environment has had, as `<component>/<step>`. */
  bootstrapped?: string[]
}
export interface ReleaseRecord {
  release: string
  /** The backup that was taken before it migrated. */
  backup?: string
  /** What it did to the data is undone: a rollback took the data of before along. */
  isDataBack?: boolean
  version?: string
  components: Record<string, ServingComponent>
  routes: Route[]
  operate?: Operate
}
export interface ServingComponent {
  release: string
  /** Of the component, its artifact and the versions of the stored values it uses. */
  digest: string
  artifact: string
  component: Component
  /** Versions of the stored values that it uses. */
  stored: Record<string, number>
}
export interface Running {
  component: string
  release: string
  digest: string
  /** `ended`: a job that exited 0. */
  state: 'running' | 'draining' | 'ended' | 'failed'
  instances: number
}
/** One line of the routing table. `to` is the manifest's component; `release` whose instances get the request. */
export interface RouteLine {
  host: string
  path: string
  component: string
  release: string
}

export interface InternalLine {
  component: string
  release: string
}

export type Intent = Scope & {
  /** Components named by hand; absent means all. */
  only?: string[]
} & (
    | {
        type: 'up'
        release: string
        /** Versions of the stored values, by name. */
        stored: Record<string, number>
        /** Filled from a backup before anything of the app starts: the way onto another machine. */
        restore?: RestoreWish
      }
    | {
        type: 'rollback'
        to: string
        /** What becomes of the data where the schema changed since: absent where nobody chose. */
        data?: 'keep' | 'restore'
        /** With `restore`. */
        restore?: RestoreWish
        loss?: DataLoss
      }
    | { type: 'down' }
    | { type: 'backup'; why: BackupReason; isVerified: boolean /** Tells two apart. */; nonce: string }
    | { type: 'verify-backup'; backup: string }
    | ({ type: 'restore' } & RestoreWish)
    | {
        type: 'task'
        component: string
        task: string
        /** Tells two runs of the same task apart. */
        nonce: string
        /** A bootstrap that was done already. */
        isAgain?: boolean
      }
    /** The command of a cron component. It takes no lock: a release may go on beside it. */
    | { type: 'cron'; component: string; nonce: string }
  )
export interface RestoreWish {
  /** `restore-3`. */
  restore: string
  backup: string
  /** When the backup was made. */
  at: string
  resources: string[]
  /** A file of somebody else's in place of a backup: absolute. */
  file?: string
}
/** What a restore would set aside: how the live data differs from a backup. */
export interface DataLoss {
  backup: string
  /** When it was made, as an ISO time, and how long that is ago. */
  at: string
  seconds: number
  /** Tables, folders and prefixes that differ, with their rows, files or objects. */
  items: { resource: string; item: string; before: number; now: number }[]
  /** Why the live data could not be looked at; then nothing is known of `items`. */
  unseen?: string
}
/** A server that is not ours, and what a login there takes. `neededBy`: components that wait for it. */
export interface ExternalServer {
  resource: string
  server: string
  values: Record<string, Value>
  neededBy: string[]
}
/** `App` is absent for `rollback` and `down`, which work from what is on record. */
export interface PlanInput {
  app?: App
  /** Artifact names of the app's components, from their sources and builds. */
  artifacts: Record<string, string>
  /** Type and version of the data that the app's resources keep. */
  data: Record<string, DataVersion>
  /** Commands that make the app's resources usable, by component. */
  provision: Record<string, ReleaseStep[]>
  /** Resources of the app that are somebody else's servers. */
  external?: ExternalServer[]
  observed: Observed
  intent: Intent
}
