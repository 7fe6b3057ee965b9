import { expect, test } from 'vitest'
import type { Value } from '../../model/value.ts'
import type { Found } from './find-server.ts'
import redis from './index.ts'
import { checkOptions } from './options.ts'

const cache = (options: Record<string, unknown> = {}) => ({ name: 'cache', type: 'redis', options })
const file = (text: string) => ({ path: 'redis.conf', text })
const findings = (options: Record<string, unknown>) => redis.check(cache(options)).map(({ code, at }) => `${code} ${at}`)
const local = { name: 'local', isProtected: false }

test('right options have no findings', () => {
  const rights = [
    {},
    { version: 7, persistence: 'aof', maxMemory: '256Mi', startEmpty: true },
    {
      version: '7.2',
      persistence: 'none',
      maxMemory: '1Gi',
      config: file('# a comment\n\n  maxmemory-policy allkeys-lru\r\nhz 20'),
    },
    { config: file('maxmemory 100mb') },
    { url: { env: 'REDIS_URL' } },
  ]
  for (const options of rights) expect(findings(options), JSON.stringify(options)).toEqual([])
})

test.each<[Record<string, unknown>, string]>([
  [{ version: 'latest' }, 'E_VERSION version'],
  [{ version: { major: 7 } }, 'E_VERSION version'],
  [{ version: '7; rm' }, 'E_VERSION version'],
  [{ persistence: 'rdb' }, 'E_TYPE persistence'],
  [{ persistence: false }, 'E_TYPE persistence'],
  [{ maxMemory: 256 }, 'E_RANGE maxMemory'],
  [{ maxMemory: '0Mi' }, 'E_RANGE maxMemory'],
  [{ maxMemory: '256' }, 'E_RANGE maxMemory'],
  [{ config: 'redis.conf' }, 'E_FILE config'],
  [{ config: 7 }, 'E_TYPE config'],
  [{ config: file('hz 10\nport 1') }, 'E_CONFIG config'],
  [{ config: file('maxmemory 1mb'), maxMemory: '1Mi' }, 'E_CONFIG config'],
  [{ config: file('hz 10\0') }, 'E_CONFIG config'],
  [{ config: file('#'.repeat(70_000)) }, 'E_CONFIG config'],
  [{ maxmemory: '1Gi' }, 'E_UNKNOWN_KEY maxmemory'],
  [{ __proto__: null, constructor: 1 }, 'E_UNKNOWN_KEY constructor'],
  [{ url: 'redis://:password@host' }, 'E_TYPE url'],
  [{ url: { env: 'A', more: 1 } }, 'E_TYPE url'],
])('%j gives %s', (options, finding) => {
  expect(findings(options)).toEqual([finding])
})

test('every line of a file that Landfall decides about is named with its number', () => {
  const lines = [
    'hz 10',
    'BIND 0.0.0.0',
    'requirepass x',
    'include /etc/passwd',
    '"port" 1',
    'tls-port 6380',
    'rename-command PING ""',
  ]
  const messages = redis.check(cache({ config: file(lines.join('\n')) })).map((f) => f.message)
  expect(messages).toHaveLength(6)
  expect(messages[0]).toBe('"redis.conf" line 2: `bind` cannot be set: Landfall decides where the server listens')
  expect(messages[3]).toContain('line 5')
})

test('a machine without a server is told what to install and what else there is', () => {
  const at = (there: Found[], options = {}) => checkOptions(cache(options), local, () => there)
  expect(at([])).toEqual([
    {
      level: 'error',
      code: 'E_NO_SERVER',
      at: '',
      message: 'neither redis-server nor valkey-server is on this machine',
      hint: expect.stringMatching(
        /^`landfall doctor --fix` .* apt-get install redis-server .* or give `url: \{ env: REDIS_URL \}`/,
      ),
    },
  ])
  expect(at([], { url: { env: 'REDIS_URL' } })).toEqual([])
  const old = { file: '/usr/bin/redis-server', flavour: 'redis', version: '5.0.14' } as const
  expect(at([old])[0]).toMatchObject({
    code: 'E_VERSION',
    message: expect.stringContaining('redis 5.0.14 (/usr/bin/redis-server)'),
  })
  const seven = { file: '/usr/bin/valkey-server', flavour: 'valkey', version: '7.2.11' } as const
  expect(at([old, seven])).toEqual([])
  expect(at([old, seven], { version: 7 })).toEqual([])
  expect(at([old, seven], { version: '7.20' }).map((f) => `${f.code} ${f.at}`)).toEqual(['E_VERSION version'])
})

