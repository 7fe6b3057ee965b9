import { pathText } from '../places.ts'

type Mapping = Record<string, unknown>
const ORDER = [
  'app',
  'version',
  'engine',
  'components',
  'resources',
  'env',
  'groups',
  'routes',
  'checks',
  'environments',
  'backup',
  'troubles',
  'keep',
]
const COMPONENT = [
  'type',
  'source',
  'build',
  'test',
  'run',
  'port',
  'user',
  'health',
  'needs',
  'release',
  'bootstrap',
  'seed',
  'tasks',
  'mounts',
  'scale',
  'stop',
  'rollout',
  'env',
  'serve',
]
const ABOUT: Record<string, string> = {
  env: 'Every variable that the app reads. Secrets are set with `landfall env set`, never here.',
  routes: 'The names that the world uses. On this machine they get ports of their own.',
  checks: 'Asked on the new release before it has requests; a failed one ends it.',
}

/**
 * Manifest data as text for people. `because` has sentences by manifest path, which stand as comments above what they speak of;
 * one for `` stands at the top.
 */
export function dataText(data: Mapping, because: Record<string, string>): string {
  const keys = sorted(Object.keys(data), ORDER)
  const lines: string[] = comment(because[''] ?? '')
  for (const key of keys) {
    const value = data[key]
    if (value === undefined || isEmpty(value)) continue
    if (lines.length > 0 && typeof value === 'object') lines.push('')
    lines.push(...comment(because[key] ?? ABOUT[key] ?? ''), ...entry(key, value, [key]))
  }
  return `${lines.join('\n')}\n`

  function entry(key: string, value: unknown, path: (string | number)[]): string[] {
    const name = flow(key)
    if (typeof value !== 'object' || value === null) return [`${name}: ${flow(value)}`]
    const isSection = path.length <= 1 || (path.length === 2 && path[0] === 'components')
    const line = `${name}: ${flow(value)}`
    if (!isSection && line.length <= 110 && !hasComment(path)) return [line]
    if (Array.isArray(value)) return [`${name}:`, ...value.flatMap((item, i) => item_(item, [...path, i]))]
    const inner = path[0] === 'components' && path.length === 2 ? sorted(Object.keys(value), COMPONENT) : Object.keys(value)
    return [
      `${name}:`,
      ...inner.flatMap((k) => {
        const v = (value as Mapping)[k]
        if (v === undefined) return []
        return [...comment(because[pathText([...path, k])] ?? ''), ...entry(k, v, [...path, k])].map((l) => `  ${l}`)
      }),
    ]
  }
  function item_(value: unknown, path: (string | number)[]): string[] {
    const line = flow(value)
    if (line.length <= 120 || typeof value !== 'object' || value === null)
      return [...comment(because[pathText(path)] ?? ''), `- ${line}`].map((l) => `  ${l}`)
    const lines = Object.entries(value).flatMap(([k, v]) => entry(k, v, [...path, k]))
    return lines.map((l, i) => `  ${i === 0 ? '- ' : '  '}${l}`)
  }
  function hasComment(path: (string | number)[]): boolean {
    const prefix = `${pathText(path)}.`
    return Object.keys(because).some((key) => key.startsWith(prefix))
  }
}

function sorted(keys: string[], order: string[]): string[] {
  const rank = (key: string) => (order.includes(key) ? order.indexOf(key) : order.length)
  return keys.toSorted((a, b) => rank(a) - rank(b))
}

function isEmpty(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0
}

function comment(text: string): string[] {
  const line = text.replace(/[\p{C}\p{Zl}\p{Zp}]+/gu, ' ').trim()
  return line === '' ? [] : [`# ${line.length > 160 ? `${line.slice(0, 159)}…` : line}`]
}

/** One value on one line. By hand, since a document of the library for every value is what takes longest in an import. */
function flow(value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? '[]' : `[ ${value.map(flow).join(', ')} ]`
  if (typeof value === 'object' && value !== null) {
    const pairs = Object.entries(value).filter(([, v]) => v !== undefined)
    return pairs.length === 0 ? '{}' : `{ ${pairs.map(([k, v]) => `${flow(k)}: ${flow(v)}`).join(', ')} }`
  }
  if (typeof value === 'string' && !isPlain(value)) return JSON.stringify(value)
  return String(value)
}

/** A text that YAML reads as this text, wherever it stands; all others are quoted as in JSON, which YAML reads too. */
function isPlain(text: string): boolean {
  if (/^\d+(?:ms|s|m|h|d|Mi|Gi)$|^--?[A-Za-z][A-Za-z-]*$/.test(text)) return true
  if (!/^[A-Za-z_./][\w./@%+=:-]*(?: [\w./@%+=:-]+)*$/.test(text) || /:(?: |$)|(?: |^)-(?: |$)/.test(text)) return false
  return !/^(?:true|false|null|yes|no|on|off|y|n|\.inf|\.nan|~)$/i.test(text) && !/^[.\de][\d._:e+-]*$/i.test(text)
}
