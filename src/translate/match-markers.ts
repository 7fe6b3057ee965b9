import type { Target } from '../model/target.ts'

/** Files of a project that a target's markers match, sorted. `*` is anything but a slash, `**` anything at all. */
export function matchMarkers(target: Target, names: Iterable<string>): string[] {
  const patterns = target.markers.map(toRegExp)
  return [...names].filter((name) => patterns.some((p) => p.test(name))).sort()
}

function toRegExp(glob: string): RegExp {
  return new RegExp(`^${sourceOf(glob)}$`)
}

function sourceOf(glob: string): string {
  return glob.replace(/\*\*\/|\*\*|\*|\{[^}]*\}|[.+^$()|[\]\\?{}]/g, (part) => {
    if (part === '**/') return '(?:.*/)?'
    if (part === '**') return '.*'
    if (part === '*') return '[^/]*'
    if (part.startsWith('{') && part.length > 1) return `(?:${part.slice(1, -1).split(',').map(sourceOf).join('|')})`
    return part === '?' ? '[^/]' : `\\${part}`
  })
}