test('offline, where no environment is asked for, the machine is not looked at', () => {
  const look = () => {
    throw new Error('looked')
  }
  expect(checkOptions(cache(), undefined, look)).toEqual([])
})

test('it becomes one server that is replaced, never doubled, with a volume of its own', () => {
  const { components, volumes, secrets, provision } = redis.expand(cache({ maxMemory: '1Gi' }))
  expect(components).toHaveLength(1)
  expect(components[0]).toMatchObject({
    name: 'cache',
    resource: 'cache',
    rollout: 'replace',
    address: 'own',
    runsAs: 'server',
    instances: 1,
    env: { REDIS_MAXMEMORY: { type: 'text', text: String(1024 ** 3) } },
    mounts: [{ volume: 'cache-data', writers: 'one' }],
  })
  expect([volumes, provision]).toEqual([[{ name: 'cache-data', runsAs: 'server' }], []])
  expect(secrets).toEqual([{ name: 'cache.password', kind: 'password', length: 32 }])
})

test('no secret reaches the command', () => {
  const { components } = redis.expand(cache())
  const isSecret = (v: Value): boolean => v.type === 'stored' || (v.type === 'join' && v.parts.some(isSecret))
  expect(components[0]!.command!.some(isSecret)).toBe(false)
})

test('another version or start program is another artifact', () => {
  const versionOf = (options = {}) => {
    const { source } = redis.expand(cache(options)).components[0]!
    return source.type === 'server' ? source.version : ''
  }
  expect(versionOf()).toMatch(/^any\+[0-9a-f]{8}$/)
  expect(versionOf({ version: 7 })).toMatch(/^7\+/)
  expect([redis.server!.resolve(versionOf()), redis.server!.resolve('7')]).toEqual([versionOf(), versionOf({ version: 7 })])
})

test('outputs are references, and an unknown one is named', () => {
  expect(redis.output(cache(), 'port')).toEqual({ type: 'address', component: 'cache', part: 'port' })
  expect(redis.output(cache(), 'password')).toEqual({ type: 'stored', name: 'cache.password', secret: true })
  const url = redis.output(cache(), 'url')
  expect(JSON.parse(JSON.stringify(url))).toEqual(url)
  for (const field of ['uri', 'constructor', 'user']) {
    expect(() => redis.output(cache(), field), field).toThrowError(expect.objectContaining({ code: 'E_OUTPUT' }))
  }
})

test('a server of somebody else gives its url and runs nothing here', () => {
  const external = cache({ url: { env: 'REDIS_URL' } })
  expect(redis.expand(external)).toEqual({ components: [], provision: [], volumes: [], secrets: [] })
  expect(redis.output(external, 'url')).toEqual({ type: 'stored', name: 'REDIS_URL', secret: true })
  const url = { type: 'stored', name: 'REDIS_URL', secret: true }
  expect(redis.output(external, 'host')).toEqual({ type: 'url-part', url, part: 'host' })
  for (const field of redis.outputs) for (const r of [external, cache()]) expect(redis.output(r, field)).toHaveProperty('type')
})

test('its data is not that of another server, and without persistence there is none', () => {
  expect(redis.data?.(cache())).toEqual({ type: 'redis', version: '1' })
  expect(redis.data?.(cache({ version: 8 }))).toEqual({ type: 'redis', version: '1' })
  expect(redis.data?.(cache({ persistence: 'none' }))).toBeUndefined()
  expect(redis.data?.(cache({ url: { env: 'REDIS_URL' } }))?.type).not.toBe('redis')
})
