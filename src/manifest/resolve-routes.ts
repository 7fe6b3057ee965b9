import { nearest } from '../lib/nearest.ts'
import { show } from '../lib/show.ts'
import type { Route } from '../model/app.ts'
import type { Path } from './places.ts'
import { reportUnknown } from './resolve-names.ts'
import type { World } from './world.ts'

/** A host as it is called in an environment: mapped, or made local, or as it is written. */
export function hostHere(world: World, host: string, environment = world.environment): string {
  const hosts = world.manifest.environments?.[environment]?.hosts
  const mapped = hosts && Object.hasOwn(hosts, host) ? hosts[host] : undefined
  if (mapped !== undefined) return mapped
  if (environment !== 'local' || host === 'localhost' || host.endsWith('.localhost')) return host
  return `${host}.localhost`
}

/** The routing table of this environment. */
export function resolveRoutes(world: World): Route[] {
  const routes: Route[] = []
  const seen = new Map<string, Path>()
  world.manifest.routes?.forEach((route, i) => {
    const at: Path = ['routes', i]
    const to = checkTarget(world, [...at, 'to'], route.to)
    const path = route.path === undefined || route.path === '/' ? '/' : route.path.replace(/\/$/, '')
    const host = hostHere(world, route.host)
    const first = seen.get(`${host}${path}`)
    if (first) {
      const place = world.places.at(first)
      world.remarks.error('E_DUPLICATE', at, `${show(host + path)} has a route already, at ${place}`, 'keep one of them')
      return
    }
    seen.set(`${host}${path}`, at)
    if (to) routes.push({ host, path, to })
  })
  checkHosts(world)
  return routes.length > 0 || world.manifest.routes !== undefined ? routes : usualRoute(world)
}

function checkTarget(world: World, at: Path, to: string): string | undefined {
  const component = world.components.get(to)
  const routable = [...world.components].filter(([, c]) => c.type === 'web' || c.type === 'static').map(([name]) => name)
  if (component && routable.includes(to)) return to
  if (component) {
    const message = `${show(to)} is of type ${component.type}, and requests go to web and static components`
    world.remarks.error('E_UNKNOWN_REF', at, message, 'a component that answers requests is `type: web`')
  } else reportUnknown(world, at, to, routable, 'web or static component')
  return undefined
}

/** Without any route, the only thing that can be reached is reached; what a name in the world would be, nobody can guess. */
function usualRoute(world: World): Route[] {
  const routable = [...world.components].filter(([, c]) => c.type === 'web' || c.type === 'static').map(([name]) => name)
  const [only] = routable
  if (world.environment === 'local' && only !== undefined && routable.length === 1) {
    return [{ host: `${world.manifest.app}.localhost`, path: '/', to: only }]
  }
  if (routable.length > 0) {
    const hint = `routes: [{ host: ${world.manifest.app}.example, to: ${only} }]`
    world.remarks.add('warning', 'W_NO_ROUTE', ['components'], `no route leads to ${routable.join(', ')}`, hint)
  }
  return []
}

function checkHosts(world: World): void {
  const written = new Set<string>()
  world.manifest.routes?.forEach((route) => {
    written.add(route.host)
  })
  const owner = new Map<string, string>()
  for (const [environment, { hosts = {} }] of Object.entries(world.manifest.environments ?? {})) {
    const at: Path = ['environments', environment, 'hosts']
    for (const host of Object.keys(hosts)) {
      if (written.has(host)) continue
      const close = nearest(host, written)
      const hint = close ? `did you mean \`${close}\`?` : `routes name: ${[...written].slice(0, 8).join(', ') || 'no host'}`
      world.remarks.key('E_UNKNOWN_REF', [...at, host], `no route has the host ${show(host)}`, hint)
    }
    for (const host of written) {
      const here = hostHere(world, host, environment)
      const other = owner.get(here)
      owner.set(here, environment)
      if (other === undefined) continue
      const hint = `environments.${environment}.hosts: { ${host}: ${environment}.${host} }`
      const message = `${environment} and ${other} both answer to ${show(here)}`
      world.remarks.add('warning', 'W_SHARED_HOST', ['environments', environment], message, hint)
    }
  }
}
