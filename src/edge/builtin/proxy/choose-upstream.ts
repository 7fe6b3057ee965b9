import type { Route } from '../state/routing.ts'
import type { Upstream } from './upstream.ts'

/** The instance with the least in hand, in turn among equals; one that refused a moment ago only when there is no other. */
export function chooseUpstream(route: Route, tried: readonly Upstream[] | undefined): Upstream | undefined {
  const { upstreams } = route
  const count = upstreams.length
  if (count === 1) {
    const only = upstreams[0]!
    return tried?.includes(only) ? undefined : only
  }
  let best: Upstream | undefined
  route.turn = (route.turn + 1) % (count || 1)
  for (let i = 0; i < count; i++) {
    const candidate = upstreams[(route.turn + i) % count]!
    if (tried?.includes(candidate)) continue
    if (!best || weight(candidate) < weight(best)) best = candidate
  }
  return best
}

function weight(upstream: Upstream): number {
  return upstream.inFlight + (upstream.isAvoided ? 1_000_000 : 0)
}
