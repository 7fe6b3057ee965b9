import { expect, test } from 'vitest'
import { aComponent, anApp } from '../../test/laws/world.ts'
import { connectMemoryEdge } from '../edge/memory/index.ts'
import { applyDefaults } from './app-of.ts'
import { misfit } from './contract-check.ts'
import { expandResources } from './expand.ts'
import { generateValue } from './generate.ts'
import { routeText } from './value.ts'

const scope = { app: 'shop', environment: 'production' }
const routes = [
  { host: 'flick.example', path: '/', to: 'web' },
  { host: 'api.flick.example', path: '/v1', to: 'server' },
]

test('what the world calls the app, in every form that a variable may want', async () => {
  const edge = connectMemoryEdge()
  const text = (part: 'url' | 'host' | 'hosts' | 'origins' | 'cookieDomain', component?: string) =>
    routeText({ type: 'route', part, ...(component && { component }) }, scope, routes, edge)
  expect(await text('url', 'server')).toBe('http://api.flick.example/v1')
  expect(await text('url', 'web')).toBe('http://flick.example')
  expect(await text('host', 'web')).toBe('flick.example')
  expect(await text('hosts')).toBe('flick.example,api.flick.example')
  expect(await text('origins')).toBe('http://flick.example,http://api.flick.example')
  expect(await text('cookieDomain')).toBe('flick.example')
  await expect(text('url', 'worker')).rejects.toMatchObject({ code: 'E_NO_ROUTE' })
})

test('generated values have the length they were asked for and never come twice', () => {
  expect(generateValue({ kind: 'hex', length: 32 })).toMatch(/^[0-9a-f]{64}$/)
  expect(generateValue({ kind: 'password', length: 24 })).toMatch(/^[A-Za-z2-9]{24}$/)
  expect(Buffer.from(generateValue({ kind: 'base64', length: 16 }), 'base64')).toHaveLength(16)
  expect(generateValue({ kind: 'uuid', length: 0 })).toMatch(/^[0-9a-f-]{36}$/)
  expect(generateValue({ kind: 'hex', length: 8 })).not.toBe(generateValue({ kind: 'hex', length: 8 }))
})

test('a value that breaks its rule is told by rule and never by value', () => {
  const entry = {
    name: 'SECRET',
    components: [],
    isRequired: true,
    isSecret: true,
    minLength: 16,
    pattern: '[a-z]+',
    when: 'run' as const,
    at: 'env.SECRET',
  }
  expect(misfit(entry, 'hunter2')).toBe('has 7 characters, at least 16 are needed')
  expect(misfit(entry, 'ABCDEFGHIJKLMNOPQ')).toBe('does not match [a-z]+')
  expect(misfit(entry, 'a\0')).toMatch(/NUL/)
  expect(misfit(entry, 'abcdefghijklmnopq')).toBeUndefined()
})

test('a resource that is not known is an error with those that are', () => {
  const app = anApp([aComponent('web', '1')], { resources: [{ name: 'db', type: 'postgers', options: {} }] })
  expect(expandResources(app, {}).findings).toMatchObject([{ code: 'E_RESOURCE_TYPE', at: 'resources.db.type' }])
})

test('a variable that nobody set is its default, through others and by component; what is optional is left out', () => {
  const stored = (name: string) => ({ type: 'stored' as const, name, secret: false })
  const text = (t: string) => ({ type: 'text' as const, text: t })
  const entry = (name: string, components: string[], over = {}) => ({
    name,
    components,
    isRequired: true,
    isSecret: false,
    when: 'run' as const,
    at: `env.${name}`,
    ...over,
  })
  const env = {
    A: stored('A'),
    LEVEL: stored('LEVEL'),
    NOTE: stored('NOTE'),
    LINE: { type: 'join' as const, parts: [text('<'), stored('NOTE'), text('>')] },
  }
  const app = anApp(
    [aComponent('web', '1', { env }), aComponent('queue', '1', { type: 'worker', env: { LEVEL: stored('LEVEL') } })],
    {
      contract: [
        entry('A', ['web'], { default: { type: 'join', parts: [text('x'), stored('B')] } }),
        entry('B', ['web'], { default: text('y') }),
        entry('LEVEL', ['web'], { default: text('info') }),
        entry('LEVEL', ['queue'], { default: text('debug') }),
        entry('NOTE', ['web'], { isRequired: false }),
      ],
    },
  )
  const [web, queue] = applyDefaults(app, () => false).components
  expect(web!.env).toEqual({
    A: { type: 'join', parts: [text('x'), text('y')] },
    LEVEL: text('info'),
    LINE: { type: 'join', parts: [text('<'), text(''), text('>')] },
  })
  expect(queue!.env).toEqual({ LEVEL: text('debug') })
  expect(applyDefaults(app, (name) => name === 'NOTE').components[0]!.env.NOTE).toEqual(stored('NOTE'))
})
