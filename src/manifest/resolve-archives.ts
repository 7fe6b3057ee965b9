import type { Archive } from '../model/app.ts'
import type { Path } from './places.ts'
import { plainCommand, warnOfWords } from './resolve-command.ts'
import type { ManifestComponent } from './schema.ts'
import type { World } from './world.ts'

/** Of an artifact: one archive for all machines where none is named. */
export function resolveArchives(world: World, name: string, component: ManifestComponent): Archive[] | undefined {
  const at = ['components', name, 'archives']
  if (component.type !== 'artifact') {
    if (component.archives) {
      world.remarks.key('E_NOT_HERE', at, `only an artifact has archives, and this is a ${component.type}`, 'leave it out')
    }
    return undefined
  }
  const seen = new Set<string>()
  return (component.archives ?? [{ target: 'any' }]).map((archive, i): Archive => {
    if (seen.has(archive.target)) {
      world.remarks.error('E_DUPLICATE', [...at, i, 'target'], `${archive.target} is there twice`, 'each target has one archive')
    }
    seen.add(archive.target)
    const command = archive.command === undefined ? undefined : plainCommand(world, [...at, i, 'command'], archive.command)
    return {
      target: archive.target,
      runner: archive.runner ?? runnerOf(archive.target),
      setup: setupOf(world, [...at, i, 'setup'], archive.setup),
      ...(command && { command }),
      ...(archive.output !== undefined && { output: archive.output }),
      format: archive.format ?? (archive.target.startsWith('windows') || archive.target.startsWith('macos') ? 'zip' : 'tar.gz'),
    }
  })
}

/** GitHub's names, which Gitea's runners take as labels. */
function runnerOf(target: string): string {
  const isArm = target.endsWith('arm64')
  if (target.startsWith('windows')) return isArm ? 'windows-11-arm' : 'windows-latest'
  if (/^(macos|ios)/.test(target)) return 'macos-latest'
  return isArm ? 'ubuntu-24.04-arm' : 'ubuntu-latest'
}

function setupOf(world: World, at: Path, written: NonNullable<ManifestComponent['archives']>[number]['setup']): string[][] {
  if (written === undefined) return []
  if (typeof written === 'string') return [plainCommand(world, at, written) ?? []]
  warnOfWords(world, at, written)
  return written.map((one, i) => plainCommand(world, [...at, i], one) ?? [])
}
