import type { App, Component } from '../../model/app.ts'
import type { Value } from '../../model/value.ts'
import type { Reference } from '../../translate/hosted/references.ts'
import { routeText } from '../../translate/image/shell.ts'
import { valueText } from '../../translate/value-text.ts'

/** What Render gives itself, where nothing else is said. */
export const RENDER_PORT = 10_000
export const serviceName = (app: App, name: string): string => `${app.name}-${name}`
export const portOf = (component: Component): number => component.port ?? RENDER_PORT

/** Databases that Render runs; those of somebody else are variables. */
export function isManaged(app: App, name: string): boolean {
  const resource = app.resources.find((r) => r.name === name)
  return (resource?.type === 'postgres' || resource?.type === 'redis') && resource.options.url === undefined
}

export type ServiceType = 'web' | 'pserv' | 'worker' | 'cron'
/** A web component without a route is private, where others of the app have one. Undefined: Render has no such service. */
export function serviceType(app: App, component: Component): ServiceType | undefined {
  switch (component.type) {
    case 'web':
      return app.routes.length === 0 || app.routes.some((r) => r.to === component.name) ? 'web' : 'pserv'
    case 'static':
      return 'web'
    case 'worker':
    case 'cron':
      return component.type
    default:
      return undefined
  }
}

const DATABASE: Record<string, string> = {
  url: 'connectionString',
  host: 'host',
  port: 'port',
  user: 'user',
  password: 'password',
  database: 'database',
}
const KEYVALUE: Record<string, string> = { url: 'connectionString', host: 'host', port: 'port' }

/** A reference as `envVars` has them; undefined where Render gives no such thing. */
export function referenceOf(app: App, value: Reference): Record<string, unknown> | undefined {
  if (value.type === 'address') {
    const other = app.components.find((c) => c.name === value.component)
    const type = other && serviceType(app, other)
    if (!type || other.type === 'static' || value.part === 'url') return undefined
    return { fromService: { type, name: serviceName(app, value.component), property: value.part } }
  }
  if (!isManaged(app, value.resource)) return undefined
  const name = serviceName(app, value.resource)
  const isRedis = app.resources.find((r) => r.name === value.resource)?.type === 'redis'
  const property = (isRedis ? KEYVALUE : DATABASE)[value.field]
  if (property === undefined) return undefined
  return isRedis ? { fromService: { type: 'keyvalue', name, property } } : { fromDatabase: { name, property } }
}

export const hostsOf = (app: App, of?: string): string[] => [
  ...new Set(app.routes.filter((r) => of === undefined || r.to === of).map((r) => r.host)),
]

/** A value that is known before anything runs; undefined where it has a reference inside, which Render puts into no text. */
export function plainText(
  app: App,
  component: Component,
  value: Value,
  folder?: (volume: string) => string | undefined,
): string | undefined {
  return valueText(value, {
    text: ({ text }) => text,
    stored: () => undefined,
    output: () => undefined,
    address: () => undefined,
    route: (route) => routeText(route, { hosts: (of) => hostsOf(app, of) }),
    instance: ({ field }) =>
      field === 'port' ? String(portOf(component)) : field === 'version' ? (app.version ?? '') : undefined,
    volume: ({ volume }) => folder?.(volume),
  })
}
