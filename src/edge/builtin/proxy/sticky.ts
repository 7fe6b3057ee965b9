import { createHash } from 'node:crypto'
import type { Route } from '../state/routing.ts'
import { chooseUpstream } from './choose-upstream.ts'
import type { Upstream } from './upstream.ts'

export interface Choice {
  upstream: Upstream | undefined
  /** A header line for the visitor, where the choice is new to it. */
  line: string
}

/** The instance that a visitor's cookie names, as long as it is there and takes connections; otherwise one that is chosen now. */
export function chooseSticky(route: Route, tried: readonly Upstream[] | undefined, lines: string): Choice {
  const name = `lf-${route.component}`
  const token = cookieIn(lines, name)
  const own = token === undefined ? undefined : route.upstreams.find((u) => tokenOf(u) === token)
  if (own && !own.isAvoided && !tried?.includes(own)) return { upstream: own, line: '' }
  const upstream = chooseUpstream(route, tried)
  const line = upstream ? `set-cookie: ${name}=${tokenOf(upstream)}; Path=${route.path}; HttpOnly; SameSite=Lax\r\n` : ''
  return { upstream, line: upstream === own ? '' : line }
}

/** Says which instance and nothing about where it is. */
const tokens = new WeakMap<Upstream, string>()
function tokenOf(upstream: Upstream): string {
  const known = tokens.get(upstream)
  if (known !== undefined) return known
  const token = createHash('sha256').update(upstream.endpoint).digest('hex').slice(0, 16)
  tokens.set(upstream, token)
  return token
}

/** Header lines are as the client sent them: names in any case. */
function cookieIn(lines: string, name: string): string | undefined {
  for (const [, value = ''] of lines.matchAll(/^cookie:(.*)$/gim)) {
    for (const pair of value.split(';')) {
      const equals = pair.indexOf('=')
      if (equals > 0 && pair.slice(0, equals).trim() === name) return pair.slice(equals + 1).trim()
    }
  }
  return undefined
}
