import type { Target } from '../model/target.ts'

/** Files of a project that a target's markers match, sorted. `*` is anything but a slash, `**` anything at all. */
export function matchMarkers(target: Target, names: Iterable<string>): string[] {
  const patterns = target.markers.map(toRegExp)
  return [...names].filter((name) => patterns.some((p) => p.test(name))).sort()
}

function toRegExp(glob: string): RegExp {
  const source = glob.replace(/\*\*\/|\*\*|\*|[.+^$()|[\]\\?]|\{[^}]*\}/g, (part) => {
    if (part === '**/') return '(?:.*/)?'
    if (part === '**') return '.*'
    if (part === '*') return '[^/]*'
    if (part.startsWith('{'))
      return `(?:${part
        .slice(1, -1)
        .split(',')
        .map((c) => c.replace(/[.+^$()|[\]\\?*]/g, '\\$&'))
        .join('|')})`
    return part === '?' ? '[^/]' : `\\${part}`
  })
  return new RegExp(`^${source}$`)
}
