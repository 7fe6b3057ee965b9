// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references as they stand in a manifest
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { codes, loadText } from './load-text.ts'
import { parseYaml } from './yaml.ts'

/** A manifest that is right, with some of its lines exchanged. */
function withLines(lines: { app?: string; web?: string[]; top?: string[] }): string {
  return [
    `app: ${lines.app ?? 'shop'}`,
    'components:',
    '  web:',
    '    type: web',
    ...(lines.web ?? []).map((line) => `    ${line}`),
    ...(lines.top ?? []),
  ].join('\n')
}
const codesOf = (text: string) => loadText(text).findings.map((f) => f.code)
const firstOf = (text: string) => {
  const [finding] = loadText(text).findings
  return finding ? `${finding.code} ${finding.at} ${finding.message}` : 'no finding'
}

test('the manifest that the others are made of is right', () => {
  const { app, findings } = loadText(withLines({}))
  expect(findings).toEqual([])
  expect(app?.components.map((c) => c.name)).toEqual(['web'])
})

test.each([
  'x; touch /tmp/p',
  '$(id)',
  '`id`',
  'a&b',
  'a|b',
  '"a\\nb"',
  '-rf',
  '--privileged',
  '.',
  '..',
  '""',
  'a'.repeat(65),
  'x',
  'Shop',
  '123',
  '[a]',
])('an app is not named %s', (name) => {
  const [finding, ...others] = loadText(withLines({ app: name.startsWith('"') || name === '[a]' ? name : `'${name}'` })).findings
  expect(others).toEqual([])
  expect(finding?.code).toBe('E_NAME')
  expect(finding?.at).toBe('landfall.yaml:1:6')
  expect(finding?.message).toContain('2 to 40 of a-z, 0-9 and -')
})

test.each([
  ['аpp', 'U+0430'],
  ['sh\u200bop', 'U+200B'],
  ['shop\u202e', 'U+202E'],
])('a name that only looks right is refused with its code point: %j', (name, point) => {
  const message = firstOf(withLines({ app: `"${name}"` }))
  expect(message).toContain('E_NAME')
  expect(message).toContain(point)
  expect(message).not.toMatch(/[\u200b\u202e]/)
})

test('two things of one name are refused with both places', () => {
  const text = 'app: shop\ncomponents:\n  db: { type: web }\nresources:\n  db: { type: postgres }'
  expect(firstOf(text)).toBe('E_DUPLICATE landfall.yaml:5:3 resources.db: a component has this name too, at landfall.yaml:3:3')
})

test.each(['landfall', 'localhost', 'routes'])('the name %s is reserved', (name) => {
  expect(codes(loadText(`app: shop\ncomponents:\n  ${name}: { type: web }`))).toContain('E_RESERVED 3:3')
})

test.each([
  ['scale: { replcias: 2 }', 'did you mean `instances`?'],
  ['replicas: 2', 'did you mean `scale: { instances: … }`?'],
  ['comand: x', 'did you mean `run`?'],
  ['memory: 512Mi', 'did you mean `build: { memory: … }`?'],
  ['environment: {}', 'did you mean `env`?'],
  ['healthcheck: /', 'did you mean `health`?'],
])('an unknown key is told apart from what was meant: %s', (line, hint) => {
  const { findings } = loadText(withLines({ web: [line] }))
  expect(findings).toHaveLength(1)
  expect(findings[0]?.code).toBe('E_UNKNOWN_KEY')
  expect(findings[0]?.hint).toBe(hint)
})

test('a key that stands twice is refused with both lines', () => {
  expect(firstOf('app: shop\ncomponents: {}\napp: other')).toBe(
    'E_DUPLICATE_KEY landfall.yaml:3:1 app: "app" stands here twice, first at landfall.yaml:1:1',
  )
})

test.each(['!!js/function "x"', '!foo bar', '!!binary aGk=', '!!set {a}', '!foo |\n      text'])(
  'the tag of %s is refused',
  (value) => {
    expect(codesOf(withLines({ web: [`run: ${value}`] }))).toContain('E_YAML_TAG')
  },
)

