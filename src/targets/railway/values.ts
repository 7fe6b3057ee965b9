import type { App, Component } from '../../model/app.ts'
import type { Value } from '../../model/value.ts'
import { NGINX_PORT } from '../../translate/image/nginx-conf.ts'
import { routeText } from '../../translate/image/shell.ts'
import { valueText } from '../../translate/value-text.ts'

export const portOf = (component: Component): number => (component.type === 'static' ? NGINX_PORT : (component.port ?? 8080))

export function isManaged(app: App, name: string): boolean {
  const resource = app.resources.find((r) => r.name === name)
  return (resource?.type === 'postgres' || resource?.type === 'redis') && resource.options.url === undefined
}

const POSTGRES: Record<string, string> = {
  url: 'DATABASE_URL',
  host: 'PGHOST',
  port: 'PGPORT',
  user: 'PGUSER',
  password: 'PGPASSWORD',
  database: 'PGDATABASE',
}
const REDIS: Record<string, string> = { url: 'REDIS_URL', host: 'REDISHOST', port: 'REDISPORT', password: 'REDISPASSWORD' }

/** The variable of a database service that holds an output. */
export function outputName(app: App, resource: string, field: string): string | undefined {
  if (!isManaged(app, resource)) return undefined
  return (app.resources.find((r) => r.name === resource)?.type === 'redis' ? REDIS : POSTGRES)[field]
}
export function fieldOf(type: 'postgres' | 'redis', name: string): string | undefined {
  const names = type === 'redis' ? REDIS : POSTGRES
  return Object.entries(names).find(([, n]) => n === name || (n === 'DATABASE_URL' && name === 'DATABASE_PUBLIC_URL'))?.[0]
}

export const hostsOf = (app: App, of?: string): string[] => [
  ...new Set(app.routes.filter((r) => of === undefined || r.to === of).map((r) => r.host)),
]
const reference = (owner: string, name: string) => ['$', `{{${owner}.${name}}}`].join('')

/** A value in Railway's words, which puts references into texts itself. Undefined: it has no word for it. */
export function railwayText(
  app: App,
  component: Component,
  value: Value,
  folder?: (volume: string) => string | undefined,
): string | undefined {
  return valueText(value, {
    text: ({ text }) => (text.includes('${{') ? undefined : text),
    stored: () => undefined,
    output: ({ resource, field }) => {
      const name = outputName(app, resource, field)
      return name === undefined ? undefined : reference(resource, name)
    },
    address: ({ component: of, part }) => {
      const other = app.components.find((c) => c.name === of)
      if (!other) return undefined
      const host = reference(of, 'RAILWAY_PRIVATE_DOMAIN')
      const port = String(portOf(other))
      return { host, port, hostport: `${host}:${port}`, url: `http://${host}:${port}` }[part]
    },
    route: (route) => routeText(route, { hosts: (of) => hostsOf(app, of) }),
    instance: ({ field }) =>
      field === 'port' ? String(portOf(component)) : field === 'version' ? (app.version ?? '') : undefined,
    volume: ({ volume }) => folder?.(volume),
  })
}
