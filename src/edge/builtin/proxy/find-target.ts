import type { RequestHead } from '../http/request-head.ts'
import { findRoute, type Route, type Routing } from '../state/routing.ts'
import type { Door } from './door.ts'

export interface Miss {
  status: number
  why: string
  lines?: string
}

const UNKNOWN_HOST: Miss = {
  status: 421,
  why: 'no app here answers to this host name; if you run this server: the name must stand in `routes` of a landfall.yaml that is up',
}
const UNKNOWN_PATH: Miss = { status: 404, why: 'no route of this host begins like this path' }
const NOTHING_YET: Miss = { status: 503, why: 'nothing was released here yet', lines: 'retry-after: 5\r\n' }

/** The route of a request, by where it came in, its host and its path. */
export function findTarget(routing: Routing, door: Door, head: RequestHead): Route | Miss {
  if (door.type === 'address') return routing.internal.get(`${door.scope}/${door.component}`) ?? NOTHING_YET
  if (door.type === 'spare') return UNKNOWN_HOST
  if (door.type === 'main') {
    const site = routing.sites.get(head.host) ?? routing.sites.get(plainHost(head.host))
    if (!site) return UNKNOWN_HOST
    return findRoute(site, head.target) ?? UNKNOWN_PATH
  }
  const site = routing.sites.get(door.host)
  if (site?.scope !== door.scope) return NOTHING_YET
  return findRoute(site, head.target) ?? UNKNOWN_PATH
}

/** `Shop.Example.:8080` is `shop.example`. */
function plainHost(host: string): string {
  return host.toLowerCase().replace(/:\d+$/, '').replace(/\.$/, '')
}
