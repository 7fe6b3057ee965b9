import { LandfallError } from '../../lib/error.ts'
import { programVersion } from '../../lib/own-server/program.ts'
import type { Component, Resource } from '../../model/app.ts'
import type { Expansion } from '../../model/plug.ts'
import type { Value } from '../../model/value.ts'
import { type Relay, readOptions } from './options.ts'

export const OUTPUTS = ['url', 'host', 'port', 'user', 'password', 'from'] as const
/** Name of the server's program in dist/. */
export const PROGRAM = 'mailbox'

const text = (value: string): Value => ({ type: 'text', text: value })
const passwordOf = (resource: Resource) => `${resource.name}.password`
/** Also for those who read the mailbox. */
export const volumeOf = (resource: Resource) => `${resource.name}-messages`

/** A captured mailbox, a component like any other; nothing at all where a relay delivers. */
export function expand(resource: Resource): Expansion {
  const { relay } = readOptions(resource)
  if (relay) return { components: [], provision: [], volumes: [], secrets: [], variables: variablesOf(resource, relay) }
  return {
    components: [server(resource)],
    provision: [],
    volumes: [{ name: volumeOf(resource), runsAs: 'server' }],
    secrets: [{ name: passwordOf(resource), kind: 'password', length: 32 }],
  }
}

/** Declared for those who did not write them down under `env`. */
function variablesOf(resource: Resource, relay: Relay): NonNullable<Expansion['variables']> {
  const { type: _, ...values } = relay
  const stored = Object.entries(values).flatMap(([part, value]) => (value.type === 'stored' ? [{ part, value }] : []))
  return stored.map(({ part, value }) => {
    const about = part === 'url' ? `address of the relay of ${resource.name}` : `${part} of the relay of ${resource.name}`
    return { name: value.name, isRequired: true, isSecret: value.secret, about }
  })
}

export function output(resource: Resource, field: string): Value {
  const values = outputsOf(resource)
  const value = Object.hasOwn(values, field) ? values[field] : undefined
  if (value) return value
  const known = Object.keys(values)
  throw new LandfallError({
    code: 'E_OUTPUT',
    message: `${resource.name} has no output \`${field}\``,
    at: `resources.${resource.name}`,
    hint: field === 'from' ? `write \`from: hello@example.com\` under ${resource.name}` : `outputs here: ${known.join(', ')}`,
  })
}

function outputsOf(resource: Resource): Record<string, Value> {
  const { relay, from } = readOptions(resource)
  const sender = from && { from }
  if (relay?.type === 'url') return { ...partsOf(relay.url), url: relay.url, ...sender }
  if (relay) {
    const { host, port, user, password } = relay
    return { host, port, user, password, url: addressOf(relay), ...sender }
  }
  const own = login(resource)
  return { ...own, url: addressOf(own), from: from ?? text(`${resource.name}@landfall.localhost`) }
}

/** So that a component gets what it asks for, however the relay was written down. */
function partsOf(url: Value): Parts {
  return {
    host: { type: 'url-part', url, part: 'host' },
    port: { type: 'url-part', url, part: 'port', default: '587' },
    user: { type: 'url-part', url, part: 'user', default: '' },
    password: { type: 'url-part', url, part: 'password', default: '' },
  }
}

/** Names of users often have an @ in them. Port 465 is the one that speaks TLS from its first byte. */
function addressOf({ host, port, user, password }: Parts): Value {
  const scheme = port.type === 'text' && port.text === '465' ? 'smtps' : 'smtp'
  const escaped = (of: Value): Value => ({ type: 'url-text', of })
  return {
    type: 'join',
    parts: [text(`${scheme}://`), escaped(user), text(':'), escaped(password), text('@'), host, text(':'), port],
  }
}

type Parts = Record<'host' | 'port' | 'user' | 'password', Value>

function login(resource: Resource): Parts {
  return {
    host: { type: 'address', component: resource.name, part: 'host' },
    port: { type: 'address', component: resource.name, part: 'port' },
    user: text(resource.name),
    password: { type: 'stored', name: passwordOf(resource), secret: true },
  }
}

function server(resource: Resource): Component {
  const volume = volumeOf(resource)
  return {
    name: resource.name,
    type: 'worker',
    source: { type: 'server', resource: 'mail', version: programVersion(PROGRAM) },
    build: { builder: 'mail', options: {}, env: {}, timeoutSeconds: 60, limits: {} },
    command: ['/bin/sh', 'bin/start'].map(text),
    env: { SERVER_FOLDER: { type: 'volume', volume }, SERVER_SECRET: login(resource).password },
    health: { type: 'resource', resource: 'mail', values: login(resource), timeoutSeconds: 60 },
    needs: [],
    instances: 1,
    max: { instances: 1, because: 'it is one mailbox' },
    limits: {},
    releaseSteps: [],
    mounts: [{ volume, writers: 'one' }],
    stop: { drainSeconds: 0, signal: 'SIGTERM', graceSeconds: 15 },
    rollout: 'replace',
    address: 'own',
    runsAs: 'server',
    tasks: {},
    resource: resource.name,
  }
}
