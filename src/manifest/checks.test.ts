// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references as they stand in a manifest
import { expect, test } from 'vitest'
import { loadText } from './load-text.ts'

const HEAD =
  'app: shop\ncomponents: { web: { type: web }, api: { type: web } }\nroutes: [{ host: shop.example, to: web }]\nresources: { mail: { type: mail }, db: { type: postgres } }\n'
const load = (text: string) => loadText(HEAD + text)
const firstOf = (text: string) => {
  const [finding] = load(text).findings
  return finding && `${finding.code} ${finding.message}`
}
const checkOf = (check: string) => {
  const { app, findings } = load(`checks: [${check}]`)
  expect(findings).toEqual([])
  return app?.checks[0]
}

test('a request and the mail that it causes are two steps', () => {
  const check = checkOf(
    '{ name: a, post: /send, body: { to: "${EMAIL}" }, mail: { to: "${EMAIL}", linkHost: "${host}", follow: true } }',
  )
  expect(check?.steps).toMatchObject([
    { type: 'http', method: 'POST', path: '/send', expect: { status: 200 } },
    { type: 'mail', resource: 'mail', withinSeconds: 10, follow: { redirects: 5, expect: { status: 'ok' } } },
  ])
  expect(check?.on).toEqual(['release', 'restore'])
})

test.each([
  ['get: /', ['release', 'schedule', 'restore']],
  ['head: /, status: 204', ['release', 'schedule', 'restore']],
  ['sql: { query: select 1 }', ['release', 'schedule', 'restore']],
  ['post: /', ['release', 'restore']],
  ['websocket: /socket', ['release', 'restore']],
  ['manual: the front page', []],
  ['post: /, on: [schedule]', ['schedule']],
])('{ %s } is asked without a person at %j', (step, on) => {
  expect(checkOf(`{ name: a, ${step} }`)?.on).toEqual(on)
})

test('a place that must be redirected to means any redirect, and a followed link with a status means that very answer', () => {
  expect(checkOf('{ name: a, get: /old, location: /new }')?.steps).toMatchObject([
    { expect: { status: 'redirect', location: '/new' } },
  ])
  expect(checkOf('{ name: a, mail: { to: a@b.example, follow: { status: 303, location: /me } } }')?.steps).toMatchObject([
    { follow: { redirects: 0, expect: { status: 303, location: '/me' } } },
  ])
})

test.each([
  ['{ name: a }', /^E_MISSING checks\[0\]: asks for nothing/],
  ['{ name: a, get: /, websocket: /s }', /^E_CONFLICT checks\[0\]: has get and websocket, and a step asks once/],
  ['{ name: a, get: /, steps: [{ get: / }] }', /^E_CONFLICT checks\[0\]\.get: stands beside `steps`/],
  ['{ name: a, sql: { query: select 1 }, status: 200 }', /^E_CONFLICT checks\[0\]\.status: is about a request/],
  ['{ name: a, get: "/x/${token}" }', /^E_REFERENCE checks\[0\]\.get: "\$\{token\}" is nothing that a check knows here/],
  ['{ name: a, steps: [{ get: "/${t}" }, { get: /, capture: { t: json.t } }] }', /^E_REFERENCE checks\[0\]\.steps\[0\]\.get/],
  ['{ name: a, get: /, capture: { host: json.h } }', /^E_DUPLICATE checks\[0\]\.capture\.host: \$\{host\} is known already/],
  ['{ name: a, get: /, capture: { t: link } }', /^E_CAPTURE checks\[0\]\.capture\.t: "link" cannot be captured here/],
  ['{ name: a, get: /, capture: { t: "/(/" } }', /^E_PATTERN checks\[0\]\.capture\.t/],
  ['{ name: a, get: /, matches: "[" }', /^E_PATTERN checks\[0\]\.matches/],
  ['{ name: a, get: /, json: { a: [{ matches: "(" }] } }', /^E_PATTERN checks\[0\]\.json\.a\[0\]\.matches/],
  ['{ name: a, mail: { to: "${EMIAL}" } }', /^E_REFERENCE checks\[0\]\.mail\.to/],
  [
    '{ name: a, mail: { to: a@b.example, resource: db } }',
    /^E_UNKNOWN_REF checks\[0\]\.mail\.resource: there is no mail resource "db"/,
  ],
  ['{ name: a, manual: look, on: [release] }', /^E_CONFLICT checks\[0\]\.on: nobody can look at a release before it has traffic/],
  ['{ name: a, steps: [{ manual: look }, { get: / }] }', /^E_CONFLICT checks\[0\]: a person looks at one thing/],
  ['{ name: a, websocket: "ws://evil.example/" }', /^E_PATH checks\[0\]\.websocket/],
  ['{ name: a, get: "/../x" }', /^E_PATH checks\[0\]\.get/],
  ['{ name: a, get: /, on: [tuesdays] }', /^E_TYPE checks\[0\]\.on\[0\]/],
  ['{ name: a, mail: {} }', /^E_MISSING checks\[0\]\.mail\.to/],
])('%s is refused', (check, message) => {
  expect(firstOf(`checks: [${check}]`)).toMatch(message)
})

