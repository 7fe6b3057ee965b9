import { show } from '../lib/show.ts'
import { pathText } from '../manifest/places.ts'
import type { Finding } from '../model/finding.ts'

export interface Part {
  target: string
  manifest: Record<string, unknown>
  because: Record<string, string>
}
type Mapping = Record<string, unknown>
type Path = (string | number)[]

/**
 * One manifest of what several sources say about a project. Components are the same where they have one name, or else where they
 * are alone in having one source and type. Where two say different things the earlier one is taken, and a finding names both.
 */
export function mergeManifests(parts: Part[]): { manifest: Mapping; because: Record<string, string>; findings: Finding[] } {
  const manifest: Mapping = {}
  const because: Record<string, string> = {}
  const findings: Finding[] = []
  const origin = new Map<string, string>()
  for (const part of parts) {
    const names = matchComponents(mapping(manifest.components), mapping(part.manifest.components))
    const rename = (text: string) => {
      const [first = '', second = '', ...rest] = text.split('.')
      return first === 'components' ? [first, names.get(second) ?? second, ...rest].join('.') : text
    }
    const renamed = {
      ...part.manifest,
      ...(part.manifest.components !== undefined && {
        components: Object.fromEntries(Object.entries(mapping(part.manifest.components)).map(([k, v]) => [names.get(k) ?? k, v])),
      }),
    }
    for (const [path, text] of Object.entries(part.because)) {
      const key = rename(path)
      because[key] = because[key] === undefined || because[key] === text ? text : `${because[key]}; ${text}`
    }
    merge(manifest, renamed, [], part.target)
  }
  return { manifest, because, findings }

  function merge(into: Mapping, from: Mapping, path: Path, target: string): void {
    for (const [key, value] of Object.entries(from)) {
      const at = [...path, key]
      const there = into[key]
      if (value === undefined) continue
      if (there === undefined) {
        into[key] = structuredClone(value)
        note(at, value, target)
      } else if (isMapping(there) && isMapping(value)) merge(there, value, at, target)
      else if (Array.isArray(there) && Array.isArray(value) && (key === 'routes' || key === 'checks' || key === 'needs')) {
        const known = new Set(there.map((v) => JSON.stringify(v)))
        there.push(...value.filter((v) => !known.has(JSON.stringify(v))))
      } else if (JSON.stringify(there) !== JSON.stringify(value)) {
        // The name of the app is a guess more often than not, and one is as good as the other.
        if (path.length === 0 && key === 'app') continue
        const first = origin.get(pathText(at)) ?? 'another'
        const message = `${pathText(at)}: ${first} says ${words(there)}, ${target} says ${words(value)}; the first was taken`
        findings.push({
          level: 'warning',
          code: 'W_CONFLICT',
          at: pathText(at),
          message,
          hint: `--from ${target},${first} takes the other`,
        })
      }
    }
  }
  function note(path: Path, value: unknown, target: string): void {
    origin.set(pathText(path), target)
    if (isMapping(value)) for (const [k, v] of Object.entries(value)) note([...path, k], v, target)
  }
}

/** Names of `theirs`, each with the component of `ours` that it is. */
function matchComponents(ours: Mapping, theirs: Mapping): Map<string, string> {
  const same = new Map<string, string>()
  const open = (all: Mapping, other: Mapping) => Object.entries(all).filter(([name]) => !Object.hasOwn(other, name))
  const left = open(ours, theirs)
  for (const [name, component] of open(theirs, ours)) {
    const id = identity(component)
    const mine = left.filter(([, c]) => identity(c) === id)
    const twins = open(theirs, ours).filter(([, c]) => identity(c) === id)
    if (mine.length === 1 && twins.length === 1 && mine[0]) same.set(name, mine[0][0])
  }
  return same
}

function identity(component: unknown): string {
  const { type, source = '.' } = mapping(component)
  const folder = isMapping(source) ? (source.folder ?? source.image ?? '.') : source
  return JSON.stringify([type, folder])
}

function words(value: unknown): string {
  return typeof value === 'string' ? show(value) : JSON.stringify(value).slice(0, 60)
}
function mapping(value: unknown): Mapping {
  return isMapping(value) ? value : {}
}
function isMapping(value: unknown): value is Mapping {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
