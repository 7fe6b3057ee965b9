import { posix } from 'node:path'
import { nearest } from '../lib/nearest.ts'
import { show } from '../lib/show.ts'
import type { Build, Source } from '../model/app.ts'
import type { Value } from '../model/value.ts'
import type { Path } from './places.ts'
import { expand } from './references.ts'
import { plainCommand } from './resolve-command.ts'
import type { Contract } from './resolve-env.ts'
import type { ManifestComponent } from './schema.ts'
import { toMiB, toSeconds } from './units.ts'
import type { World } from './world.ts'

/** The folder of a component; its digest is taken later. */
export function resolveSource(world: World, name: string, component: ManifestComponent): Source {
  const { source = '.' } = component
  const at = ['components', name, 'source']
  if (typeof source !== 'string') {
    const named = (['image', 'dockerfile'] as const).filter((k) => source[k] !== undefined)
    if (named.length !== 1) world.remarks.error('E_CONFLICT', at, 'names one thing: an image, or a Dockerfile', 'source: web')
    else if (world.anyEngine) {
      if (source.image !== undefined) return { type: 'image', image: source.image }
      const path = posix.join(world.folder, source.folder ?? '.').replace(/\/$/, '')
      return { type: 'dockerfile', path, file: source.dockerfile ?? 'Dockerfile', digest: '' }
    } else {
      const hint = 'name the folder with the code instead: source: .'
      world.remarks.error(
        'E_ENGINE',
        at,
        `the engine process runs folders; ${named[0]} needs an engine that runs containers`,
        hint,
      )
    }
    return { type: 'folder', path: world.folder, digest: '' }
  }
  const inner = posix.normalize(source).replace(/\/$/, '')
  if (world.beside && !world.beside.isFolder(inner)) {
    world.remarks.error('E_NO_FOLDER', at, `${show(source)} is not a folder beside the manifest`)
  }
  return { type: 'folder', path: inner === '.' ? world.folder : posix.join(world.folder, inner), digest: '' }
}

export function resolveBuild(world: World, name: string, component: ManifestComponent, contract: Contract): Build {
  const { build = {} } = component
  const at: Path = ['components', name, 'build']
  const plain = (key: 'install' | 'command') => {
    const written = build[key]
    return written === undefined ? undefined : plainCommand(world, [...at, key], written)
  }
  const install = plain('install')
  const command = plain('command')
  return {
    builder: resolveBuilder(world, at, component),
    options: {
      ...(install && { install }),
      ...(command && { command }),
      ...(build.output !== undefined && { output: build.output }),
      ...(build.runtime !== undefined && { runtime: build.runtime }),
      ...(build.workspace !== undefined && { workspace: build.workspace }),
    },
    env: buildEnv(world, name, at, component, contract),
    timeoutSeconds: toSeconds(build.timeout ?? '15m'),
    limits: { memoryMiB: toMiB(build.memory ?? '2Gi'), ...(build.cpu !== undefined && { cpus: build.cpu }) },
  }
}

/** Empty where the files are to tell. */
function resolveBuilder(world: World, at: Path, { build }: ManifestComponent): string {
  const wanted = build?.type
  if (wanted === undefined) return ''
  if (world.builders && !world.builders.includes(wanted)) {
    const close = nearest(wanted, world.builders)
    const hint = close ? `did you mean \`${close}\`?` : `there are: ${world.builders.join(', ')}`
    world.remarks.error('E_UNKNOWN_TYPE', [...at, 'type'], `${show(wanted)} is not a builder`, hint)
  }
  return wanted
}

function buildEnv(
  world: World,
  name: string,
  at: Path,
  { type, build = {} }: ManifestComponent,
  contract: Contract,
): Record<string, Value> {
  const env: Record<string, Value> = {}
  for (const variable of contract.variables) {
    // What is public is meant for browsers, and a static component has nothing but its build to take it from.
    const isWanted = variable.when !== 'run' || (type === 'static' && variable.options.public === true)
    if (!isWanted || variable.isKeptOut || contract.find(name, variable.name) !== variable) continue
    env[variable.name] = { type: 'stored', name: variable.name, secret: false }
  }
  for (const group of ['env', 'args'] as const) {
    for (const [key, written] of Object.entries(build[group] ?? {})) {
      const path = [...at, group, key]
      if (group === 'args' && build.env && Object.hasOwn(build.env, key)) {
        world.remarks.key('E_DUPLICATE', path, `build.env has ${key} too`, 'keep one')
      }
      if (!world.places.isExact(path)) {
        world.remarks.error('E_TYPE', path, 'is read as a number, and would lose how it is written', 'put it into quotes')
      }
      env[key] = expand(world, path, String(written), 'build', contract.seenFrom(name))
    }
  }
  return env
}
