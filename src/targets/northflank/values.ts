import type { App, Component } from '../../model/app.ts'
import type { Value } from '../../model/value.ts'
import { NGINX_PORT } from '../../translate/image/nginx-conf.ts'
import { routeText } from '../../translate/image/shell.ts'
import { valueText } from '../../translate/value-text.ts'

/** Names are ids there: 3 characters at least, one dash at a time. */
export const objectName = (app: App, name: string, most = 54): string =>
  `${app.name}-${name}`.replace(/-+/g, '-').slice(0, most).replace(/-$/, '')
export const refOf = (name: string): string => name.replace(/\W+/g, '_')
export const portOf = (component: Component): number => (component.type === 'static' ? NGINX_PORT : (component.port ?? 8080))

export function isManaged(app: App, name: string): boolean {
  const resource = app.resources.find((r) => r.name === name)
  return (resource?.type === 'postgres' || resource?.type === 'redis') && resource.options.url === undefined
}

const POSTGRES: Record<string, string> = {
  url: 'POSTGRES_URI',
  host: 'HOST',
  port: 'PORT',
  user: 'USERNAME',
  password: 'PASSWORD',
  database: 'DATABASE',
}
const REDIS: Record<string, string> = { url: 'REDIS_MASTER_URL', host: 'HOST', port: 'PORT', password: 'PASSWORD' }

/** The key of an addon that holds an output. */
export function keyOf(app: App, resource: string, field: string): string | undefined {
  if (!isManaged(app, resource)) return undefined
  return (app.resources.find((r) => r.name === resource)?.type === 'redis' ? REDIS : POSTGRES)[field]
}

/** The output that a key of an addon is. */
export function fieldOf(type: string, key: string): string | undefined {
  const plain = key.replace(/^(JDBC_)?POSTGRES_URI(_ADMIN)?$/, 'POSTGRES_URI').replace(/^(EXTERNAL_|POSTGRES_)(?!URI)/, '')
  return Object.entries(type === 'redis' ? REDIS : POSTGRES).find(([, k]) => k === plain)?.[0]
}

export const hostsOf = (app: App, of?: string): string[] => [
  ...new Set(app.routes.filter((r) => of === undefined || r.to === of).map((r) => r.host)),
]

/** A value that is known when the template is written; services of a project reach each other by name. */
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
    address: ({ component: of, part }) => addressText(app, of, part),
    route: (route) => routeText(route, { hosts: (of) => hostsOf(app, of) }),
    instance: ({ field }) =>
      field === 'port' ? String(portOf(component)) : field === 'version' ? (app.version ?? '') : undefined,
    volume: ({ volume }) => folder?.(volume),
  })
}

export function addressText(app: App, of: string, part: string): string | undefined {
  const other = app.components.find((c) => c.name === of)
  if (!other) return undefined
  const host = objectName(app, of)
  const port = String(portOf(other))
  return { host, port, hostport: `${host}:${port}`, url: `http://${host}:${port}` }[part]
}
