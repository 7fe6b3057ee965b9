import { LandfallError } from '../../lib/error.ts'
import type { Component, Resource } from '../../model/app.ts'
import type { Expansion } from '../../model/plug.ts'
import type { Value } from '../../model/value.ts'
import { PRELOADED } from './extensions.ts'
import { type Options, readOptions } from './options.ts'
import { DATABASE, USER } from './server-files.ts'
import { resolveRelease } from './versions.ts'

export const OUTPUTS = ['url', 'host', 'port', 'user', 'password', 'database'] as const

const text = (value: string | number): Value => ({ type: 'text', text: String(value) })
const volumeOf = (resource: Resource) => `${resource.name}-data`
const passwordOf = (resource: Resource) => `${resource.name}.password`

/** One server with one data folder, a component like any other; nothing at all where the server is somebody else's. */
export function expand(resource: Resource): Expansion {
  const options = readOptions(resource)
  if (options.urlFrom) return { components: [], provision: [], volumes: [], secrets: [] }
  return {
    components: [server(resource, options)],
    // The login that says "ready" also sets the password and makes the extensions: README.md says why.
    provision: [],
    volumes: [{ name: volumeOf(resource), runsAs: 'server' }],
    secrets: [{ name: passwordOf(resource), kind: 'password', length: 32 }],
  }
}

export function output(resource: Resource, field: string): Value {
  const { urlFrom } = readOptions(resource)
  if (urlFrom && field === 'url') return { type: 'stored', name: urlFrom, secret: true }
  const values: Record<string, Value> = urlFrom ? {} : login(resource)
  const part = (name: string): Value => {
    const value = Object.hasOwn(values, name) ? values[name] : undefined
    if (value) return value
    throw new LandfallError({
      code: 'E_OUTPUT',
      message: `${resource.name} has no output \`${field}\``,
      at: `resources.${resource.name}`,
      hint: urlFrom ? `of a server that \`url\` names only ${resource.name}.url is known` : `outputs: ${OUTPUTS.join(', ')}`,
    })
  }
  if (field !== 'url') return part(field)
  const parts = [
    'postgresql://',
    part('user'),
    ':',
    part('password'),
    '@',
    part('host'),
    ':',
    part('port'),
    '/',
    part('database'),
  ]
  return { type: 'join', parts: parts.map((p) => (typeof p === 'string' ? text(p) : p)) }
}

function login(resource: Resource): Record<string, Value> {
  return {
    host: { type: 'address', component: resource.name, part: 'host' },
    port: { type: 'address', component: resource.name, part: 'port' },
    user: text(USER),
    password: { type: 'stored', name: passwordOf(resource), secret: true },
    database: text(DATABASE),
  }
}

function server(resource: Resource, options: Options): Component {
  const volume = volumeOf(resource)
  const preload = options.extensions.filter((name) => PRELOADED.has(name))
  const settings = [
    `shared_buffers=${options.sharedBuffersMiB}MB`,
    `max_connections=${options.connections}`,
    ...(preload.length > 0 ? [`shared_preload_libraries=${preload.join(',')}`] : []),
  ]
  return {
    name: resource.name,
    type: 'worker',
    source: { type: 'server', resource: 'postgres', version: resolveRelease(options.major).version },
    build: { builder: 'postgres', options: {}, env: {}, timeoutSeconds: 600, limits: {} },
    command: ['/bin/sh', 'bin/landfall-postgres', ...settings.flatMap((setting) => ['-c', setting])].map(text),
    env: { POSTGRES_FOLDER: { type: 'volume', volume } },
    health: {
      type: 'resource',
      resource: 'postgres',
      values: { ...login(resource), folder: { type: 'volume', volume }, extensions: text(options.extensions.join(',')) },
      // After a crash the log of an hour may have to be read first.
      timeoutSeconds: 120,
    },
    needs: [],
    instances: 1,
    max: { instances: 1, because: 'two servers on one data folder would destroy it' },
    limits: {},
    releaseSteps: [],
    mounts: [{ volume, writers: 'one' }],
    // SIGINT is PostgreSQL's fast shutdown: open transactions are rolled back, all is written.
    stop: { drainSeconds: 0, signal: 'SIGINT', graceSeconds: 60 },
    rollout: 'replace',
    address: 'own',
    runsAs: 'server',
    tasks: {},
    resource: resource.name,
  }
}
