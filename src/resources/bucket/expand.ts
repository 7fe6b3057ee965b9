import { LandfallError } from '../../lib/error.ts'
import { programVersion } from '../../lib/own-server/program.ts'
import type { Component, Resource } from '../../model/app.ts'
import type { Expansion } from '../../model/plug.ts'
import type { Value } from '../../model/value.ts'
import { readOptions } from './options.ts'

export const OUTPUTS = ['endpoint', 'region', 'name', 'accessKey', 'secretKey', 'url'] as const
/** Name of the server's program in dist/. */
export const PROGRAM = 'bucket'
/** As Cloudflare's; and in a region that it knows, boto3 would sign addresses in the old way. */
const REGION = 'auto'

const text = (value: string): Value => ({ type: 'text', text: value })
const secretOf = (resource: Resource) => `${resource.name}.secretKey`
const volumeOf = (resource: Resource) => `${resource.name}-data`

/** A server with one bucket, a component like any other; nothing at all where the bucket is somebody else's. */
export function expand(resource: Resource): Expansion {
  if (readOptions(resource).external) return { components: [], provision: [], volumes: [], secrets: [] }
  return {
    components: [server(resource)],
    provision: [],
    volumes: [{ name: volumeOf(resource), runsAs: 'server' }],
    secrets: [{ name: secretOf(resource), kind: 'password', length: 40 }],
  }
}

export function output(resource: Resource, field: string): Value {
  const { external } = readOptions(resource)
  const { endpoint, region, name, accessKey, secretKey } = external ?? login(resource)
  const url: Value = { type: 'join', parts: [endpoint, text('/'), name] }
  const values: Record<string, Value> = { endpoint, region, name, accessKey, secretKey, url }
  const value = Object.hasOwn(values, field) ? values[field] : undefined
  if (value) return value
  throw new LandfallError({
    code: 'E_OUTPUT',
    message: `${resource.name} has no output \`${field}\``,
    at: `resources.${resource.name}`,
    hint: `outputs: ${OUTPUTS.join(', ')}`,
  })
}

function login(resource: Resource): Record<'endpoint' | 'region' | 'name' | 'accessKey' | 'secretKey', Value> {
  return {
    endpoint: { type: 'address', component: resource.name, part: 'url' },
    region: text(REGION),
    name: text(readOptions(resource).name),
    accessKey: text(`landfall-${resource.name}`),
    secretKey: { type: 'stored', name: secretOf(resource), secret: true },
  }
}

function server(resource: Resource): Component {
  const volume = volumeOf(resource)
  const { name, region, accessKey, secretKey } = login(resource)
  return {
    name: resource.name,
    type: 'worker',
    source: { type: 'server', resource: 'bucket', version: programVersion(PROGRAM) },
    build: { builder: 'bucket', options: {}, env: {}, timeoutSeconds: 60, limits: {} },
    command: ['/bin/sh', 'bin/start'].map(text),
    env: {
      SERVER_FOLDER: { type: 'volume', volume },
      SERVER_SECRET: secretKey,
      BUCKET_NAME: name,
      BUCKET_REGION: region,
      BUCKET_ACCESS_KEY: accessKey,
    },
    health: { type: 'resource', resource: 'bucket', values: login(resource), timeoutSeconds: 60 },
    needs: [],
    instances: 1,
    max: { instances: 1, because: 'two servers would not know of each other’s objects' },
    limits: {},
    releaseSteps: [],
    mounts: [{ volume, writers: 'one' }],
    stop: { drainSeconds: 0, signal: 'SIGTERM', graceSeconds: 30 },
    rollout: 'replace',
    address: 'own',
    runsAs: 'server',
    tasks: {},
    resource: resource.name,
  }
}
