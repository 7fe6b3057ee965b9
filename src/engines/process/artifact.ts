import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { codeOf, LandfallError } from '../../lib/error.ts'
import { paths } from './paths.ts'

/** What a build left in `artifacts/<artifact>`: `artifact.json` beside the files in `root/`. */
export interface Artifact {
  root: string
  /** Folders in front of PATH, from `root`. */
  path: string[]
  /** Folders of the runtimes' programs. */
  runtimes: string[]
  command?: string[]
}

export function readArtifact(home: string, artifact: string): Artifact {
  const root = paths.artifactRoot(home, artifact)
  let said: unknown
  try {
    said = JSON.parse(readFileSync(join(paths.artifact(home, artifact), 'artifact.json'), 'utf8'))
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error
    throw new LandfallError({
      code: 'E_ARTIFACT_GONE',
      message: `the artifact ${artifact} is not on this machine`,
      hint: 'landfall up builds it anew',
      cause: error,
    })
  }
  const facts = typeof said === 'object' && said !== null ? said : {}
  const command = 'command' in facts ? texts(facts.command) : []
  return {
    root,
    path: 'path' in facts ? texts(facts.path) : [],
    runtimes: 'runtimes' in facts ? texts(facts.runtimes) : [],
    ...(command.length > 0 && { command }),
  }
}

/** Whole ones only: `artifact.json` is there from the moment that the folder has its name. */
export function listArtifacts(home: string): string[] {
  const folder = join(home, 'artifacts')
  if (!existsSync(folder)) return []
  return readdirSync(folder)
    .filter((name) => existsSync(join(folder, name, 'artifact.json')))
    .sort()
}

function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((v) => typeof v === 'string') : []
}
