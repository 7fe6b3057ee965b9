import type { Beside } from './world.ts'

/** A manifest as it was found: text with lines, or data that landfall.config.ts gave. */
export interface ManifestFile {
  /** As findings name it: `landfall.yaml`. */
  name: string
  content: { type: 'yaml'; text: string } | { type: 'data'; data: unknown }
  /** The folder around it; without it nothing is said about files that the manifest names. */
  beside?: Beside
}
