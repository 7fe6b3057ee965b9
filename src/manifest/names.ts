/** Names of apps, components, resources, environments: safe in a host name, a path, a uid's name and an argument. */
export const NAME = /^[a-z][a-z0-9-]{0,38}[a-z0-9]$/
/** `routes` is taken by `routes.hosts`; the other two would be mistaken for this machine and for us. */
export const RESERVED_NAMES = new Set(['landfall', 'localhost', 'routes'])

export const ENV_KEY = /^[A-Za-z_][A-Za-z0-9_]{0,127}$/
/** Words that stand for a fact in `${…}`. */
export const FACTS = ['version', 'release', 'artifact', 'index'] as const
const RESERVED_KEYS = new Set<string>(['PORT', 'PATH', 'NODE_OPTIONS', 'BASH_ENV', 'IFS', 'SHELLOPTS', ...FACTS])

/** Why a variable of this name cannot be set by a manifest, with what to do instead; nothing when it can. */
export function reservedBecause(key: string): { because: string; hint: string } | undefined {
  if (key.startsWith('LD_') || key.startsWith('DYLD_')) {
    return { because: 'changes which code a program loads', hint: 'put libraries into the artifact instead' }
  }
  if (key.startsWith('LANDFALL_')) return { because: 'is given by Landfall to every instance', hint: 'choose another name' }
  if (!RESERVED_KEYS.has(key)) return undefined
  if (key === 'PORT') {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is shown as it is to be written
    return { because: 'is given by Landfall: every instance has its own', hint: 'read PORT in the program, or write ${PORT}' }
  }
  if (key === 'NODE_OPTIONS') {
    return {
      because: 'changes which code Node loads',
      hint: 'name the option in the command: node --max-old-space-size=512 server.js',
    }
  }
  return { because: 'is given by Landfall', hint: 'choose another name' }
}

/** The first character that a name may not have, if it is one that a reader cannot tell apart: `U+0430`. */
export function oddCodePoint(text: string): string | undefined {
  for (const char of text.slice(0, 200)) {
    const code = char.codePointAt(0) ?? 0
    if (code > 0x7e || code < 0x20) return `U+${code.toString(16).toUpperCase().padStart(4, '0')}`
  }
  return undefined
}

const LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/

/** Why this is no host name; nothing when it is one. */
export function notAHost(host: string): string | undefined {
  const odd = oddCodePoint(host)
  if (odd) return `has the character ${odd}; write the name in its ASCII form (xn--…)`
  if (host.length > 253) return 'is longer than 253 characters'
  if (/^[\d.]+$/.test(host) || host.includes(':')) return 'is an address with numbers or a port; a route needs a name'
  if (host.includes('*')) return 'has a `*`; name each host'
  if (host !== host.toLowerCase()) return 'has capital letters'
  const labels = host.split('.')
  if (labels.length < 2 && host !== 'localhost') return 'has no dot'
  const wrong = labels.find((label) => !LABEL.test(label))
  if (wrong !== undefined) return wrong === '' ? 'has an empty part' : 'has characters other than a-z, 0-9, `-` and `.`'
  return undefined
}

const PATH = /^\/(?:[A-Za-z0-9._~@:+,=!-]+\/)*[A-Za-z0-9._~@:+,=!-]*$/
const TARGET = /^\/(?!\/)[A-Za-z0-9._~@:+,=!$&'()*;%/?-]*$/

/** A path prefix of a route. No `%`: two spellings of one path would be two routes. */
export function isRoutePath(path: string): boolean {
  return PATH.test(path) && !hasDots(path)
}

/** A path with an optional query, as it stands in a request line. */
export function isRequestPath(path: string): boolean {
  return path.length <= 2000 && TARGET.test(path) && !hasDots(path.split('?')[0] ?? '') && !path.split('?')[0]?.includes('//')
}

function hasDots(path: string): boolean {
  return path.split('/').some((part) => part === '.' || part === '..' || /^(%2e|\.){1,2}$/i.test(part))
}

/** A path below a folder: relative, without `..`, without what a reader could not see. */
export function isInnerPath(path: string): boolean {
  if (path === '' || path.length > 400 || path.startsWith('/') || path.startsWith('~') || path.includes('\\')) return false
  if (/\p{C}/u.test(path)) return false
  return !path.split('/').some((part) => part === '..')
}
