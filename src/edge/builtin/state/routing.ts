import type { StaticOptions } from '../../../model/app.ts'
import type { Scope } from '../../../model/plan.ts'
import type { Upstream } from '../proxy/upstream.ts'
import type { StaticSite } from '../static/static-site.ts'
import { matchPath } from './match-path.ts'
import { scopeKey, type Tables } from './table.ts'

/** One line of the table, ready to be served. */
export interface Route {
  path: string
  scope: string
  component: string
  release: string
  /** For the access log. */
  label: string
  /** One of both: instances to ask, or a folder of files. */
  upstreams: Upstream[]
  /** A visitor stays with one of them. */
  isSticky: boolean
  site?: StaticSite
  /** Whose turn it is among equals. */
  turn: number
}
export interface Site {
  scope: string
  host: string
  /** Longest path first. */
  routes: Route[]
}
/** What a request is matched against. Never changed once it serves, but for `endpoints` of a route: a swap is one assignment. */
export interface Routing {
  sites: Map<string, Site>
  /** By `app/environment/component`. */
  internal: Map<string, Route>
}

export interface Makers {
  upstream(endpoint: string): Upstream
  site(endpoint: string, options: StaticOptions | undefined): StaticSite
}

export function compileRouting(scopes: Tables['scopes'], make: Makers): Routing {
  const routing: Routing = { sites: new Map(), internal: new Map() }
  for (const one of Object.values(scopes)) {
    const scope = scopeKey(one)
    for (const line of one.table.routes) {
      let site = routing.sites.get(line.host)
      if (!site) {
        site = { scope, host: line.host, routes: [] }
        routing.sites.set(line.host, site)
      }
      const path = line.path.length > 1 ? line.path.replace(/\/$/, '') : line.path
      site.routes.push(route({ ...line, path, scope }, make))
    }
    for (const line of one.table.internal) {
      routing.internal.set(addressKey(one, line.component), route({ ...line, path: '/', scope }, make))
    }
  }
  for (const site of routing.sites.values()) site.routes.sort((a, b) => b.path.length - a.path.length)
  return routing
}

export function addressKey(scope: Scope, component: string): string {
  return `${scopeKey(scope)}/${component}`
}

export function findRoute(site: Site, target: string): Route | undefined {
  const only = site.routes[0]
  if (site.routes.length === 1 && only?.path === '/') return only
  const path = matchPath(target)
  for (const candidate of site.routes) {
    const prefix = candidate.path
    if (prefix === '/') return candidate
    if (path.startsWith(prefix) && (path.length === prefix.length || path.charCodeAt(prefix.length) === 0x2f)) return candidate
  }
  return undefined
}

interface Line {
  path: string
  scope: string
  component: string
  release: string
  endpoints: string[]
  serve?: StaticOptions
  isSticky?: boolean
}

function route(line: Line, make: Makers): Route {
  const folder = line.endpoints.find((endpoint) => endpoint.startsWith('file:'))
  return {
    path: line.path,
    scope: line.scope,
    component: line.component,
    release: line.release,
    label: `${line.component}@${line.release}`,
    upstreams: folder ? [] : line.endpoints.map((endpoint) => make.upstream(endpoint)),
    ...(folder && { site: make.site(folder, line.serve) }),
    isSticky: line.isSticky === true,
    turn: 0,
  }
}
