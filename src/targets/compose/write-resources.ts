import type { Resource } from '../../model/app.ts'
import { fallbackOf } from '../../translate/bucket-fallback.ts'
import { writtenBy } from '../../translate/written-by.ts'
import type { Draft } from './draft.ts'

const USER = 'app'

/** A service for each resource that compose can run, and variables for those that somebody else has. */
export function writeResources(draft: Draft): void {
  for (const resource of draft.app.resources) {
    const entry = draft.context.manifest.get('resources', resource.name)
    const write = WRITERS[resource.type]
    if (write) write(draft, resource)
    else entry.lost(`compose has no ${resource.type}`, 'run it elsewhere, and give its address in .env')
  }
}

/** A server of somebody else's: `url: { env: DATABASE_URL }`. */
function foreignUrl({ options }: Resource): string | undefined {
  const { url } = options
  return typeof url === 'object' && url !== null && 'env' in url && typeof url.env === 'string' ? url.env : undefined
}

const WRITERS: Record<string, (draft: Draft, resource: Resource) => void> = {
  postgres(draft, resource) {
    const entry = draft.context.manifest.get('resources', resource.name)
    const foreign = foreignUrl(resource)
    if (foreign !== undefined) {
      foreignServer(draft, resource, foreign)
      return
    }
    const version = String(resource.options.version ?? '17')
    const password = `${envName(resource)}_PASSWORD`
    note(draft, password, `password of the database ${resource.name}; kept in its volume at the first start`)
    draft.services[resource.name] = {
      image: `postgres:${version}`,
      environment: {
        POSTGRES_USER: USER,
        POSTGRES_DB: USER,
        POSTGRES_PASSWORD: `\${${password}:?${password} must be set in .env}`,
      },
      volumes: [`${resource.name}-data:${Number(version) >= 18 ? '/var/lib/postgresql' : '/var/lib/postgresql/data'}`],
      healthcheck: {
        test: ['CMD-SHELL', `pg_isready -U ${USER} -d ${USER} -h 127.0.0.1`],
        interval: '5s',
        timeout: '5s',
        retries: 12,
        start_period: '60s',
      },
      ...flags(resource),
      stop_signal: 'SIGINT',
      stop_grace_period: '60s',
      restart: 'unless-stopped',
    }
    draft.owner[resource.name] = resource.name
    draft.volumes[`${resource.name}-data`] = {}
    entry.get('type').kept(`services.${resource.name}.image`)
    entry.get('version').kept(`services.${resource.name}.image`)
    for (const key of ['connections', 'sharedBuffers']) entry.get(key).kept(`services.${resource.name}.command`)
    entry
      .get('extensions')
      .changed('`create extension` stands in db/<name>.sql, which a new volume runs', 'an older volume needs it by hand')
    extensions(draft, resource)
  },
  redis(draft, resource) {
    const entry = draft.context.manifest.get('resources', resource.name)
    const foreign = foreignUrl(resource)
    if (foreign !== undefined) {
      foreignServer(draft, resource, foreign)
      return
    }
    const { persistence = 'aof', maxMemory, version = 7 } = resource.options
    const isKept = persistence === 'aof'
    draft.services[resource.name] = {
      image: `redis:${String(version)}`,
      command: [
        'redis-server',
        '--bind',
        '0.0.0.0',
        '--protected-mode',
        'no',
        '--save',
        '',
        '--appendonly',
        isKept ? 'yes' : 'no',
        ...(typeof maxMemory === 'string' ? ['--maxmemory', maxMemory.replace('Mi', 'mb').replace('Gi', 'gb')] : []),
      ],
      ...(isKept && { volumes: [`${resource.name}-data:/data`] }),
      healthcheck: { test: ['CMD', 'redis-cli', 'ping'], interval: '5s', timeout: '5s', retries: 12, start_period: '30s' },
      restart: 'unless-stopped',
    }
    draft.owner[resource.name] = resource.name
    if (isKept) draft.volumes[`${resource.name}-data`] = {}
    for (const key of ['type', 'version', 'persistence', 'maxMemory']) entry.get(key).kept(`services.${resource.name}`)
    entry.finding(
      'changed',
      'W_COMPOSE_PASSWORD',
      `${resource.name} has no password: only the services of this file reach it`,
      'do not publish its port',
    )
  },
  mail(draft, resource) {
    const entry = draft.context.manifest.get('resources', resource.name)
    entry.get('type').changed('a server of your own, by variables in .env', 'its host, port, user and password')
    entry.get('from').changed('stands in .env as the sender')
    entry.get('relay').changed('its variables stand in .env')
    for (const field of ['host', 'port', 'user', 'password', 'from']) {
      const given = field === 'from' && typeof resource.options.from === 'string' ? resource.options.from : undefined
      if (given === undefined) note(draft, `${envName(resource)}_${field.toUpperCase()}`, `${field} of the mail server`, '')
    }
  },
  bucket(draft, resource) {
    const entry = draft.context.manifest.get('resources', resource.name)
    if (fallbackOf(resource) !== undefined) {
      entry.changed('its files lie in the volume that is its fallback', 'the variables of a bucket, in .env, lead to that one')
      return
    }
    entry.changed('a bucket of your own, by variables in .env', 'Cloudflare R2, Amazon S3 and others have one')
    for (const field of ['endpoint', 'region', 'name', 'accessKey', 'secretKey'])
      note(draft, bucketName(resource, field), `${field} of the bucket`, '')
  },
  volume(draft, resource) {
    const entry = draft.context.manifest.get('resources', resource.name)
    draft.volumes[resource.name] = {}
    entry.get('type').kept(`volumes.${resource.name}`)
    const instances = draft.app.components
      .filter((c) => c.mounts.some((m) => m.volume === resource.name))
      .reduce((n, c) => n + c.instances, 0)
    if (instances > 1) entry.get('writers').changed('every container that mounts it may write')
    else entry.get('writers').changed('one container mounts it; nothing in compose keeps it so')
  },
}

