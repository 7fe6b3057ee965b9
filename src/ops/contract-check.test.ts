import { expect, test } from 'vitest'
import { anApp } from '../../test/laws/world.ts'
import type { App, EnvEntry } from '../model/app.ts'
import { type Values, valueFindings } from './contract-check.ts'
import { insecureFindings } from './env-insecure.ts'

const production = { app: 'shop', environment: 'production' }
const entry = (name: string, over: Partial<EnvEntry> = {}): EnvEntry => ({
  name,
  components: ['web'],
  isRequired: false,
  isSecret: false,
  when: 'run',
  at: `env.${name}`,
  ...over,
})
const withContract = (contract: EnvEntry[], over: Partial<App> = {}): App =>
  anApp([], { contract, environment: { name: 'production', isProtected: true }, ...over })
const values = (set: Record<string, string>): Values => new Map(Object.entries(set).map(([name, value]) => [name, { value }]))
const found = (app: App, set: Record<string, string>) =>
  valueFindings(app, production, values(set)).map((f) => `${f.code} ${f.message}`)

test.each([
  [{ type: 'int' }, 'x', 'A is no whole number'],
  [{ type: 'bool' }, 'perhaps', 'A is neither true nor false (1 and 0, yes and no, on and off)'],
  [{ type: 'port' }, '0', 'A is no port: a whole number from 1 to 65535'],
  [{ type: 'hex(16)' }, 'abc', 'A is not 16 bytes in 32 hex digits'],
  [{ type: 'enum', values: ['a', 'b'] }, 'c', 'A is none of a, b'],
  [{ type: 'list', values: ['a', 'b'] }, 'a,c', 'A is no list of a, b: item 2 is none of them'],
  [{ minLength: 16 }, 'short', 'A has 5 characters, at least 16 are needed'],
  [{ pattern: '[a-z]+' }, 'ABC', 'A does not match [a-z]+'],
  [{ pattern: '(a|a)*b' }, 'a'.repeat(60), 'A was given up: its pattern "(a|a)*b" tries too many ways through a text'],
  [{ isRequired: true }, '', 'A is empty'],
  [{}, 'a\0b', 'A holds a NUL character'],
  [{}, 'x'.repeat(100 * 1024 + 1), 'A has more than 100 KiB; with `delivery: file` it may have 1024'],
  [{ delivery: { type: 'file', name: 'a' } }, 'x'.repeat(1024 * 1024 + 1), 'A has more than 1024 KiB'],
] satisfies [Partial<EnvEntry>, string, string][])('%j does not take %.20j', (over, value, message) => {
  const findings = valueFindings(withContract([entry('A', over)]), production, values({ A: value }))
  expect(findings).toMatchObject([{ level: 'error', code: 'E_ENV_VALUE', at: 'env.A', message, hint: 'landfall env set A' }])
})

test('a pattern that tries every way keeps no other from being tried', () => {
  const app = withContract([
    entry('A', { pattern: '(a+)+' }),
    entry('B', { pattern: '[0-9]+' }),
    entry('C', { pattern: '(b*)*c' }),
  ])
  const set = { A: `${'a'.repeat(50)}!`, B: 'x', C: 'b'.repeat(50) }
  expect(found(app, set)).toEqual([
    expect.stringContaining('A was given up'),
    'E_ENV_VALUE B does not match [0-9]+',
    expect.stringContaining('C was given up'),
  ])
})

test('what a template left is refused where it counts, and taken where it does not', () => {
  const left = 'REPLACE_ME_WITH_50_RANDOM_CHARACTERS'
  expect(found(withContract([entry('A', { isSecret: true, minLength: 99 })]), { A: left })).toEqual([
    'E_PLACEHOLDER A is a placeholder from a template, which everyone knows',
  ])
  expect(found(withContract([entry('ADMIN_PASSWORD')]), { ADMIN_PASSWORD: 'change-me' })).toHaveLength(1)
  expect(found(withContract([entry('URL', { isSecret: true })]), { URL: 'postgres://shop:changeme@db/shop' })).toHaveLength(1)
  expect(found(withContract([entry('TITLE')]), { TITLE: 'xxx' })).toEqual([])
})

test('a variable that is kept out must not be set, and is not missed', () => {
  const app = withContract([
    entry('A', { isKeptOut: true, forbidden: ['production'] }),
    entry('B', { isKeptOut: true, only: ['staging'] }),
  ])
  expect(found(app, {})).toEqual([])
  expect(found(app, { A: 'x', B: 'y' })).toEqual([
    'E_ENV_FORBIDDEN A is forbidden here (production), and must not be set',
    'E_ENV_FORBIDDEN B is only for staging, and must not be set here',
  ])
})

