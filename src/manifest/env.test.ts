// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references as they stand in a manifest
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import type { EnvEntry } from '../model/app.ts'
import { loadText } from './load-text.ts'

/** An app with a web and a static component, and these lines under `env:`. */
const withEnv = (lines: string[], more: string[] = []) =>
  [
    'app: shop',
    'components:',
    '  web: { type: web }',
    '  site: { type: static }',
    'routes:',
    '  - { host: shop.example, to: web }',
    '  - { host: www.shop.example, to: site }',
    'environments: { production: { protect: true } }',
    ...more,
    'env:',
    ...lines.map((l) => `  ${l}`),
  ].join('\n')

function loadEnv(lines: string[], more: string[] = [], environment = 'local') {
  const { app, findings } = loadText(withEnv(lines, more), environment)
  if (!app) throw new Error(JSON.stringify(findings, null, 1))
  const component = (name: string) => app.components.find((c) => c.name === name)!
  const entry = (name: string): EnvEntry => app.contract.find((e) => e.name === name)!
  return { app, findings, web: component('web'), site: component('site'), entry }
}
const codesOf = (lines: string[], more: string[] = [], environment = 'local') =>
  loadText(withEnv(lines, more), environment).findings.map((f) => f.code)
const messageOf = (lines: string[], more: string[] = []) => loadText(withEnv(lines, more)).findings[0]?.message

test.each([
  ['int', '42', '4.2'],
  ['integer', '-1', 'one'],
  ['number', '4.2', '4,2'],
  ['bool', 'True', 'maybe'],
  ['boolean', 'off', '2'],
  ['url', 'postgres://db/x', 'shop.example'],
  ['email', 'a@b', 'a'],
  ['port', '65535', '65536'],
  ['list', 'a, b', 'a,,b'],
  ['hex(2)', 'beef', 'bee'],
  ['hex(2)', 'BEEF', 'beeg'],
])('a default must be of its type: %s takes %j and not %j', (type, right, wrong) => {
  expect(codesOf([`A: { default: "${right}", type: ${type} }`])).toEqual([])
  expect(codesOf([`A: { default: "${wrong}", type: ${type} }`])).toEqual(['E_ENV_VALUE'])
})

test('the contract says every kind by one word', () => {
  const { entry } = loadEnv([
    'A: { default: 1, type: integer }',
    'B: { default: "ab", type: hex(1) }',
    'C: { default: x, type: text }',
  ])
  expect([entry('A').type, entry('B').type, entry('C').type]).toEqual(['int', 'hex(1)', undefined])
  expect(codesOf(['A: { type: colour }'])).toEqual(['E_TYPE'])
  expect(codesOf(['A: { type: hex(0) }'])).toEqual(['E_TYPE'])
})

test('an enum has values, a list may have them, and nothing else has', () => {
  expect(loadEnv(['A: { default: b, type: enum, values: [a, b, 3] }']).entry('A').values).toEqual(['a', 'b', '3'])
  expect(codesOf(['A: { default: c, type: enum, values: [a, b] }'])).toEqual(['E_ENV_VALUE'])
  expect(codesOf(['A: { default: "a,c", type: list, values: [a, b] }'])).toEqual(['E_ENV_VALUE'])
  expect(codesOf(['A: { default: a, type: enum }'])).toEqual(['E_MISSING'])
  expect(codesOf(['A: { default: a, values: [a] }'])).toEqual(['E_CONFLICT'])
})

test('a pattern that tries every way is given up and told, and one that is none is too', () => {
  expect(codesOf([`A: { default: ${'a'.repeat(40)}!, pattern: "(a+)+" }`])).toEqual(['E_PATTERN'])
  expect(codesOf(['A: { default: abc, pattern: "[a-z]+" }'])).toEqual([])
  expect(codesOf(['A: { default: ab1, pattern: "[a-z]+" }'])).toEqual(['E_ENV_VALUE'])
  expect(codesOf(['A: { default: abc, pattern: "[a-z" }'])).toEqual(['E_PATTERN'])
})

test.each([
  'change-me',
  'changeme',
  'CHANGE_ME_PLEASE',
  'REPLACE_ME_WITH_50_CHARACTERS',
  'your-key-here',
  'xxx',
  '<token>',
  'insert key here',
])('a placeholder is refused where something is needed or secret: %s', (text) => {
  expect(codesOf([`A: { required: true, default: "${text}" }`])).toEqual(['E_PLACEHOLDER'])
  expect(codesOf([`A: { secret: true, default: "${text}" }`])).toEqual(['E_PLACEHOLDER'])
  expect(codesOf([`ADMIN_PASSWORD: "${text}"`])).toEqual(['E_PLACEHOLDER'])
  expect(codesOf([`A: { required: false, default: "${text}" }`])).toEqual([])
})

