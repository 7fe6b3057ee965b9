import { LandfallError } from '../lib/error.ts'
import { urlPart } from '../lib/url-part.ts'
import type { Route } from '../model/app.ts'
import type { ReleaseRecord, Scope } from '../model/plan.ts'
import type { Edge, Engine, ValueContext } from '../model/plug.ts'
import type { Value } from '../model/value.ts'
import type { Store } from '../store/store.ts'

export type RouteValue = Extract<Value, { type: 'route' }>

/**
 * Makes text of a value at the moment a process starts: stored values in the versions that the release began with, addresses as
 * they are. What is missing is an error and never an empty text.
 */
export async function resolveValue(
  value: Value,
  of: ValueContext,
  parts: { store: Store; engine: () => Engine; edge: Edge },
): Promise<string> {
  const { store, edge } = parts
  const record = () => recordOf(store, of)
  switch (value.type) {
    case 'text':
      return value.text
    case 'join':
      return (await Promise.all(value.parts.map((p) => resolveValue(p, of, parts)))).join('')
    case 'url-part':
      return urlPart(await resolveValue(value.url, of, parts), value)
    case 'url-text':
      return encodeURIComponent(await resolveValue(value.of, of, parts))
    case 'stored': {
      const version = record().components[of.component]?.stored[value.name]
      const text = store.stored.get(of, value.name, version || undefined)
      if (text !== undefined) return text
      throw new LandfallError({
        code: 'E_SECRET_MISSING',
        message: `${value.name} has no value for ${of.component} ${of.release}`,
        hint: `landfall env set ${value.name}`,
      })
    }
    case 'address': {
      const isOwn = record().components[value.component]?.component.address === 'own'
      const { host, port } = await (isOwn ? parts.engine() : edge).address(of, value.component)
      return { host, port: String(port), hostport: `${host}:${port}`, url: `http://${host}:${port}` }[value.part]
    }
    case 'route':
      return routeText(value, of, record().routes, edge)
    default:
      throw new LandfallError({ code: 'E_INTERNAL', message: `a value of type ${value.type} is the engine's to resolve` })
  }
}

/** What the world calls the app. Hosts of `local` are reached under a loopback port of their own. */
export async function routeText(value: RouteValue, scope: Scope, routes: Route[], edge: Edge): Promise<string> {
  const own = value.component ? routes.filter((r) => r.to === value.component) : routes
  const urls = await Promise.all([...new Set(own.map((r) => r.host))].map(async (host) => new URL(await edge.url(scope, host))))
  const first = urls[0]
  if (!first) {
    throw new LandfallError({
      code: 'E_NO_ROUTE',
      message: `${value.component ?? 'the app'} has no route, so it has no ${value.part}`,
      at: 'routes',
    })
  }
  switch (value.part) {
    case 'url': {
      const path = own[0]?.path ?? '/'
      return `${first.origin}${path === '/' ? '' : path}`
    }
    case 'host':
      return first.host
    case 'hosts':
      return urls.map((u) => u.host).join(',')
    case 'origins':
      return urls.map((u) => u.origin).join(',')
    case 'cookieDomain':
      return commonDomain(urls.map((u) => u.hostname))
  }
}

/** The longest domain that all hosts share: `flick.example` for `api.flick.example` and `flick.example`. */
function commonDomain(hosts: string[]): string {
  const [first = '', ...rest] = hosts
  let domain = first
  while (domain !== '' && !rest.every((h) => h === domain || h.endsWith(`.${domain}`))) {
    const dot = domain.indexOf('.')
    domain = dot < 0 ? '' : domain.slice(dot + 1)
  }
  return domain || first
}

function recordOf(store: Store, of: ValueContext): ReleaseRecord {
  const record = store.releases.get(of, of.release)
  if (record) return record
  throw new LandfallError({ code: 'E_UNKNOWN_RELEASE', message: `${of.release} of ${of.app}/${of.environment} is not on record` })
}