function foreignServer(draft: Draft, resource: Resource, name: string): void {
  const entry = draft.context.manifest.get('resources', resource.name)
  note(draft, name, `address of ${resource.name}, with its password`, '')
  entry.get('url').changed(`\${${name}} of .env`)
  entry.changed('a server of somebody else: there is no service for it')
}

function flags(resource: Resource): { command?: string[] } {
  const { connections, sharedBuffers } = resource.options
  const set = [
    ...(typeof connections === 'number' ? ['-c', `max_connections=${connections}`] : []),
    ...(typeof sharedBuffers === 'string'
      ? ['-c', `shared_buffers=${sharedBuffers.replace('Mi', 'MB').replace('Gi', 'GB')}`]
      : []),
  ]
  return set.length > 0 ? { command: ['postgres', ...set] } : {}
}

function extensions(draft: Draft, resource: Resource): void {
  const { extensions: list } = resource.options
  if (!Array.isArray(list) || list.length === 0) return
  const path = `db/${resource.name}.sql`
  draft.files[path] = {
    text: `-- ${writtenBy('compose')}\n-- A new volume runs this once.\n${list.map((name) => `CREATE EXTENSION IF NOT EXISTS "${String(name)}";`).join('\n')}\n`,
  }
  const service = draft.services[resource.name]!
  service.volumes = [...(service.volumes as string[]), `./${path}:/docker-entrypoint-initdb.d/10-extensions.sql:ro`]
}

/** What a resource gives, as other services of the file say it. */
export function outputText(draft: Draft, name: string, field: string): string | undefined {
  const resource = draft.app.resources.find((r) => r.name === name)
  if (!resource) return undefined
  const variable = (text: string) => `\${${text}:?${text} must be set in .env}`
  const foreign = foreignUrl(resource)
  if (foreign !== undefined) return field === 'url' ? variable(foreign) : undefined
  const prefix = envName(resource)
  switch (resource.type) {
    case 'postgres': {
      const password = variable(`${prefix}_PASSWORD`)
      const all: Record<string, string> = {
        host: name,
        port: '5432',
        user: USER,
        database: USER,
        password,
        url: `postgres://${USER}:${password}@${name}:5432/${USER}`,
      }
      return all[field]
    }
    case 'redis':
      return { host: name, port: '6379', password: '', url: `redis://${name}:6379` }[field]
    case 'mail': {
      if (field === 'from' && typeof resource.options.from === 'string') return resource.options.from
      const part = (of: string) => variable(`${prefix}_${of.toUpperCase()}`)
      return field === 'url' ? `smtp://${part('user')}:${part('password')}@${part('host')}:${part('port')}` : part(field)
    }
    case 'bucket':
      if (fallbackOf(resource) !== undefined) return field === 'kind' ? 'volume' : ''
      return field === 'url'
        ? `${variable(bucketName(resource, 'endpoint'))}/${variable(bucketName(resource, 'name'))}`
        : variable(bucketName(resource, field))
    default:
      return undefined
  }
}

function envName(resource: Resource): string {
  return resource.name.toUpperCase().replaceAll('-', '_')
}
function bucketName(resource: Resource, field: string): string {
  return `${envName(resource)}_${field.replace(/([A-Z])/g, '_$1').toUpperCase()}`
}

function note(draft: Draft, name: string, about: string, make = 'openssl rand -hex 24'): void {
  if (!draft.env.has(name)) draft.env.set(name, { name, about: [about], isRequired: true, ...(make && { make }) })
}