test.each(['exchange-measure', 'https://shop.example', 'replacement', 'xx', 'yours', 'your shop'])(
  '%j is no placeholder',
  (text) => {
    expect(codesOf([`A: { required: true, default: "${text}" }`])).toEqual([])
  },
)

test('only and forbidden keep a variable from an environment: nobody has it there, and nobody needs it', () => {
  const lines = ['BUCKET: { only: production }', 'DEBUG_KEY: { secret: false, forbidden: [production] }', 'X: "<${BUCKET}>"']
  const local = loadEnv(lines)
  expect(local.entry('BUCKET')).toMatchObject({ isKeptOut: true, isRequired: false, only: ['production'], components: ['web'] })
  expect(Object.keys(local.web.env)).toEqual(['DEBUG_KEY', 'X'])
  const production = loadEnv(lines, [], 'production')
  expect(production.entry('BUCKET')).toMatchObject({ isRequired: true, components: ['web'] })
  expect(Object.keys(production.web.env)).toEqual(['BUCKET', 'X'])
  expect(loadEnv(['A: { only: cloudron }']).entry('A').isKeptOut).toBe(true)
  expect(loadEnv(['A: { only: [cloudron, process] }']).entry('A').isKeptOut).toBeUndefined()
  expect(codesOf(['A: { only: prodution }'])).toEqual(['E_UNKNOWN_REF'])
  expect(messageOf(['A: { only: prodution }'])).toContain('"prodution" is neither an environment nor a target')
})

test('what is public reaches the build of a static component, and a secret never does', () => {
  const { web, site, entry } = loadEnv([
    'TITLE: { default: Shop, public: true }',
    'LEVEL: info',
    'BUILT: { default: x, when: build }',
  ])
  expect(Object.keys(site.build.env)).toEqual(['TITLE', 'BUILT'])
  expect(Object.keys(web.env)).toEqual(['TITLE', 'LEVEL'])
  expect(entry('TITLE')).toMatchObject({ isPublic: true, components: ['web', 'site'] })
  expect(codesOf(['A: { secret: true, public: true }'])).toEqual(['E_SECRET_PUBLIC'])
  expect(codesOf(['A: { generate: hex(32), public: true }'])).toEqual(['E_SECRET_PUBLIC'])
  expect(codesOf(['A: { secret: true, when: build }'])).toEqual(['E_SECRET_IN_BUILD'])
  expect(codesOf(['VITE_CLERK: { secret: true }'])).toEqual(['E_SECRET_PUBLIC'])
})

test('a static component that would give a secret’s name to browsers must say that it is public', () => {
  const site = (line: string) =>
    loadText(['app: shop', 'components:', '  site:', '    type: static', '    env:', `      ${line}`].join('\n')).findings.map(
      (f) => f.code,
    )
  expect(site('CLERK_SECRET_KEY: { required: true }')).toEqual(['E_SECRET_PUBLIC'])
  expect(site('CLERK_SECRET_KEY: { required: true, public: true }')).toEqual([])
  expect(site('PUBLISHABLE_KEY: { required: true }')).toEqual([])
})

test('groups name variables that there are, by one rule, and free them from being required', () => {
  const lines = ['A: { about: one }', 'B: { secret: true }', 'C: { required: true }']
  const { app, entry } = loadEnv(lines, [
    'groups:',
    '  r2: { allOrNone: [A, B], about: keeps files }',
    '  one: { oneOf: [B, C] }',
  ])
  expect(app.groups).toEqual([
    { name: 'r2', rule: 'allOrNone', names: ['A', 'B'], about: 'keeps files', at: 'groups.r2' },
    { name: 'one', rule: 'oneOf', names: ['B', 'C'], at: 'groups.one' },
  ])
  expect([entry('A').isRequired, entry('B').isRequired, entry('C').isRequired]).toEqual([false, false, true])
  expect(codesOf(lines, ['groups: { r2: { allOrNone: [A, BB] } }'])).toEqual(['E_UNKNOWN_REF'])
  expect(codesOf(lines, ['groups: { r2: { allOrNone: [A, A] } }'])).toEqual(['E_DUPLICATE'])
  expect(codesOf(lines, ['groups: { r2: { allOrNone: [A, B], oneOf: [A, C] } }'])).toEqual(['E_CONFLICT'])
  expect(codesOf(lines, ['groups: { r2: { } }'])).toEqual(['E_CONFLICT'])
  expect(codesOf(lines, ['groups: { r2: { allOfThem: [A, B] } }'])).toEqual(['E_UNKNOWN_KEY'])
})

