import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { rename } from 'node:fs/promises'
import { join } from 'node:path'
import type { Finding } from '../../model/finding.ts'
import { codeOf } from '../error.ts'
import { removeTree } from './remove-tree.ts'

/** What `artifact.json` says beside the files in `root/`. A folder of artifacts/ with this file is whole. */
export interface Artifact {
  version: 1
  /** Folders for the front of PATH, relative to `root/`. */
  path: string[]
  /** Folders of runtimes for PATH behind those, absolute. */
  runtimes: string[]
  /** Where its commands start, relative to `root/`: the workspace of a monorepo, else `.`. */
  folder: string
  /** Run command where the manifest gives none. */
  command?: string[]
  builtAt: string
  sizeBytes: number
  findings: Finding[]
}

export const artifactFolder = (home: string, artifact: string) => join(home, 'artifacts', artifact)
/** The files of an artifact. */
export const artifactRoot = (home: string, artifact: string) => join(home, 'artifacts', artifact, 'root')

/** `undefined` where there is no such artifact, or not all of it. */
export function readArtifact(home: string, artifact: string): Artifact | undefined {
  try {
    return JSON.parse(readFileSync(join(artifactFolder(home, artifact), 'artifact.json'), 'utf8')) as Artifact
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return undefined
    throw error
  }
}

/** Names of all that are whole. */
export function listArtifacts(home: string): string[] {
  const folder = join(home, 'artifacts')
  if (!existsSync(folder)) return []
  const isWhole = (name: string) => !name.endsWith('.tmp') && existsSync(join(folder, name, 'artifact.json'))
  return readdirSync(folder).filter(isWhole).sort()
}

/** Gone for everybody at once, by a rename; the files follow. What a dead process left of this, `cleanScratch` removes. */
export async function removeArtifact(home: string, artifact: string): Promise<void> {
  const gone = `${artifactFolder(home, artifact)}.gone.tmp`
  await removeTree(gone)
  try {
    await rename(artifactFolder(home, artifact), gone)
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return
    throw error
  }
  await removeTree(gone)
}
