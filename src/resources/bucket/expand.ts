import { LandfallError } from '../../lib/error.ts'
import { innerValues } from '../../lib/inner-values.ts'
import { programVersion } from '../../lib/own-server/program.ts'
import type { Component, Resource } from '../../model/app.ts'
import type { Expansion } from '../../model/plug.ts'
import type { Value } from '../../model/value.ts'
import { type External, readOptions } from './options.ts'
import type { Prefix } from './prefixes.ts'

export const OUTPUTS = ['endpoint', 'region', 'name', 'accessKey', 'secretKey', 'url', 'publicUrl', 'kind', 'path'] as const
/** Name of the server's program in dist/. */
export const PROGRAM = 'bucket'
/** As Cloudflare's; and in a region that it knows, boto3 would sign addresses in the old way. */
const REGION = 'auto'

const text = (value: string): Value => ({ type: 'text', text: value })
const secretOf = (resource: Resource) => `${resource.name}.secretKey`
const volumeOf = (resource: Resource) => `${resource.name}-data`

/** A server with one bucket, a component like any other; nothing at all where the bucket is somebody else's. */
export function expand(resource: Resource): Expansion {
  const { external, fallback, prefixes } = readOptions(resource)
  const nothing = { components: [], provision: [], volumes: [], secrets: [] }
  if (external) return { ...nothing, ...variablesOf(resource, external, fallback !== undefined) }
  if (fallback) return nothing
  return {
    components: [server(resource, prefixes)],
    provision: [],
    volumes: [{ name: volumeOf(resource), runsAs: 'server' }],
    secrets: [{ name: secretOf(resource), kind: 'password', length: 40 }],
  }
}

export function output(resource: Resource, field: string): Value {
  const { external, fallback } = readOptions(resource)
  const values = outputsOf(resource)
  const value = Object.hasOwn(values, field) ? values[field] : undefined
  if (value && field !== 'kind' && field !== 'path' && fallback) return whereSet(external, value)
  if (value) return value
  throw new LandfallError({
    code: 'E_OUTPUT',
    message: `${resource.name} has no output \`${field}\``,
    at: `resources.${resource.name}`,
    hint: `outputs: ${OUTPUTS.join(', ')}`,
  })
}

function outputsOf(resource: Resource): Record<string, Value> {
  const { external, fallback } = readOptions(resource)
  const { endpoint, region, name, accessKey, secretKey } = external ?? login(resource)
  const url: Value = { type: 'join', parts: [endpoint, text('/'), name] }
  const values = { endpoint, region, name, accessKey, secretKey, url, publicUrl: publicUrl(external, url) }
  // A component that can do both need not care which it is: what does not count is not passed to it.
  if (!fallback) return { ...values, kind: text('bucket'), path: whereSet(undefined, text('')) }
  const path: Value = { type: 'volume', volume: fallback }
  return { ...values, path, kind: whereSet(external, text('bucket'), text('volume')) }
}

/** Where browsers get objects: at the domain before the bucket, where it has one. */
function publicUrl(external: External | undefined, url: Value): Value {
  const domain = external?.customDomain
  if (!domain) return url
  const own: Value = { type: 'join', parts: [text('https://'), domain] }
  return domain.type === 'stored' ? { type: 'if-set', name: domain.name, value: own, otherwise: url } : own
}

/** What counts only while the variables of the bucket are set; without any variables it never is. */
function whereSet(external: External | undefined, value: Value, otherwise?: Value): Value {
  const names = external ? namesOf(external) : []
  const name = names[0] ?? ''
  if (external && names.length === 0) return value
  return { type: 'if-set', name, value, ...(otherwise && { otherwise }) }
}

/** Stored values that make the bucket what it is; the domain may be missing. */
function namesOf({ name, accessKey, secretKey, endpoint, region }: External): string[] {
  const storedIn = (value: Value): string[] => (value.type === 'stored' ? [value.name] : innerValues(value).flatMap(storedIn))
  return [...new Set([name, endpoint, accessKey, secretKey, region].flatMap(storedIn))]
}

/** Declared for those who did not write them down under `env`. With a fallback all of them or none. */
function variablesOf(resource: Resource, external: External, isOptional: boolean): Pick<Expansion, 'variables' | 'groups'> {
  const names = namesOf(external)
  const isSecret = (name: string) => external.secretKey.type === 'stored' && external.secretKey.name === name
  const about = `of the bucket ${resource.name}`
  const variables = names.map((name) => ({ name, isRequired: !isOptional, isSecret: isSecret(name), about }))
  const domain = external.customDomain
  if (domain?.type === 'stored')
    variables.push({ name: domain.name, isRequired: false, isSecret: false, about: `domain ${about}` })
  if (!isOptional) return { variables }
  return { variables, groups: [{ name: resource.name, rule: 'allOrNone', names, about, at: `resources.${resource.name}` }] }
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

function server(resource: Resource, prefixes: Prefix[]): Component {
  const lifetimes = prefixes.flatMap(({ prefix, expireSeconds }) => (expireSeconds ? [{ prefix, seconds: expireSeconds }] : []))
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
      ...(lifetimes.length > 0 && { BUCKET_LIFETIMES: text(JSON.stringify(lifetimes)) }),
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
