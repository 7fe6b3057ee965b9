import type { z } from 'zod'
import { isKeptOut } from '../lib/env/kept-out.ts'
import { show } from '../lib/show.ts'
import { reservedBecause } from './names.ts'
import type { Path } from './places.ts'
import type { ManifestEnv } from './schema.ts'
import type { envOptions } from './schema-env.ts'
import type { World } from './world.ts'

export type EnvOptions = z.output<typeof envOptions>

/** A variable as it is declared, with what the environment says differently. */
export interface Variable {
  name: string
  /** The component under which it stands; absent at the top. */
  component?: string
  options: EnvOptions
  when: 'build' | 'run' | 'both'
  /** Where the last word on it stands. */
  path: Path
  /** Written as its value alone. */
  isShort: boolean
  /** It comes from a resource that this version does not provide, so that it must be set by hand. */
  isLost: boolean
  /** By `only` and `forbidden` it has no business in this environment. */
  isKeptOut: boolean
}

export function declareVariables(world: World): Variable[] {
  const { manifest, special, environment } = world
  const variables: Variable[] = []
  const add = (entries: Record<string, ManifestEnv> | undefined, at: Path, component?: string, isStatic = false) => {
    for (const [name, entry] of Object.entries(entries ?? {})) {
      const path = [...at, name]
      checkName(world, path, name)
      const own = options(entry)
      const other = special.env?.[name]
      const usual = isStatic ? 'build' : 'run'
      if (other === undefined || !Object.hasOwn(special.env ?? {}, name)) {
        variables.push({ name, ...(component && { component }), ...told(world, own, entry, path, usual) })
        continue
      }
      const overPath = ['environments', environment, 'env', name]
      variables.push({
        name,
        ...(component && { component }),
        ...told(world, merge(own, options(other)), other, overPath, usual),
      })
    }
  }
  add(manifest.env, ['env'])
  for (const [name, component] of world.components) {
    add(component.env, ['components', name, 'env'], name, component.type === 'static')
  }
  for (const [name, entry] of Object.entries(special.env ?? {})) {
    const path = ['environments', environment, 'env', name]
    if (variables.some((v) => v.name === name)) continue
    checkName(world, path, name)
    variables.push({ name, ...told(world, options(entry), entry, path, 'run') })
  }
  return variables
}

function options(entry: ManifestEnv): EnvOptions {
  return typeof entry === 'object' ? entry : { default: entry }
}

/** A new value takes the place of the old one, wherever that came from. */
function merge(own: EnvOptions, other: EnvOptions): EnvOptions {
  const isNewValue = (['default', 'from', 'generate', 'source'] as const).some((key) => other[key] !== undefined)
  if (!isNewValue) return { ...own, ...other }
  const { default: _default, from: _from, generate: _generate, source: _source, ...rest } = own
  return { ...rest, ...other }
}

function told(
  world: World,
  own: EnvOptions,
  entry: ManifestEnv,
  path: Path,
  usual: 'build' | 'run',
): Omit<Variable, 'name' | 'component'> {
  const only = placesOf(own.only)
  const forbidden = placesOf(own.forbidden)
  const place = { environment: world.environment, target: ENGINE }
  return {
    options: own,
    when: own.when ?? usual,
    path,
    isShort: typeof entry !== 'object',
    isLost: false,
    isKeptOut: isKeptOut({ ...(only && { only }), ...(forbidden && { forbidden }) }, place),
  }
}

/** The one engine, by the name that `only` and `forbidden` may give it. */
const ENGINE = 'process'

/** A single name is a list of one. */
export function placesOf(places: EnvOptions['only']): string[] | undefined {
  return typeof places === 'string' ? [places] : places
}

function checkName(world: World, path: Path, name: string): void {
  const reserved = reservedBecause(name)
  if (reserved) world.remarks.key('E_ENV_RESERVED', path, `${show(name)} ${reserved.because}`, reserved.hint)
}