test('requiredIf names another variable, with or without its value', () => {
  const { entry } = loadEnv([
    'MODE: { default: log }',
    'HOST: { requiredIf: { MODE: smtp } }',
    'PASSWORD: { secret: true, requiredIf: HOST }',
  ])
  expect(entry('HOST')).toMatchObject({ isRequired: false, requiredIf: { name: 'MODE', value: 'smtp' } })
  expect(entry('PASSWORD')).toMatchObject({ isRequired: false, requiredIf: { name: 'HOST' } })
  expect(codesOf(['A: { requiredIf: NOTHING }'])).toEqual(['E_UNKNOWN_REF'])
  expect(codesOf(['A: { requiredIf: B, required: true }', 'B: x'])).toEqual(['E_CONFLICT'])
})

test('a secret may arrive as a file, and never as part of a build', () => {
  const { web, entry } = loadEnv([
    'KEY: { secret: true, delivery: file }',
    'CERT: { secret: true, delivery: { file: /run/secrets/cert.pem } }',
  ])
  expect(web.envFiles).toEqual({ KEY: 'KEY', CERT: 'cert.pem' })
  expect(entry('CERT').delivery).toEqual({ type: 'file', name: 'cert.pem' })
  expect(codesOf(['A: { default: x, when: build, delivery: file }'])).toEqual(['E_CONFLICT'])
  expect(codesOf(['A: { default: x, delivery: file }', 'A_FILE: y'])).toEqual(['E_DUPLICATE'])
  for (const odd of ['../x', 'a/b', '/a/../b', '.', '/'])
    expect(codesOf([`A: { default: x, delivery: { file: "${odd}" } }`])).toEqual(['E_PATH'])
})

test('a source is a file, a program without a shell, or a variable of whoever runs it; what it gives is a secret', () => {
  const { entry } = loadEnv([
    'A: { source: { file: /run/secrets/a } }',
    'B: { source: { command: [op, read, "op://shop/key"], timeout: 5s } }',
    'C: { source: { env: CI_C }, secret: false }',
  ])
  expect(entry('A')).toMatchObject({ isSecret: true, isRequired: true, source: { type: 'file', path: '/run/secrets/a' } })
  expect(entry('B').source).toEqual({ type: 'command', command: ['op', 'read', 'op://shop/key'], timeoutSeconds: 5 })
  expect(entry('C')).toMatchObject({ isSecret: false, source: { type: 'variable', name: 'CI_C' } })
  expect(codesOf(['A: { source: { command: "a | b" } }'])).toEqual(['E_COMMAND'])
  expect(codesOf(['A: { source: { env: X }, default: y }'])).toEqual(['E_CONFLICT'])
  expect(codesOf(['A: { source: { vault: X } }'])).toContain('E_UNKNOWN_KEY')
})

test('every example of docs/environment.md is a manifest without a mistake', () => {
  const examples = [...readFileSync('docs/environment.md', 'utf8').matchAll(/```yaml\n([\s\S]*?)```/g)].map(
    ([, text = '']) => text,
  )
  expect(examples.length).toBeGreaterThan(1)
  for (const example of examples) {
    const { findings } = loadText(example.startsWith('app:') ? example : `app: shop\n${example}`)
    expect(
      findings.filter((f) => f.code !== 'W_NO_ROUTE'),
      example,
    ).toEqual([])
  }
})

test('the keys of the bucket that backups go to are known, and no component has them', () => {
  const more = ['backup: { to: { endpoint: "https://s3.example.com", bucket: b, accessKey: OWN_KEY, secretKey: OWN_SECRET } }']
  const { entry, web } = loadEnv(['A: x'], more)
  expect(entry('OWN_KEY')).toMatchObject({ components: [], isRequired: false, isSecret: false, at: 'backup.to.accessKey' })
  expect(entry('OWN_SECRET')).toMatchObject({ components: [], isSecret: true })
  expect(Object.keys(web.env)).toEqual(['A'])
  expect(loadEnv(['OWN_KEY: { default: abc }'], more).app.contract.filter((e) => e.name === 'OWN_KEY')).toHaveLength(1)
})
