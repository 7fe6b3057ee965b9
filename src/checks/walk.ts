import { randomBytes } from 'node:crypto'
import type { Resource } from '../model/app.ts'
import type { Scope } from '../model/plan.ts'
import { CookieJar } from './cookies.ts'
import type { CheckDeps } from './deps.ts'

/** One check under way: what its steps share. */
export interface Walk {
  deps: CheckDeps
  scope: Scope
  isStaged: boolean
  /** Hosts of the routes, the first one first. */
  hosts: string[]
  /** What the world calls each of them. */
  urls: Map<string, URL>
  resources: Resource[]
  /** Whose values and addresses count; empty where none is on record. */
  release: string
  /** What `${…}` stands for; captured values are added. */
  values: Map<string, string>
  /** Names of those that a step captured. */
  captured: Set<string>
  cookies: CookieJar
  /** Newest message of each mailbox when the check began. */
  mailSeen: Map<string, number>
  signal: AbortSignal
}
/** What a step asked and what came; `because` says why that is wrong. */
export interface StepResult {
  request: string
  status?: number
  because?: string
}

export async function beginWalk(
  deps: CheckDeps,
  scope: Scope,
  options: Pick<Walk, 'isStaged' | 'hosts' | 'resources' | 'release' | 'signal'>,
): Promise<Walk> {
  const hosts = options.hosts.length > 0 ? options.hosts : ['localhost']
  const urls = new Map<string, URL>()
  for (const host of hosts) urls.set(host, new URL(await deps.edge.url(scope, host)))
  const url = urls.get(hosts[0]!)!
  const random = randomBytes(6).toString('hex')
  const made = { host: url.host, origin: url.origin, random, EMAIL: `check-${random}@landfall.example` }
  return {
    deps,
    scope,
    ...options,
    hosts,
    urls,
    values: new Map(Object.entries(made)),
    captured: new Set(),
    cookies: new CookieJar(),
    mailSeen: new Map(),
  }
}

/** A text with its references filled in. What is not there yet was refused when the manifest was read. */
export function fill(walk: Walk, text: string): string {
  return text.replace(/\$\$|\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g, (whole, name: string | undefined) =>
    whole === '$$' ? '$' : (walk.values.get(name ?? '') ?? whole),
  )
}

/** The same with every text inside a value. */
export function fillAll(walk: Walk, value: unknown): unknown {
  if (typeof value === 'string') return fill(walk, value)
  if (Array.isArray(value)) return value.map((item) => fillAll(walk, item))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, fillAll(walk, item)]))
}

/** The route's host that an address of the world means; undefined for somebody else's. */
export function hostOf(walk: Walk, url: URL): string | undefined {
  return walk.hosts.find((host) => url.host === host || url.host === walk.urls.get(host)?.host)
}

export function urlOf(walk: Walk, host: string): URL {
  return walk.urls.get(host) ?? new URL(`http://${host}`)
}
