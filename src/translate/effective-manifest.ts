import type { Path } from '../model/target.ts'
import type { Source } from './ledger.ts'

type Mapping = Record<string, unknown>

/**
 * The manifest as it stands for one environment: what `environments.<name>` says has taken the place of what it overrides, and
 * the other environments are gone. `at` still tells where each value is written.
 */
export function effectiveManifest(data: unknown, environment: string, at: (path: Path) => string): Source {
  if (!isMapping(data)) return { data, at }
  const { environments, ...rest } = data
  const special = isMapping(environments) && isMapping(environments[environment]) ? environments[environment] : {}
  const manifest: Mapping = structuredClone(rest)
  /** Paths of values that came from elsewhere, longest first. */
  const moved: { from: Path; to: Path }[] = []
  const put = (to: Path, value: unknown, from: Path) => {
    let into: Mapping = manifest
    for (const part of to.slice(0, -1)) {
      const below = into[part]
      into[part] = isMapping(below) ? below : {}
      into = into[part] as Mapping // Made a mapping in the line above.
    }
    into[String(to.at(-1))] = value
    moved.unshift({ from, to })
  }
  const own = (...keys: string[]): Path => ['environments', environment, ...keys]
  for (const [name, scale] of Object.entries(mapping(special.scale))) {
    for (const [key, value] of Object.entries(mapping(scale)))
      put(['components', name, 'scale', key], value, own('scale', name, key))
  }
  for (const [name, value] of Object.entries(mapping(special.env))) put(['env', name], value, own('env', name))
  for (const [name, options] of Object.entries(mapping(special.resources))) {
    for (const [key, value] of Object.entries(mapping(options))) put(['resources', name, key], value, own('resources', name, key))
  }
  const hosts = mapping(special.hosts)
  for (const list of ['routes', 'checks']) {
    for (const [i, item] of (Array.isArray(manifest[list]) ? manifest[list] : []).entries()) {
      if (!isMapping(item) || typeof item.host !== 'string' || !Object.hasOwn(hosts, item.host)) continue
      moved.unshift({ from: own('hosts', item.host), to: [list, i, 'host'] })
      item.host = hosts[item.host]
    }
  }
  if (special.protect !== undefined) put(['protect'], special.protect, own('protect'))
  const isBelow = (path: Path, above: Path) => above.every((part, i) => path[i] === part)
  return {
    data: manifest,
    at(path) {
      const found = moved.find(({ to }) => isBelow(path, to))
      return at(found ? [...found.from, ...path.slice(found.to.length)] : path)
    },
  }
}

function mapping(value: unknown): Mapping {
  return isMapping(value) ? value : {}
}
function isMapping(value: unknown): value is Mapping {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
