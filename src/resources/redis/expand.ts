import { digestOf } from '../../lib/digest.ts'
import { LandfallError } from '../../lib/error.ts'
import type { Component, Resource } from '../../model/app.ts'
import type { Expansion } from '../../model/plug.ts'
import type { Value } from '../../model/value.ts'
import { type Options, readOptions } from './options.ts'
import { FILES } from './server-files.ts'

export const OUTPUTS = ['url', 'host', 'port', 'password'] as const

const text = (value: string | number): Value => ({ type: 'text', text: String(value) })
const volumeOf = (resource: Resource) => `${resource.name}-data`
const passwordOf = (resource: Resource) => `${resource.name}.password`

/** One server, a component like any other; nothing at all where the server is somebody else's. */
export function expand(resource: Resource): Expansion {
  const options = readOptions(resource)
  if (options.urlFrom) return { components: [], provision: [], volumes: [], secrets: [] }
  return {
    components: [server(resource, options)],
    provision: [],
    volumes: options.isKept ? [{ name: volumeOf(resource), runsAs: 'server' }] : [],
    secrets: [{ name: passwordOf(resource), kind: 'password', length: 32 }],
  }
}

export function output(resource: Resource, field: string): Value {
  const { urlFrom } = readOptions(resource)
  const values = urlFrom ? external(urlFrom) : embedded(resource)
  const value = Object.hasOwn(values, field) ? values[field] : undefined
  if (value) return value
  throw new LandfallError({
    code: 'E_OUTPUT',
    message: `${resource.name} has no output \`${field}\``,
    at: `resources.${resource.name}`,
    hint: `outputs: ${OUTPUTS.join(', ')}`,
  })
}

/** Parts of an address that is somebody else's, so that components need not care whose it is. */
function external(urlFrom: string): Record<string, Value> {
  const url: Value = { type: 'stored', name: urlFrom, secret: true }
  return {
    url,
    host: { type: 'url-part', url, part: 'host' },
    port: { type: 'url-part', url, part: 'port', default: '6379' },
    password: { type: 'url-part', url, part: 'password', default: '' },
  }
}

function embedded(resource: Resource): Record<string, Value> {
  const { host, port, password } = login(resource)
  return {
    url: { type: 'join', parts: [text('redis://:'), password, text('@'), host, text(':'), port, text('/0')] },
    host,
    port,
    password,
  }
}

function login(resource: Resource): { host: Value; port: Value; password: Value } {
  return {
    host: { type: 'address', component: resource.name, part: 'host' },
    port: { type: 'address', component: resource.name, part: 'port' },
    password: { type: 'stored', name: passwordOf(resource), secret: true },
  }
}

/** `any+1f2e3d4c`: the version wanted, and what we put around the machine's server. */
export const sourceVersion = (wish: string | undefined): string => `${wish ?? 'any'}+${digestOf(FILES).slice(0, 8)}`

function server(resource: Resource, { version, isKept, maxMemoryMiB, config }: Options): Component {
  const volume = volumeOf(resource)
  return {
    name: resource.name,
    type: 'worker',
    source: { type: 'server', resource: 'redis', version: sourceVersion(version) },
    build: { builder: 'redis', options: {}, env: {}, timeoutSeconds: 60, limits: {} },
    command: ['/bin/sh', 'bin/landfall-redis'].map(text),
    env: {
      REDIS_PASSWORD: login(resource).password,
      ...(isKept && { REDIS_FOLDER: { type: 'volume', volume } }),
      ...(maxMemoryMiB !== undefined && { REDIS_MAXMEMORY: text(maxMemoryMiB * 1024 * 1024) }),
      ...(config !== undefined && { REDIS_CONFIG: text(config) }),
    },
    health: {
      type: 'resource',
      resource: 'redis',
      values: login(resource),
      // What was kept is read back before anybody is let in.
      timeoutSeconds: 120,
    },
    needs: [],
    instances: 1,
    max: { instances: 1, because: 'two servers would be two different sets of data' },
    limits: {},
    releaseSteps: [],
    mounts: isKept ? [{ volume, writers: 'one' }] : [],
    stop: { drainSeconds: 0, signal: 'SIGTERM', graceSeconds: 60 },
    rollout: 'replace',
    address: 'own',
    runsAs: 'server',
    tasks: {},
    resource: resource.name,
  }
}