test.each(['__proto__', 'constructor', 'prototype'])('%s is no key, at any depth, and changes nothing', (key) => {
  const before = Object.keys(Object.prototype)
  for (const text of [
    withLines({ top: [`${key}: { polluted: 1 }`] }),
    withLines({ web: [`${key}: { polluted: 1 }`] }),
    withLines({ top: ['env:', `  ${key}: { default: x }`] }),
    withLines({ web: [`health: { path: /, json: { ${key}: { polluted: 1 } } }`] }),
  ]) {
    expect(codesOf(text)).toEqual(['E_UNKNOWN_KEY'])
  }
  expect(Object.keys(Object.prototype)).toEqual(before)
  expect(({} as Record<string, unknown>).polluted).toBeUndefined()
})

test.each(['-1', '1.5', '1e9', '51'])('%s is no number of instances', (count) => {
  expect(firstOf(withLines({ web: [`scale: { instances: ${count} }`] }))).toMatch(/^E_RANGE .*from 0 to 50/)
})
test.each(['"3"', '.nan', 'many', 'true'])('%s is not even a number', (count) => {
  expect(firstOf(withLines({ web: [`scale: { instances: ${count} }`] }))).toMatch(/^E_TYPE .*0 to 50/)
})

test.each(['0', '70000', '80a', '22', '-1', '1.5', '"80"', '7070', '.inf'])('%s is no port', (port) => {
  expect(codesOf(withLines({ web: [`port: ${port}`] }))).toEqual(['E_PORT'])
})

test.each([
  '"*.com"',
  'a b',
  'evil..com',
  'a.'.repeat(150),
  '127.0.0.1',
  '"[::1]"',
  'shop',
  'Shop.example',
  'a_b.example',
  '-a.example',
  'shop.example:80',
  'http://shop.example',
  'bücher.example',
  '5',
])('%s is no host', (host) => {
  const text = withLines({
    top: ['routes:', `  - { host: ${/^[\w.-]+$/.test(host) || host.startsWith('"') ? host : `'${host}'`}, to: web }`],
  })
  expect(codesOf(text)).toEqual(['E_DOMAIN'])
})

test.each(['api', '//x', '/../', '/%2e%2e/', '"/a\\r\\nb"', '/a b', '/a?b', '/a//b', '/.', '""'])(
  '%s is no path prefix',
  (path) => {
    expect(codesOf(withLines({ top: ['routes:', `  - { host: shop.example, path: ${path}, to: web }`] }))).toEqual(['E_PATH'])
  },
)

test.each(['"A;B"', '"A=B"', '1A', '""', 'A-B', '"A B"', `"${'A'.repeat(200)}"`])('%s is no name of a variable', (key) => {
  expect(codesOf(withLines({ top: ['env:', `  ${key}: x`] }))).toEqual(['E_ENV_KEY'])
})
test.each(['LD_PRELOAD', 'LD_LIBRARY_PATH', 'NODE_OPTIONS', 'PORT', 'PATH', 'LANDFALL_RELEASE', 'BASH_ENV'])(
  '%s is not to be set',
  (key) => {
    expect(codesOf(withLines({ top: ['env:', `  ${key}: x`] }))).toEqual(['E_ENV_RESERVED'])
    expect(codesOf(withLines({ web: ['env:', `  ${key}: x`] }))).toEqual(['E_ENV_RESERVED'])
  },
)

test('a value has no NUL and is not larger than a process can be given', () => {
  expect(codesOf(withLines({ top: ['env:', '  A: "a\\0b"'] }))).toEqual(['E_ENV_VALUE'])
  expect(codesOf(withLines({ top: ['env:', `  A: ${'x'.repeat(130_000)}`] }))).toEqual(['E_ENV_VALUE'])
  expect(codesOf(withLines({ top: ['env:', `  A: ${'x'.repeat(1_000_000)}`] }))).toEqual(['E_TOO_LARGE'])
})

test('newlines and quotes in a value arrive as they are', () => {
  const { app, findings } = loadText(withLines({ top: ['env:', '  A: "one\\ntwo \\"three\\" \'four\' $five `six` \\\\"'] }))
  expect(findings).toEqual([])
  expect(app?.contract[0]?.default).toEqual({ type: 'text', text: 'one\ntwo "three" \'four\' $five `six` \\' })
})

