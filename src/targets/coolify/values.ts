import type { App, Component } from '../../model/app.ts'
import type { Value } from '../../model/value.ts'
import { routeText } from '../../translate/image/shell.ts'
import { valueText } from '../../translate/value-text.ts'

export const NAME = (text: string) => text.toUpperCase().replace(/\W+/g, '_')
export const portOf = (component: Component): number => (component.type === 'static' ? 8080 : (component.port ?? 8080))
/** Folder of a volume in a container. */
export function folderOf(component: Component, volume: string): string | undefined {
  const mount = component.mounts.find((m) => m.volume === volume)
  if (!mount) return undefined
  if (mount.path === undefined) return `/data/${volume}`
  return mount.path.startsWith('/') ? mount.path : `/app/${mount.path}`
}
export const isElsewhere = (app: App, name: string): boolean => {
  const options = app.resources.find((r) => r.name === name)?.options
  return options?.url !== undefined || options?.relay !== undefined
}
/** Resources that Coolify itself runs. */
export const isDatabase = (app: App, name: string): boolean => {
  const type = app.resources.find((r) => r.name === name)?.type
  return (type === 'postgres' || type === 'redis') && !isElsewhere(app, name)
}

/** A value with `{{NAME}}` for what the script knows when it runs; undefined where nobody does. */
export function apiText(app: App, component: Component, value: Value): string | undefined {
  return valueText(value, {
    text: ({ text }) => text,
    stored: ({ name }) => `{{${name}}}`,
    output: ({ resource, field }) =>
      isDatabase(app, resource)
        ? outputText(NAME(resource), field, app.resources.find((r) => r.name === resource)?.type)
        : undefined,
    address: ({ component: of, part }) => addressText(app, of, part),
    route: (route) => routeText(route, { hosts: (of) => hostsOf(app, of) }),
    instance: ({ field }) =>
      field === 'port' ? String(portOf(component)) : field === 'version' ? (app.version ?? '') : undefined,
    volume: ({ volume }) => folderOf(component, volume),
  })
}

export const hostsOf = (app: App, of?: string): string[] => [
  ...new Set(app.routes.filter((r) => of === undefined || r.to === of).map((r) => r.host)),
]

/** By the alias that a person gives the application; all of an environment share a network. */
export function addressText(app: App, of: string, part: string): string | undefined {
  const other = app.components.find((c) => c.name === of)
  if (!other) return undefined
  const host = `${app.name}-${of}`
  if (part === 'host') return host
  if (part === 'port') return String(portOf(other))
  return part === 'url' ? `http://${host}:${portOf(other)}` : `${host}:${portOf(other)}`
}

function outputText(name: string, field: string, type: string | undefined): string | undefined {
  if (field === 'url') return `{{${name}_URL}}`
  if (field === 'host') return `{{${name}_UUID}}`
  if (field === 'port') return type === 'redis' ? '6379' : '5432'
  if (field === 'password') return `{{${name}_PASSWORD}}`
  return type === 'postgres' && (field === 'user' || field === 'database') ? 'app' : undefined
}