test('without its resource a check says what to declare', () => {
  const { findings } = loadText(
    'app: shop\ncomponents: { web: { type: web } }\nchecks: [{ name: a, sql: { query: select 1 } }]\n',
  )
  expect(findings).toMatchObject([{ code: 'E_UNKNOWN_REF', hint: 'resources: { db: { type: postgres } }' }])
})

test('troubles are told apart by what tells of them', () => {
  const { app, findings } = load(
    [
      'checks: [{ name: search, get: / }]',
      'troubles:',
      '  - { symptom: a, cause: b, check: search }',
      '  - { symptom: a, cause: b, check: landfall mail test you@example.com }',
      '  - { symptom: a, see: c, cause: b, check: { run: node room.js, in: api }, fix: d }',
      '  - { symptom: a, cause: b }',
    ].join('\n'),
  )
  expect(findings).toEqual([])
  expect(app?.troubles?.map((t) => t.check)).toEqual([
    { type: 'check', name: 'search' },
    { type: 'landfall', args: ['mail', 'test', 'you@example.com'] },
    { type: 'command', component: 'api', command: ['node', 'room.js'] },
    undefined,
  ])
})

test.each([
  ['landfall up --yes', /^E_COMMAND troubles\[0\]\.check: "landfall up --yes" is not a command that only looks/],
  ['landfall doctor', /^E_COMMAND/],
  ['landfall mail testament', /^E_COMMAND/],
  ['node room.js', /^E_MISSING troubles\[0\]\.check: is a command, and does not say beside which component it runs/],
  ['{ run: node room.js, in: apii }', /^E_UNKNOWN_REF troubles\[0\]\.check\.in: there is no component that runs "apii"/],
  ['{ run: "node room.js && rm x", in: api }', /^E_COMMAND troubles\[0\]\.check/],
  ['{ run: [node, "${PORT}"], in: api }', /^E_REFERENCE troubles\[0\]\.check/],
])('a trouble is not looked into by %s', (check, message) => {
  expect(firstOf(`troubles: [{ symptom: a, cause: b, check: ${check} }]`)).toMatch(message)
})

test('an environment that is protected is asked every minute, and others say how often', () => {
  const text =
    'environments: { quiet: { protect: true, uptime: false }, live: { protect: true }, staging: { uptime: 5m }, other: {} }'
  const secondsOf = (environment: string) => loadText(HEAD + text, environment).app?.environment.uptimeSeconds
  expect(['quiet', 'live', 'staging', 'other', 'local'].map(secondsOf)).toEqual([undefined, 60, 300, undefined, undefined])
})