test.each([
  `AKIA${'ABCDEFGH'.repeat(2)}`,
  `sk_live_${'a1b2'.repeat(5)}`,
  `ghp_${'a1b2'.repeat(8)}`,
  '"-----BEGIN RSA PRIVATE KEY-----\\nMIIE"',
  'postgres://shop:hunter22@db.example/shop',
])('a value that looks like a key is refused and not repeated: %s', (value) => {
  const { findings } = loadText(withLines({ top: ['env:', `  THING: ${value}`] }))
  expect(findings.map((f) => f.code)).toEqual(['E_SECRET_IN_MANIFEST'])
  expect(JSON.stringify(findings)).not.toContain(value.slice(4, 20))
})
test('a secret has no value in the file, and what is named like one is pointed out', () => {
  expect(codesOf(withLines({ top: ['env:', '  A: { secret: true, default: hunter2 }'] }))).toEqual(['E_SECRET_IN_MANIFEST'])
  expect(codesOf(withLines({ top: ['env:', '  ADMIN_PASSWORD: hunter2'] }))).toEqual(['W_SECRET_IN_MANIFEST'])
})

test('a variable that nobody declared is missing, and a circle of them is shown', () => {
  expect(firstOf(withLines({ top: ['env:', '  A: "${B}"'] }))).toMatch(/^E_SECRET_MISSING landfall.yaml:6:6 .*"B"/)
  const circle = withLines({ top: ['env:', '  A: "x${B}"', '  B: "y${C}"', '  C: "z${A}"'] })
  expect(firstOf(circle)).toMatch(/^E_CYCLE .*A → B → C → A/)
  expect(codesOf(withLines({ top: ['env:', '  A: "${A}"'] }))).toEqual(['E_CYCLE'])
})

test.each(['http://169.254.169.254/', '//evil', '"/x\\r\\nHost: y"', 'health', '/a b', '/../etc', '"/\\u0000"', '/a\\b', '5'])(
  '%s is no path of a health check',
  (path) => {
    expect(codesOf(withLines({ web: [`health: { path: ${path} }`] }))).toEqual(['E_HEALTH_PATH'])
    if (path !== '5') expect(codesOf(withLines({ web: [`health: ${path}`] }))).toEqual(['E_HEALTH_PATH'])
  },
)

test.each([
  ['node a.js && rm -rf /', '[node, a.js]'],
  ['a | b', '[a]'],
  ['a; b', '[a]'],
  ['a > /tmp/x', '[a]'],
  ['a < /etc/passwd', '[a]'],
  ['a & b', '[a]'],
  ['a $(id)', '[a]'],
  ['a "$(id)"', '[a,'],
  ['a `id`', '[a]'],
])('only a shell could carry out %s', (command, array) => {
  for (const key of ['run', 'test', 'release', 'seed']) {
    const { findings } = loadText(withLines({ web: [`${key}: '${command}'`] }))
    expect(findings.map((f) => f.code)).toEqual(['E_COMMAND'])
    expect(findings[0]?.hint).toContain(array)
    expect(findings[0]?.hint).toContain('[sh, -c, ')
  }
})
test.each(['$HOME/run', 'A=1 node a.js', '"open', "'open", '""', '   '])('%s is no command either', (command) => {
  expect(codesOf(withLines({ web: [`run: ${JSON.stringify(command)}`] }))).toEqual(['E_COMMAND'])
})
test('a value never becomes part of a program of the shell', () => {
  expect(codesOf(withLines({ web: ['run: [sh, -c, "exec server ${PORT}"]'] }))).toEqual(['E_COMMAND'])
  expect(codesOf(withLines({ web: ['run: [/bin/bash, -ec, "exec server ${PORT}"]'] }))).toEqual(['E_COMMAND'])
  expect(codesOf(withLines({ web: ['run: [sh, -c, "exec server $PORT"]'] }))).toEqual([])
})

test.each([
  '/',
  '/etc',
  '/etc/ssl',
  '/var/run/docker.sock',
  '../x',
  '""',
  '~/data',
  './data',
  '.',
  '/a/../etc',
  '/proc',
  '/usr/lib',
  '/home',
  '"/a\\nb"',
  '/a:b',
  '/run/x',
])('a volume is not mounted at %s', (path) => {
  expect(codesOf(withLines({ web: [`mounts: { data: ${path} }`], top: ['resources: { data: { type: volume } }'] }))).toEqual([
    'E_MOUNT',
  ])
})
test('mounts do not lie one in the other', () => {
  const top = ['resources: { data: { type: volume }, more: { type: volume } }']
  expect(codesOf(withLines({ web: ['mounts: { data: /app/data, more: /app/data/more }'], top }))).toEqual(['E_MOUNT'])
  expect(codesOf(withLines({ web: ['mounts: { data: /app/data, more: /app/data-more }'], top }))).toEqual([])
  expect(codesOf(withLines({ web: ['mounts: { data: data, more: data/more/ }'], top }))).toEqual(['E_MOUNT'])
  expect(codesOf(withLines({ web: ['mounts: { data: data/uploads, more: data/more/ }'], top }))).toEqual([])
})