test('what is required because of another variable is missed when that one says so', () => {
  const app = withContract([
    entry('MODE', { default: { type: 'text', text: 'log' } }),
    entry('HOST', { requiredIf: { name: 'MODE', value: 'smtp' } }),
    entry('PASSWORD', { requiredIf: { name: 'HOST' }, isSecret: true }),
  ])
  expect(found(app, {})).toEqual([])
  expect(found(app, { MODE: 'smtp' })).toEqual([
    'E_ENV_MISSING HOST is required because MODE is "smtp", and has no value in production',
  ])
  expect(found(app, { HOST: 'mail.example' })).toEqual([
    'E_ENV_MISSING PASSWORD is required because HOST is set, and has no value in production',
  ])
  expect(found(app, { MODE: 'smtp', HOST: 'mail.example', PASSWORD: 'p' })).toEqual([])
})

test('rules over several variables say which of them are the matter', () => {
  const groups: App['groups'] = [
    { name: 'r2', rule: 'allOrNone', names: ['A', 'B', 'C'], about: 'uploads', at: 'groups.r2' },
    { name: 'key', rule: 'oneOf', names: ['K', 'KP'], at: 'groups.key' },
    { name: 'db', rule: 'anyOf', names: ['U', 'H'], at: 'groups.db' },
  ]
  const names = ['A', 'B', 'C', 'K', 'KP', 'U', 'H']
  const app = withContract(
    names.map((n) => entry(n)),
    { groups },
  )
  expect(found(app, { K: '1', U: '1' })).toEqual([])
  expect(found(app, { A: '1', B: '1', C: '1', KP: '1', U: '1', H: '1' })).toEqual([])
  expect(found(app, { A: '1', C: '', K: '1', KP: '1' })).toEqual([
    'E_ENV_GROUP r2 (uploads): A is set, and B, C are not: all or none',
    'E_ENV_GROUP key: K, KP are set, and only one of them may be',
    'E_ENV_GROUP db: at least one of U, H is needed',
  ])
  expect(found(app, { U: '1' })).toEqual(['E_ENV_GROUP key: one of K, KP is needed'])
  const keptOut = withContract(
    [entry('A', { isKeptOut: true }), entry('B', { isKeptOut: true }), entry('C', { isKeptOut: true })],
    {
      groups: groups.slice(0, 1),
    },
  )
  expect(found(keptOut, {})).toEqual([])
})

test('no finding holds the value that it is about', () => {
  const value = 'canary-5d41402abc'
  const rules: Partial<EnvEntry>[] = [
    ...(['int', 'bool', 'url', 'email', 'port', 'hex(4)'] as const).map((type) => ({ type })),
    { type: 'enum', values: ['a'] },
    { type: 'list', values: ['a'] },
    { pattern: '[0-9]+' },
    { minLength: 99 },
    { isKeptOut: true, only: ['x'] },
  ]
  const app = withContract(rules.map((over, i) => entry(`V${i}`, over)))
  const findings = valueFindings(app, production, values(Object.fromEntries(rules.map((_, i) => [`V${i}`, value]))))
  expect(findings).toHaveLength(rules.length)
  expect(JSON.stringify(findings)).not.toContain('canary')
})

test('http to the world is told in a protected environment, and there alone', async () => {
  const route = async () => 'http://shop.example,https://www.shop.example'
  const contract = [
    entry('ORIGINS', { default: { type: 'route', part: 'origins' } }),
    entry('API', { default: { type: 'text', text: 'http://api.example/v1' } }),
    entry('HOOK', { isSecret: true }),
    entry('INNER', { default: { type: 'text', text: 'http://server:8000,http://10.0.0.4/,http://localhost:3000' } }),
    entry('SAFE', { default: { type: 'text', text: 'https://api.example' } }),
  ]
  const set = values({ HOOK: 'http://hook.example/t0ken' })
  const told = await insecureFindings(withContract(contract), set, route)
  expect(told.map((f) => `${f.level} ${f.code} ${f.message.split(',')[0]}`)).toEqual([
    'warning W_INSECURE ORIGINS has http for shop.example in production',
    'warning W_INSECURE API has http for api.example in production',
    'warning W_INSECURE HOOK has an address with http in production',
  ])
  const open = withContract(contract, { environment: { name: 'staging', isProtected: false } })
  expect(await insecureFindings(open, set, route)).toEqual([])
})
