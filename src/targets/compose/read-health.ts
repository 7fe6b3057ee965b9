import type { PartialComponent } from '../../manifest/partial.ts'
import { withDefaults } from './interpolation.ts'
import { pick, type Service } from './project.ts'

/** `healthcheck` as the manifest's health: a probe from outside, where the command asks for a path. */
export function readHealth(service: Service): { health?: PartialComponent['health']; port?: number } {
  const entry = pick(service, 'healthcheck')
  if (!entry.isThere) return {}
  const test = entry.get('test')
  if (entry.get('disable').flag() === true || test.items()[0]?.text() === 'NONE') {
    entry.changed('it has no probe: GET / below 500 counts as healthy')
    return {}
  }
  const words = test.items().map((item) => withDefaults(item.text() ?? '').text)
  const found = ownProbe(words) ?? urlProbe(words.join(' ')) ?? tcpProbe(words.join(' '))
  const every = durationOf(entry.get('interval').text())
  const grace = durationOf(entry.get('start_period').text())
  for (const key of ['timeout', 'retries', 'start_interval'])
    entry.get(key).lost('a probe that fails is repeated until `grace` is over')
  if (!found) {
    test.lost('probes come from outside of an instance, and this command runs inside', 'give `health` a path that says the same')
    entry.lost('it belongs to the command')
    return {}
  }
  const { port, isExact, ...health } = found
  if (isExact) test.kept('health')
  else test.changed(`asked from outside: ${'path' in health ? String(health.path) : 'a connection'}`)
  if (every !== undefined) entry.get('interval').kept('health.every')
  if (grace !== undefined) entry.get('start_period').kept('health.grace')
  const all = { ...health, ...(every !== undefined && { every }), ...(grace !== undefined && { grace }) }
  return { health: all, ...(port !== undefined && { port }) }
}

type Probe = { port?: number; isExact: boolean } & (
  | { path: string; status?: number; json?: unknown; host?: string }
  | { tcp: true }
)

/** One of our own: what it looks at is its last argument. */
function ownProbe(words: string[]): Probe | undefined {
  const last = words.at(-1) ?? ''
  if (!last.startsWith('{')) {
    const tcp =
      /^require\("net"\)\.connect\((\d+),"127\.0\.0\.1"\)/.exec(words[3] ?? '') ??
      /^import socket;socket\.create_connection\(\("127\.0\.0\.1",(\d+)\)/.exec(words[3] ?? '')
    return tcp ? { tcp: true, port: Number(tcp[1]), isExact: true } : undefined
  }
  try {
    const wanted: unknown = JSON.parse(last)
    if (typeof wanted !== 'object' || wanted === null || !('path' in wanted) || typeof wanted.path !== 'string') return undefined
    const { port, path, status, json, host } = wanted as {
      port?: unknown
      path: string
      status?: unknown
      json?: unknown
      host?: unknown
    }
    return {
      isExact: true,
      path,
      ...(typeof port === 'number' && { port }),
      ...(typeof status === 'number' && { status }),
      ...(json !== undefined && { json }),
      ...(typeof host === 'string' && { host }),
    }
  } catch {
    return undefined // Another command that ends in a brace.
  }
}

/** curl, wget, or a program that asks an address. */
function urlProbe(text: string): Probe | undefined {
  const url = /https?:\/\/(?:localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1\])(?::(\d+))?(\/[^\s"'`)\\;|&]*)?/.exec(text)
  if (!url) return undefined
  const path = (url[2] ?? '/').replace(/[?#].*$/, '')
  if (!/^\/[\x21-\x7e]*$/.test(path) || path.includes('..')) return undefined
  return { path, isExact: false, ...(url[1] && { port: Number(url[1]) }) }
}

function tcpProbe(text: string): Probe | undefined {
  const found =
    /\bnc\b.*?\s(?:localhost|127\.0\.0\.1)\s+(\d+)/.exec(text) ?? /\/dev\/tcp\/(?:localhost|127\.0\.0\.1)\/(\d+)/.exec(text)
  return found ? { tcp: true, port: Number(found[1]), isExact: false } : undefined
}

/** `1m30s` → `90s`; undefined where it is none, or too little for a probe. */
export function durationOf(text: string | undefined): string | undefined {
  const plain = text === undefined ? undefined : withDefaults(text).text
  if (plain === undefined || !/^(?:\d+(?:\.\d+)?(?:us|ms|s|m|h))+$/.test(plain)) return undefined
  const factors: Record<string, number> = { us: 0.000001, ms: 0.001, s: 1, m: 60, h: 3600 }
  const seconds = [...plain.matchAll(/(\d+(?:\.\d+)?)(us|ms|s|m|h)/g)].reduce(
    (sum, [, n = '', unit = '']) => sum + Number(n) * (factors[unit] ?? 0),
    0,
  )
  if (seconds < 0.1) return undefined
  return Number.isInteger(seconds) ? `${seconds}s` : `${Math.round(seconds * 1000)}ms`
}