test('what waits for itself is shown as the circle that it is', () => {
  expect(firstOf(withLines({ web: ['needs: [web]'] }))).toMatch(/^E_CYCLE .*web → web/)
  const text =
    'app: shop\ncomponents:\n  aa: { type: web, needs: [bb] }\n  bb: { type: worker, needs: [cc] }\n  cc: { type: worker, needs: [aa] }'
  expect(loadText(text).findings.map((f) => [f.code, f.message])).toContainEqual([
    'E_CYCLE',
    'components.aa.needs: goes round in a circle: aa → bb → cc → aa',
  ])
  expect(firstOf(withLines({ web: ['needs: [bd]'], top: ['resources: { db: { type: postgres } }'] }))).toMatch(
    /^E_UNKNOWN_REF landfall.yaml:5:13 /,
  )
})

test.each(['9999Gi', '0', '-1', '512', '"512"', '512M', '1.5', '0Mi', '1Ki', 'lots'])('%s is no size of memory', (memory) => {
  const { findings } = loadText(withLines({ web: [`scale: { memory: ${memory} }`] }))
  expect(findings.map((f) => f.code)).toEqual(['E_LIMIT'])
  expect(findings[0]?.hint).toContain('512Mi')
})

test('another engine and another format are refused with what is here', () => {
  expect(firstOf(withLines({ top: ['engine: kubernetes'] }))).toMatch(/^E_ENGINE landfall.yaml:5:9 /)
  expect(codesOf(withLines({ web: ['source: { image: nginx }'] }))).toEqual(['E_ENGINE'])
  expect(loadText(withLines({ top: ['landfall: 99'] })).findings).toMatchObject([{ code: 'E_VERSION', hint: 'upgrade Landfall' }])
})

const EVERYTHING = parseYaml('everything', readFileSync('test/corpus/manifest/everything.yaml', 'utf8')).data
const HOSTILE = [
  '',
  ' ',
  '-rf',
  '--help',
  '../../etc/passwd',
  '/etc/passwd',
  '$(touch /tmp/p)',
  '`id`',
  'a; b',
  'a && b',
  '${',
  '${X}',
  '${db.url}',
  '${a.b.c}',
  '$$',
  'a\0b',
  'a\r\nHost: evil',
  '\u001b[2Jred',
  '\u202egnp.exe',
  'аpp',
  'x'.repeat(5000),
  '<img src=x onerror=y>',
  "'; drop table x; --",
  '=cmd()',
  '*',
  '%2e%2e',
  'http://169.254.169.254/',
  '//evil',
  'constructor',
  '(a+)+$',
  '9'.repeat(400),
]

/** Every place of a value, with a way to put another one there. */
function* places(value: unknown, put: (other: unknown) => unknown): Generator<(other: unknown) => unknown> {
  yield put
  if (Array.isArray(value)) {
    for (const [i, item] of value.entries()) yield* places(item, (other) => put(value.with(i, other)))
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, item] of Object.entries(value)) yield* places(item, (other) => put({ ...value, [key]: other }))
  }
}

test('hostile texts, numbers and shapes at every place of a manifest give an app or findings that can be read', () => {
  let tried = 0
  for (const put of places(EVERYTHING, (other) => other)) {
    for (const other of [...HOSTILE, null, -1, 1e21, true, [], {}, [null], { a: { b: [] } }]) {
      const { app, findings } = loadText(JSON.stringify(put(other)))
      tried += 1
      expect(app === undefined).toBe(findings.some((f) => f.level === 'error'))
      for (const { at, message, hint = '' } of findings) {
        expect(at).toMatch(/^landfall\.yaml:\d+:\d+$/)
        expect(message + hint).not.toMatch(/[\p{Cc}\p{Cf}]/u)
        expect(message.length).toBeLessThan(600)
      }
    }
  }
  expect(tried).toBeGreaterThan(5000)
}, 300_000)
