import { join } from 'node:path'
import { readArtifact } from '../../lib/build/artifact.ts'
import { LandfallError } from '../../lib/error.ts'
import { paths } from './paths.ts'

/** What an instance needs of an artifact, with absolute folders. */
interface OpenArtifact {
  root: string
  /** Where commands start. */
  cwd: string
  /** Folders in front of PATH. */
  path: string[]
  command: string[]
}

export function openArtifact(home: string, name: string): OpenArtifact {
  const artifact = name === '' ? undefined : readArtifact(home, name)
  if (!artifact) {
    throw new LandfallError({
      code: 'E_ARTIFACT_GONE',
      message: name === '' ? 'there is no artifact to start' : `the artifact ${name} is not on this machine`,
      hint: 'landfall up builds it anew',
    })
  }
  const root = paths.artifactRoot(home, name)
  return {
    root,
    cwd: join(root, artifact.folder ?? '.'),
    path: [...artifact.path.map((p) => join(root, p)), ...artifact.runtimes],
    command: artifact.command ?? [],
  }
}
