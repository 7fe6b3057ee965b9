import type { Match } from '../lib/env/match-patterns.ts'
import type { Route } from '../model/app.ts'
import type { Path, Places } from './places.ts'
import type { Remarks } from './remarks.ts'
import type { Manifest, ManifestComponent } from './schema.ts'

/** What of the folder the manifest speaks of; answers come from the disk or, in tests, from a table. */
export interface Beside {
  /** Text of a small regular file inside the folder. */
  text(path: string): string | undefined
  isFolder(path: string): boolean
}

/** What every part of the resolving looks at. */
export interface World {
  manifest: Manifest
  /** Name of the environment, and what the manifest says about it. */
  environment: string
  special: NonNullable<Manifest['environments']>[string]
  folder: string
  beside?: Beside
  remarks: Remarks
  outputs: (resourceType: string) => readonly string[] | undefined
  builders?: readonly string[]
  /** Images and Dockerfiles are sources like any other: nothing is going to be run here. */
  anyEngine?: boolean
  /** Components that this version carries out. */
  components: Map<string, ManifestComponent>
  /** Resources that this version provides, with their type. */
  resources: Map<string, string>
  /** Named in the file but not carried out, or unreadable: a reference to them is no mistake of its own. */
  absent: Map<string, string>
  places: Places
  /** Whether something there was left out for mistakes of its own. */
  isCut(path: Path): boolean
  version?: string
  routes: Route[]
  /** Values of the file that have a pattern: tried together, so that one that takes for ever does so once. */
  matches: (Match & { at: Path })[]
}
