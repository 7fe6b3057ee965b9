import type { Component, Limits } from '../../model/app.ts'
import type { Scope } from '../../model/plan.ts'
import type { Builder, ServerType, ValueContext } from '../../model/plug.ts'
import type { Value } from '../../model/value.ts'

/** Whose rights a build has. Absent where Landfall is not root: then they are its own. */
export interface Identity {
  uid: number
  gid: number
}

/** A command that is to have walls around it. */
export interface Caged {
  argv: string[]
  env: Record<string, string>
  limits: Limits
  identity?: Identity
}
/** The same, to be started as it stands with Landfall's own rights: it gives them up by itself. */
export interface Cage {
  argv: string[]
  env: Record<string, string>
  /** Processes that the kernel killed to free memory; asked once the command has ended. */
  killsForMemory(): number
  peakMiB?(): number | undefined
  /** The command has ended and all that it started. */
  remove(): void
}
export type Wrap = (command: Caged) => Cage

export interface BuildInput {
  home: string
  component: Component
  /** Name that `artifactOf` gave. */
  artifact: string
  builders: Record<string, Builder>
  servers: Record<string, ServerType>
  value(v: Value, of: ValueContext): Promise<string>
  identity?: Identity
  /** Absent where nothing can be enforced: then memory is watched from outside. */
  wrap?: Wrap
  signal: AbortSignal
  say(line: string): void
  /** For whom it is built: where its log lies and whose values it has. */
  runOf: Scope & { release?: string }
}
