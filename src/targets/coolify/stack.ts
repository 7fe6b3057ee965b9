import { stringify } from 'yaml'
import type { App, Component } from '../../model/app.ts'
import type { WriteContext } from '../../model/target.ts'
import { routeText } from '../../translate/image/shell.ts'
import type { WrittenImage } from '../../translate/image/write-image.ts'
import { valueText } from '../../translate/value-text.ts'
import { type Variable, variablesOf } from '../../translate/variables.ts'
import { writtenBy } from '../../translate/written-by.ts'
import { folderOf, hostsOf, isDatabase, NAME, portOf } from './values.ts'

/** All of an app as one stack, with the names that Coolify fills in: domains, users and passwords that it makes itself. */
export function stackOf(app: App, images: Map<string, WrittenImage>, context: WriteContext): string {
  const services: Record<string, unknown> = {}
  const volumes: Record<string, Record<string, never>> = {}
  for (const resource of app.resources.filter((r) => isDatabase(app, r.name))) {
    volumes[`${resource.name}-data`] = {}
    services[resource.name] =
      resource.type === 'postgres'
        ? postgresService(resource.name, version(resource.options.version, '17'))
        : redisService(resource.name, version(resource.options.version, '7'))
  }
  for (const component of app.components) {
    if (component.type === 'cron' || component.type === 'job') continue
    for (const mount of component.mounts) volumes[mount.volume] = {}
    services[component.name] = serviceOf(app, component, images.get(component.name), context)
  }
  const head = [
    writtenBy('coolify'),
    'Coolify’s own words are in it: SERVICE_… are values that it makes, and keeps for the whole stack.',
  ]
  return `${head.map((l) => `# ${l}`).join('\n')}\n${stringify({ services, ...(Object.keys(volumes).length > 0 && { volumes }) }, { lineWidth: 0 })}`
}

const version = (value: unknown, other: string) =>
  typeof value === 'number' || typeof value === 'string' ? String(value) : other

function postgresService(name: string, major: string): Record<string, unknown> {
  const id = NAME(name)
  const path = Number.parseInt(major, 10) >= 18 ? '/var/lib/postgresql' : '/var/lib/postgresql/data'
  return {
    image: `postgres:${major}-alpine`,
    environment: { POSTGRES_USER: `\${SERVICE_USER_${id}}`, POSTGRES_PASSWORD: `\${SERVICE_PASSWORD_${id}}`, POSTGRES_DB: 'app' },
    volumes: [`${name}-data:${path}`],
    healthcheck: {
      test: ['CMD-SHELL', 'pg_isready -U "$$POSTGRES_USER" -d "$$POSTGRES_DB"'],
      interval: '5s',
      timeout: '5s',
      retries: 20,
    },
  }
}
function redisService(name: string, major: string): Record<string, unknown> {
  const password = `\${SERVICE_PASSWORD_${NAME(name)}}`
  return {
    image: `redis:${major}-alpine`,
    command: ['redis-server', '--requirepass', password, '--appendonly', 'yes'],
    volumes: [`${name}-data:/data`],
    healthcheck: { test: ['CMD', 'redis-cli', 'ping'], interval: '5s', timeout: '5s', retries: 20 },
  }
}

