import type { Component } from '../../model/app.ts'
import type { Finding } from '../../model/finding.ts'
import type { Detection, SourceFiles } from '../../model/plug.ts'

/** What a builder found, with its name. */
export type Found = Detection & { builder: string }

/** What `init` looks at. All of it text; nothing of a real `.env` but the names in it. */
export interface Look {
  /** Name of the folder, from which the app's name is made. */
  folderName: string
  files: SourceFiles
  found: Found[]
  /** Names in `.env` files, by the file's path. */
  localNames: Record<string, string[]>
}

export interface GuessedComponent {
  name: string
  type: Component['type']
  folder: string
  /** Absent where no builder spoke up for the folder. */
  builder?: string
  run?: string[]
  output?: string
  port?: number
  health?: string
  release: GuessedCommand[]
  seed?: string[]
  mounts: Record<string, string>
  spa?: boolean
  /** One sentence with its file, above the component. */
  because: string[]
}
export interface GuessedCommand {
  run: string[]
  check?: string[]
  because: string
}
export interface GuessedResource {
  name: string
  type: string
  options: Record<string, unknown>
  because: string
}
/** A variable with what is known about it; `because` becomes a comment. */
export interface GuessedVariable {
  name: string
  /** Component that alone gets it; absent at the top. */
  component?: string
  value: string | Record<string, unknown>
  because?: string
}
export interface Guess {
  app: string
  components: GuessedComponent[]
  resources: GuessedResource[]
  variables: GuessedVariable[]
  routes: { host: string; path?: string; to: string }[]
  findings: Finding[]
}

/** What could not be guessed and must be said by a person. */
export function missing(at: string, message: string, hint?: string): Finding {
  return { level: 'warning', code: 'W_INIT_MISSING', at, message, ...(hint && { hint }) }
}

/** A name as the manifest wants it, of whatever text. */
export function nameFrom(text: string, otherwise: string): string {
  const plain = text
    .toLowerCase()
    .replace(/^@[^/]*\//, '')
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^[^a-z]+/, '')
    .slice(0, 40)
    .replace(/-+$/, '')
  return plain.length >= 2 && !['landfall', 'localhost', 'routes'].includes(plain) ? plain : otherwise
}
