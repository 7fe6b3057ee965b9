import { innerValues } from '../../lib/inner-values.ts'
import type { Value } from '../../model/value.ts'

/** A text as one word of a shell, whatever is in it. */
export function quote(text: string): string {
  if (text !== '' && /^[\w@%+=:,./-]+$/.test(text)) return text
  return `'${text.replaceAll("'", `'\\''`)}'`
}

export const quoteAll = (words: readonly string[]): string => words.map(quote).join(' ')

/** What a value is inside a container, as far as that is known when the image is made. */
export interface ShellFacts {
  version?: string
  /** Hosts that lead to a component, first one first; without a component all. */
  hosts(component?: string): string[]
  /** Folder where the component mounts a volume. */
  folder(volume: string): string | undefined
  /** Names of variables that are in the container's environment. */
  has(name: string): boolean
  /** What the platform's own variables say of it; asked first. */
  word?(value: Value): string | undefined
}

/**
 * One word of a shell for a value. What another variable holds is read from the environment when the container starts. Undefined:
 * only the platform knows it, so it has to be given as a variable.
 */
export function shellWord(value: Value, facts: ShellFacts): string | undefined {
  const own = facts.word?.(value)
  if (own !== undefined) return own
  switch (value.type) {
    case 'text':
      return quote(value.text)
    case 'stored':
      return facts.has(value.name) ? `"\${${value.name}}"` : undefined
    case 'join': {
      const parts = value.parts.map((part) => shellWord(part, facts))
      return parts.every((part) => part !== undefined) ? parts.join('') || "''" : undefined
    }
    case 'instance':
      if (value.field === 'port') return `"\${PORT}"`
      if (value.field === 'version') return quote(facts.version ?? '')
      if (value.field === 'index') return `"\${LANDFALL_INSTANCE:-0}"`
      return `"\${LANDFALL_RELEASE:-}"`
    case 'volume': {
      const folder = facts.folder(value.volume)
      return folder === undefined ? undefined : quote(folder)
    }
    case 'route': {
      const text = routeText(value, facts)
      return text === undefined ? undefined : quote(text)
    }
    default:
      return undefined
  }
}

/** A value that is the same in every container: what may stand in the image itself. */
export function fixedText(value: Value, facts: ShellFacts): string | undefined {
  if (facts.word?.(value) !== undefined) return undefined
  switch (value.type) {
    case 'text':
      return value.text
    case 'join': {
      const parts = value.parts.map((part) => fixedText(part, facts))
      return parts.every((part) => part !== undefined) ? parts.join('') : undefined
    }
    case 'instance':
      return value.field === 'version' ? (facts.version ?? '') : undefined
    case 'volume':
      return facts.folder(value.volume)
    case 'route':
      return routeText(value, facts)
    default:
      return undefined
  }
}

/** What the world calls the app. Other platforms have certificates, so it is https. */
export function routeText(value: Extract<Value, { type: 'route' }>, facts: Pick<ShellFacts, 'hosts'>): string | undefined {
  const hosts = facts.hosts(value.component)
  const [first] = hosts
  if (first === undefined) return undefined
  switch (value.part) {
    case 'host':
      return first
    case 'url':
      return `https://${first}`
    case 'hosts':
      return hosts.join(',')
    case 'origins':
      return hosts.map((h) => `https://${h}`).join(',')
    case 'cookieDomain':
      return sharedDomain(hosts)
  }
}

/** The domain that all hosts lie in; a single label is none. */
function sharedDomain(hosts: string[]): string | undefined {
  const [first, ...rest] = hosts.map((h) => h.split('.').reverse())
  if (!first) return undefined
  let length = first.length
  for (const other of rest) while (length > 0 && first.slice(0, length).some((part, i) => other[i] !== part)) length -= 1
  return length > 1 ? first.slice(0, length).reverse().join('.') : undefined
}

/** Everything inside of a value, itself among it. */
export function valuesIn(value: Value): Value[] {
  return [value, ...innerValues(value).flatMap(valuesIn)]
}
