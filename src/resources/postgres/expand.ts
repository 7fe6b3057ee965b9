import { LandfallError } from '../../lib/error.ts'
import type { Component, Resource } from '../../model/app.ts'
import type { Expansion } from '../../model/plug.ts'
import type { Value } from '../../model/value.ts'
import { PRELOADED } from './extensions.ts'
import { type Options, readOptions } from './options.ts'
import { DATABASE, READER, USER } from './server-files.ts'
import { systemVersion } from './system.ts'
import { resolveRelease } from './versions.ts'

const PARTS = ['host', 'port', 'user', 'password', 'database'] as const
export const OUTPUTS = ['url', 'readonlyUrl', ...PARTS, 'poolSize'] as const

const text = (value: string | number): Value => ({ type: 'text', text: String(value) })
const volumeOf = (resource: Resource) => `${resource.name}-data`
const passwordOf = (resource: Resource) => `${resource.name}.password`
const readonlyPasswordOf = (resource: Resource) => `${resource.name}.readonlyPassword`
const stored = (name: string): Value => ({ type: 'stored', name, secret: true })

/** One server with one data folder, a component like any other; nothing at all where the server is somebody else's. */
export function expand(resource: Resource): Expansion {
  const options = readOptions(resource)
  if (options.urlFrom) {
    const about = `address of ${resource.name}, for reading`
    const variables = options.readonlyUrlFrom ? [{ name: options.readonlyUrlFrom, isRequired: true, isSecret: true, about }] : []
    return { components: [], provision: [], volumes: [], secrets: [], ...(variables.length > 0 && { variables }) }
  }
  return {
    components: [server(resource, options)],
    // The login that says "ready" also sets the password and makes the extensions: README.md says why.
    provision: [],
    volumes: [{ name: volumeOf(resource), runsAs: 'server' }],
    secrets: [passwordOf(resource), readonlyPasswordOf(resource)].map((name) => ({ name, kind: 'password', length: 32 })),
  }
}

export function output(resource: Resource, field: string): Value {
  const { urlFrom, readonlyUrlFrom, pool } = readOptions(resource)
  const values: Record<string, Value> = {
    ...(urlFrom ? external(urlFrom, readonlyUrlFrom) : embedded(resource)),
    poolSize: text(pool),
  }
  const value = Object.hasOwn(values, field) ? values[field] : undefined
  if (value) return value
  throw new LandfallError({
    code: 'E_OUTPUT',
    message: `${resource.name} has no output \`${field}\``,
    at: `resources.${resource.name}`,
    hint:
      field === 'readonlyUrl'
        ? 'name the variable that holds it: `readonlyUrl: { env: DATABASE_READONLY_URL }`'
        : `outputs: ${OUTPUTS.join(', ')}`,
  })
}

/** Parts of an address that is somebody else's, so that components need not care whose it is. */
function external(urlFrom: string, readonlyUrlFrom: string | undefined): Record<string, Value> {
  const url = stored(urlFrom)
  return {
    url,
    ...(readonlyUrlFrom && { readonlyUrl: stored(readonlyUrlFrom) }),
    host: { type: 'url-part', url, part: 'host' },
    port: { type: 'url-part', url, part: 'port', default: '5432' },
    user: { type: 'url-part', url, part: 'user' },
    password: { type: 'url-part', url, part: 'password', default: '' },
    database: { type: 'url-part', url, part: 'path' },
  }
}

function embedded(resource: Resource): Record<string, Value> {
  const values = login(resource)
  return {
    ...values,
    url: addressOf(values),
    readonlyUrl: addressOf({ ...values, user: text(READER), password: stored(readonlyPasswordOf(resource)) }),
  }
}

/** The passwords that are generated need no escapes. */
function addressOf({ user, password, host, port, database }: Login): Value {
  const parts = [text('postgresql://'), user, text(':'), password, text('@'), host, text(':'), port, text('/'), database]
  return { type: 'join', parts }
}

type Login = Record<(typeof PARTS)[number], Value>
function login(resource: Resource): Login {
  return {
    host: { type: 'address', component: resource.name, part: 'host' },
    port: { type: 'address', component: resource.name, part: 'port' },
    user: text(USER),
    password: stored(passwordOf(resource)),
    database: text(DATABASE),
  }
}

function server(resource: Resource, options: Options): Component {
  const volume = volumeOf(resource)
  const preload = options.extensions.filter((name) => PRELOADED.has(name))
  const version = options.isSystem ? systemVersion(options.major) : resolveRelease(options.major).version
  const settings = [
    `shared_buffers=${options.sharedBuffersMiB}MB`,
    `max_connections=${options.connections}`,
    ...(preload.length > 0 ? [`shared_preload_libraries=${preload.join(',')}`] : []),
  ]
  return {
    name: resource.name,
    type: 'worker',
    source: { type: 'server', resource: 'postgres', version },
    build: { builder: 'postgres', options: {}, env: {}, timeoutSeconds: 600, limits: {} },
    command: ['/bin/sh', 'bin/landfall-postgres', ...settings.flatMap((setting) => ['-c', setting])].map(text),
    env: { POSTGRES_FOLDER: { type: 'volume', volume } },
    health: {
      type: 'resource',
      resource: 'postgres',
      values: {
        ...login(resource),
        readonlyPassword: stored(readonlyPasswordOf(resource)),
        folder: { type: 'volume', volume },
        extensions: text(options.extensions.join(',')),
      },
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