function serviceOf(
  app: App,
  component: Component,
  image: WrittenImage | undefined,
  context: WriteContext,
): Record<string, unknown> {
  const folder = context.folder(component)
  const port = portOf(component)
  const routes = app.routes.filter((r) => r.to === component.name)
  const id = NAME(component.name)
  const environment: Record<string, string> = {}
  // With it Coolify leads a domain to this port; which domain is said in the dashboard.
  for (const path of [...new Set(routes.map((r) => r.path))].slice(0, 1)) environment[`SERVICE_URL_${id}_${port}`] = path
  for (const variable of variablesOf(app, component)) {
    const text = stackText(app, component, variable)
    if (text !== undefined) environment[variable.name] = text
  }
  const databases = component.needs.filter((n) => isDatabase(app, n))
  const { limits, stop } = component
  return {
    build: {
      context: folder === '.' ? '.' : `./${folder}`,
      ...(image && { dockerfile: image.file }),
      ...(Object.keys(image?.buildArgs ?? {}).length > 0 && {
        args: Object.fromEntries(Object.entries(image?.buildArgs ?? {}).map(([k, v]) => [k, v ?? `\${${k}:?}`])),
      }),
    },
    ...(Object.keys(environment).length > 0 && { environment }),
    ...(component.type === 'worker' ? {} : { expose: [String(port)] }),
    ...(component.mounts.length > 0 && { volumes: component.mounts.map((m) => `${m.volume}:${folderOf(component, m.volume)}`) }),
    ...(databases.length > 0 && { depends_on: Object.fromEntries(databases.map((d) => [d, { condition: 'service_healthy' }])) }),
    restart: 'unless-stopped',
    stop_signal: component.type === 'static' ? 'SIGQUIT' : stop.signal,
    stop_grace_period: `${Math.max(1, Math.round(stop.graceSeconds))}s`,
    ...((limits.memoryMiB !== undefined || limits.cpus !== undefined) && {
      deploy: {
        resources: {
          limits: {
            ...(limits.memoryMiB !== undefined && { memory: `${limits.memoryMiB}M` }),
            ...(limits.cpus !== undefined && { cpus: String(limits.cpus) }),
          },
        },
      },
    }),
  }
}

/** A field of the dashboard where a person has to say it, a value that Coolify makes where it may be any, else the value itself. */
function stackText(app: App, component: Component, v: Variable): string | undefined {
  if (v.kind === 'optional') return `\${${v.name}:-}`
  if (v.kind === 'ask') return `\${${v.name}:?}`
  if (v.kind === 'generate') return `\${SERVICE_PASSWORD_64_${NAME(v.name)}}`
  const isPlain = v.value?.type === 'text'
  const text =
    v.value &&
    valueText(v.value, {
      text: ({ text: plain }) => plain.replaceAll('$', '$$$$'),
      stored: ({ name }) => `\${${name}}`,
      output: ({ resource, field }) => (isDatabase(app, resource) ? outputOf(app, resource, field) : undefined),
      address: ({ component: of, part }) => {
        const other = app.components.find((c) => c.name === of)
        if (!other) return undefined
        return {
          host: of,
          port: String(portOf(other)),
          url: `http://${of}:${portOf(other)}`,
          hostport: `${of}:${portOf(other)}`,
        }[part]
      },
      route: (route) => {
        const to = route.component ?? app.routes[0]?.to
        if (to && (route.part === 'url' || (route.part === 'origins' && hostsOf(app).length === 1)))
          return `\${SERVICE_URL_${NAME(to)}}`
        if (to && route.part === 'host') return `\${SERVICE_FQDN_${NAME(to)}}`
        return routeText(route, { hosts: (of) => hostsOf(app, of) })
      },
      instance: ({ field }) =>
        field === 'port' ? String(portOf(component)) : field === 'version' ? (app.version ?? '') : undefined,
      volume: ({ volume }) => folderOf(component, volume),
    })
  if (text === undefined) return `\${${v.name}:?}`
  return isPlain && !text.includes('$') && text !== '' && !/[}]/.test(text) ? `\${${v.name}:-${text}}` : text
}

function outputOf(app: App, resource: string, field: string): string | undefined {
  const id = NAME(resource)
  const isPostgres = app.resources.find((r) => r.name === resource)?.type === 'postgres'
  const user = `\${SERVICE_USER_${id}}`
  const password = `\${SERVICE_PASSWORD_${id}}`
  if (field === 'url')
    return isPostgres ? `postgres://${user}:${password}@${resource}:5432/app` : `redis://:${password}@${resource}:6379`
  if (field === 'host') return resource
  if (field === 'port') return isPostgres ? '5432' : '6379'
  if (field === 'password') return password
  if (isPostgres && field === 'user') return user
  return isPostgres && field === 'database' ? 'app' : undefined
}
