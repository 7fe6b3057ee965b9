import type { App, Route } from '../model/app.ts'
import type { Cite } from './blocks.ts'

/** All that the guide is written from. Nothing here comes from a clock: the same input gives the same bytes. */
export interface GuideInput {
  /** Of the environment that the guide is about, before resources became components. */
  app: App
  /** Where a manifest path stands: `components.web.health`. Undefined where it is not written down. */
  cite(path: string): Cite | undefined
  /** Other environments of the manifest, with what is different in each. */
  environments: { name: string; isProtected: boolean; routes: Route[]; differs: string[] }[]
  /** What each other platform would get. */
  platforms: Platform[]
  /** Of the manifest: sources are told from here. */
  folder: string
  /** Fallen back to where the manifest sets none: how Landfall builds each component, in one line. */
  builds: Record<string, string>
  /** What the app is, in the words of whoever wrote the manifest. */
  about?: string
  /** The reasons that stand in the manifest as comments, by part: `components.web`; each with the key that it stands above. */
  reasons: Record<string, { key: string; text: string }[]>
  /** Facts of the guide that stands there already. */
  before?: Facts
}
export interface Platform {
  name: string
  title: string
  /** Files that the export writes, and those of them that are in the repository already. */
  files: string[]
  /** What writes them. */
  command: string
  present: string[]
  /** What no file can say, in order. */
  steps: { title: string; text?: string; commands: string[] }[]
  kept: number
  changed: { what: string; how: string }[]
  lost: { what: string; why: string; instead?: string }[]
  /** Knowledge about the platform that touches this app. */
  remarks: { message: string; hint?: string }[]
  /** Components that have a place there. */
  carries: string[]
  /** Absent where nobody ran it. */
  proof?: Proof
}
/** Flat and sorted: what two guides are compared by. */
export interface Facts {
  facts: Record<string, string>
  /** Differences to the guide before this one, kept until there are new ones. */
  changes: { what: string; before?: string; after?: string }[]
  /** What a person said was proven, by platform: `landfall docs --proved`. */
  proofs: Record<string, Proof>
}
export interface Proof {
  /** `2026-11-21`. */
  on: string
  what: string
}
