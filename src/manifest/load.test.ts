// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references as they stand in a manifest
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import type { App, Component } from '../model/app.ts'
import { loadManifest } from './load.ts'
import { codes, loadText } from './load-text.ts'

const EVERYTHING = readFileSync('test/corpus/manifest/everything.yaml', 'utf8')

/** The App of a text that must be right. */
function appOf(text: string, environment?: string): App {
  const { app, findings } = loadText(text, environment)
  if (!app) throw new Error(JSON.stringify(findings, null, 1))
  return app
}
const part = (app: App, name: string): Component => app.components.find((c) => c.name === name)!
const web = (lines: string[], top: string[] = []) =>
  ['app: shop', 'components:', '  web:', '    type: web', ...lines.map((l) => `    ${l}`), ...top].join('\n')
const text = (t: string) => ({ type: 'text' as const, text: t })

test('the smallest manifest runs, and can be reached on this machine', () => {
  const app = appOf('app: shop\ncomponents:\n  web: { type: web }')
  expect(app.environment).toEqual({ name: 'local', isProtected: false })
  expect(app.routes).toEqual([{ host: 'shop.localhost', path: '/', to: 'web' }])
  expect(app.keep).toEqual({ releases: 5 })
  expect(part(app, 'web')).toMatchObject({
    source: { type: 'folder', path: '/srv/shop', digest: '' },
    build: { builder: '', options: {}, env: {}, timeoutSeconds: 900, limits: { memoryMiB: 2048 } },
    health: { type: 'http', path: '/', everySeconds: 5, timeoutSeconds: 60, host: 'shop.localhost' },
    instances: 1,
    rollout: 'overlap',
    stop: { drainSeconds: 30, signal: 'SIGTERM', graceSeconds: 10 },
  })
  expect(part(app, 'web').health).not.toHaveProperty('status')
  expect(part(app, 'web')).not.toHaveProperty('command')
})

test('an app is data: it survives JSON', () => {
  const app = appOf(EVERYTHING, 'staging')
  expect(JSON.parse(JSON.stringify(app))).toEqual(app)
})

test('every key that this version does not carry out is announced, and nothing else is wrong', () => {
  const { app, findings } = loadText(EVERYTHING)
  expect(app).toBeDefined()
  expect(new Set(findings.map((f) => `${f.level} ${f.code}`))).toEqual(new Set(['lost W_NOT_YET']))
  const named = findings.map((f) => f.message.split(':')[0])
  expect(named).toEqual(['components.server.user', 'routes[0].cors', 'keep.warm', 'keep.decommissioned'])
})

test('all that is wrong is said at once, in the order of the file', () => {
  const wrong = [
    'app: Shop',
    'components:',
    '  web:',
    '    type: web',
    '    port: 0',
    '    run: a && b',
    '    needs: [nothing]',
    '    colour: red',
    '  worker:',
    '    type: wroker',
    '    scale: { memory: 512 }',
    'routes:',
    '  - { host: a..b, to: web }',
    '  - { host: shop.example, to: wbe }',
    '  - { host: shop.example, path: /w, to: worker }',
    'env:',
    '  A: "${NOBODY}"',
    'checks:',
    '  - { name: one }',
  ].join('\n')
  expect(codes(loadText(wrong))).toEqual([
    'E_NAME 1:6',
    'E_PORT 5:11',
    'E_COMMAND 6:10',
    'E_UNKNOWN_REF 7:13',
    'E_UNKNOWN_KEY 8:5',
    'E_UNKNOWN_TYPE 10:11',
    'E_LIMIT 11:22',
    'E_DOMAIN 13:13',
    'E_UNKNOWN_REF 14:31',
    'E_SECRET_MISSING 17:6',
    'E_MISSING 19:5',
  ])
})

test('commands are split at blanks and quotes, and references are put in per argument', () => {
  const app = appOf(web([`run: node "my server.js" --port=\${PORT} 'a b' --cost=$$5 \\"x\\"`]))
  expect(part(app, 'web').command).toEqual([
    text('node'),
    text('my server.js'),
    { type: 'join', parts: [text('--port='), { type: 'instance', field: 'port' }] },
    text('a b'),
    text('--cost=$5'),
    text('"x"'),
  ])
  expect(part(appOf(web(['run: [node, "a b", 3, "$X", "&&"]'])), 'web').command).toEqual(
    ['node', 'a b', '3', '$X', '&&'].map(text),
  )
})

test('values come from resources, components, routes and other variables', () => {
  const app = appOf(
    [
      'app: shop',
      'version: 1.2.3',
      'components:',
      '  web: { type: web, build: { env: { V: "v${version}" } }, env: { API: "http://${api.address}/${version}" } }',
      '  api: { type: web, env: { MODE: { default: "${LEVEL}-${index}" } } }',
      'resources: { db: { type: postgres } }',
      'env:',
      '  DATABASE_URL: { from: db.url }',
      '  ORIGINS: { from: routes.origins }',
      '  SITE: { from: web.url }',
      '  LEVEL: info',
      '  PAIR: "${db.host}:${db.port}"',
      'routes: [{ host: shop.example, to: web }]',
    ].join('\n'),
  )
  const value = (name: string) => app.contract.find((e) => e.name === name)?.default
  expect(value('DATABASE_URL')).toEqual({ type: 'output', resource: 'db', field: 'url' })
  expect(value('ORIGINS')).toEqual({ type: 'route', part: 'origins' })
  expect(value('SITE')).toEqual({ type: 'route', component: 'web', part: 'url' })
  expect(value('API')).toEqual({
    type: 'join',
    parts: [
      text('http://'),
      { type: 'address', component: 'api', part: 'hostport' },
      text('/'),
      { type: 'instance', field: 'version' },
    ],
  })
  expect(value('MODE')).toEqual({
    type: 'join',
    parts: [{ type: 'stored', name: 'LEVEL', secret: false }, text('-'), { type: 'instance', field: 'index' }],
  })
  expect(part(app, 'web').build.env.V).toEqual({ type: 'join', parts: [text('v'), text('1.2.3')] })
  // Whoever is reached from inside has an address; who refers to a resource needs it.
  expect(part(app, 'api').address).toBe('edge')
  expect(part(app, 'web')).not.toHaveProperty('address')
  expect(part(app, 'api').needs).toEqual(['db'])
  const secrets = app.contract.filter((e) => e.isSecret).map((e) => e.name)
  expect(secrets).toEqual(['DATABASE_URL'])
})

test("a variable reaches who it is for, and the component's own word on it wins", () => {
  const app = appOf(
    [
      'app: shop',
      'components:',
      '  web: { type: web, env: { LEVEL: debug } }',
      '  mailer: { type: worker }',
      '  site: { type: static, env: { TITLE: Shop } }',
      'env:',
      '  LEVEL: info',
      '  PUBLIC: { default: "yes", when: both }',
      '  KEY: { secret: true, generate: hex(32) }',
      'routes: [{ host: shop.example, to: web }]',
    ].join('\n'),
  )
  expect(app.contract.map((e) => [e.name, e.components, e.when, e.isRequired])).toEqual([
    ['LEVEL', ['mailer'], 'run', false],
    ['PUBLIC', ['web', 'mailer', 'site'], 'both', false],
    ['KEY', ['web', 'mailer'], 'run', false],
    ['LEVEL', ['web'], 'run', false],
    ['TITLE', ['site'], 'build', false],
  ])
  expect(part(app, 'site').env).toEqual({})
  expect(Object.keys(part(app, 'site').build.env)).toEqual(['PUBLIC', 'TITLE'])
  expect(Object.keys(part(app, 'web').env)).toEqual(['PUBLIC', 'KEY', 'LEVEL'])
  expect(part(app, 'web').env.KEY).toEqual({ type: 'stored', name: 'KEY', secret: true })
})

test('a secret goes into no argument, directly or through another variable, and into no build', () => {
  const resources = ['resources: { db: { type: postgres } }']
  expect(codes(loadText(web(['run: serve ${db.url}'], resources)))).toEqual(['E_SECRET_IN_ARGUMENT 5:10'])
  expect(codes(loadText(web(['run: serve ${db.host}'], resources)))).toEqual([])
  const env = [...resources, 'env:', '  URL: { from: db.url, secret: false }', '  DEEP: "x${URL}"']
  expect(codes(loadText(web(['run: serve ${DEEP}'], env)))).toEqual(['E_SECRET_IN_ARGUMENT 5:10'])
  expect(codes(loadText(web(['release: serve ${KEY}'], ['env: { KEY: { secret: true } }'])))).toEqual([
    'E_SECRET_IN_ARGUMENT 5:14',
  ])
  expect(codes(loadText(web([], ['env: { KEY: { secret: true, when: build } }'])))).toEqual(['E_SECRET_IN_BUILD 5:13'])
  expect(codes(loadText(web(['build: { env: { A: "${PORT}" } }'])))).toEqual(['E_REFERENCE 5:24'])
})

test('hosts are mapped by the environment, and made local where nobody maps them', () => {
  const manifest = [
    'app: shop',
    'components: { web: { type: web }, api: { type: web } }',
    'routes:',
    '  - { host: shop.example, to: web }',
    '  - { host: shop.example, path: /api/, to: api }',
    'checks: [{ name: api, get: /api/health?deep=1, host: shop.example }]',
    'environments:',
    '  staging: { hosts: { shop.example: staging.shop.example }, scale: { web: { instances: 3, memory: 1Gi } } }',
    '  production: { protect: true }',
  ].join('\n')
  const hosts = (environment: string) => appOf(manifest, environment).routes.map((r) => r.host + r.path)
  expect(hosts('local')).toEqual(['shop.example.localhost/', 'shop.example.localhost/api'])
  expect(hosts('staging')).toEqual(['staging.shop.example/', 'staging.shop.example/api'])
  expect(hosts('production')).toEqual(['shop.example/', 'shop.example/api'])
  expect(appOf(manifest, 'staging').checks[0]?.steps).toMatchObject([{ host: 'staging.shop.example' }])
  expect(part(appOf(manifest, 'staging'), 'web')).toMatchObject({ instances: 3, limits: { memoryMiB: 1024 } })
  expect(part(appOf(manifest, 'local'), 'web').instances).toBe(1)
  expect(appOf(manifest, 'production').environment).toEqual({ name: 'production', isProtected: true, uptimeSeconds: 60 })
  expect(codes(loadText(manifest, 'prodution'))).toEqual(['E_UNKNOWN_ENVIRONMENT 8:3'])
  expect(loadText(manifest, 'prodution').findings[0]?.hint).toBe('did you mean `production`?')
})

test('two environments that would answer to one host are pointed out', () => {
  const manifest = web([], ['routes: [{ host: shop.example, to: web }]', 'environments: { staging: {}, production: {} }'])
  expect(codes(loadText(manifest, 'staging'))).toEqual(['W_SHARED_HOST 6:42'])
})

test('an environment changes values, adds variables and changes resources', () => {
  const manifest = web(
    ['env: { OWN: one }'],
    [
      'resources: { db: { type: postgres, version: 17 } }',
      'env: { LEVEL: info, DATABASE_URL: { from: db.url } }',
      'environments:',
      '  production:',
      '    env: { LEVEL: warn, OWN: two, DATABASE_URL: { required: true, secret: true, default: "" }, MORE: x }',
      '    resources: { db: { url: { env: OUTSIDE_URL } } }',
    ],
  )
  const local = appOf(manifest)
  const production = appOf(manifest, 'production')
  const value = (app: App, name: string) => app.contract.find((e) => e.name === name)?.default
  expect([value(local, 'LEVEL'), value(local, 'OWN'), value(local, 'MORE')]).toEqual([text('info'), text('one'), undefined])
  expect([value(production, 'LEVEL'), value(production, 'OWN'), value(production, 'MORE')]).toEqual([
    text('warn'),
    text('two'),
    text('x'),
  ])
  expect(production.resources[0]?.options).toEqual({ version: 17, url: { env: 'OUTSIDE_URL' } })
  expect(production.contract.find((e) => e.name === 'OUTSIDE_URL')).toMatchObject({
    isRequired: true,
    isSecret: true,
    components: [],
  })
  expect(local.contract.map((e) => e.name)).not.toContain('OUTSIDE_URL')
})

test('a resource whose address comes from itself is a circle', () => {
  const manifest = web(
    [],
    ['resources: { db: { type: postgres, url: { env: DATABASE_URL } } }', 'env: { DATABASE_URL: { from: db.url } }'],
  )
  expect(codes(loadText(manifest))).toEqual(['E_CYCLE 5:48'])
})

test('a volume with one writer is handed over, and never given to two', () => {
  const top = ['resources: { data: { type: volume } }']
  const app = appOf(web(['mounts: { data: /app/data/ }'], top))
  expect(part(app, 'web')).toMatchObject({
    rollout: 'replace',
    mounts: [{ volume: 'data', path: '/app/data', writers: 'one' }],
    max: { instances: 1, because: 'the volume data has one writer' },
    needs: ['data'],
  })
  expect(codes(loadText(web(['mounts: { data: /app/data }', 'scale: { instances: 2 }'], top)))).toEqual(['E_RANGE 6:25'])
  expect(codes(loadText(web(['mounts: [data]', 'rollout: overlap'], top)))).toEqual(['E_CONFLICT 6:14'])
  const two = 'app: shop\ncomponents:\n  aa: { type: worker, mounts: [data] }\n  bb: { type: worker, mounts: [data] }\n'
  expect(codes(loadText(`${two}resources: { data: { type: volume } }`))).toEqual(['E_MOUNT 4:23'])
  const many = appOf(`${two}resources: { data: { type: volume, writers: many } }`)
  expect(many.components.map((c) => c.rollout)).toEqual(['overlap', 'overlap'])
})

test('a value that names a volume mounts it', () => {
  const top = ['resources: { data: { type: volume } }', 'env: { UPLOADS: { from: data.path } }']
  const app = appOf(web([], top))
  expect(part(app, 'web').mounts).toEqual([{ volume: 'data', writers: 'one' }])
  expect(app.contract[0]?.default).toEqual({ type: 'volume', volume: 'data' })
  // With two who could be meant, nobody is, until one says so.
  const two = ['  mailer: { type: worker }', ...top]
  expect(codes(loadText(web([], two)))).toEqual(['E_UNKNOWN_REF 7:17'])
  const said = appOf(web(['mounts: [data]'], two))
  expect(said.contract[0]?.components).toEqual(['web'])
  expect(part(said, 'mailer').mounts).toEqual([])
})

test('release steps, tasks and seeds are commands that run to their end', () => {
  const app = appOf(
    web([
      'release:',
      '  - migrate --all',
      '  - [collect, static files]',
      '  - { check: migrate --check, else: migrate, name: schema, repeatable: true }',
      '  - { run: collect, verify: { files: [static/a.css] } }',
      'seed: node seed.js',
      'tasks: { clean: [rm -r tmp, [mkdir, tmp]] }',
    ]),
  )
  expect(part(app, 'web').releaseSteps).toEqual([
    { name: 'release-1', run: [text('migrate'), text('--all')], isRepeatable: false },
    { name: 'release-2', run: [text('collect'), text('static files')], isRepeatable: false },
    { name: 'schema', run: [text('migrate')], check: [text('migrate'), text('--check')], isRepeatable: true },
    { name: 'release-4', run: [text('collect')], verify: { files: ['static/a.css'] }, isRepeatable: false },
  ])
  expect(part(app, 'web').tasks).toEqual({
    seed: [[text('node'), text('seed.js')]],
    clean: [
      [text('rm'), text('-r'), text('tmp')],
      [text('mkdir'), text('tmp')],
    ],
  })
  expect(codes(loadText(web(['release: [node, migrate.js]'])))).toEqual(['W_COMMAND_LIST 5:14'])
  expect(codes(loadText(web(['release: [{ else: migrate }]'])))).toEqual(['E_CONFLICT 5:15'])
  expect(codes(loadText(web(['release: [[serve, "${PORT}"]]'])))).toEqual(['E_REFERENCE 5:15'])
})

test('each type has the health check that suits it', () => {
  const app = appOf(
    'app: shop\ncomponents:\n  a1: { type: worker }\n  a2: { type: job }\n  a3: { type: static }\n  a4: { type: worker, health: { tcp: true, every: 500ms } }\n  a5: { type: web, health: /up }',
  )
  expect(app.components.map((c) => c.health)).toEqual([
    { type: 'alive', settleSeconds: 3, timeoutSeconds: 60 },
    undefined,
    undefined,
    { type: 'tcp', everySeconds: 0.5, timeoutSeconds: 60 },
    { type: 'http', path: '/up', status: 200, everySeconds: 5, timeoutSeconds: 60 },
  ])
  expect(codes(loadText('app: shop\ncomponents:\n  a2: { type: job, health: /x }'))).toEqual(['E_NOT_HERE 3:20'])
})

test('static components are served, and have nothing that runs', () => {
  const app = appOf(
    'app: shop\ncomponents:\n  site: { type: static, build: { output: dist }, serve: { spa: true, basePath: /portal, redirects: [{ from: /old, to: /new }], immutable: ["assets/**"] } }',
  )
  expect(part(app, 'site').serve).toEqual({
    spa: true,
    basePath: '/portal/',
    redirects: [{ from: '/old', to: '/new', status: 301 }],
    immutable: ['assets/**'],
  })
  expect(codes(loadText('app: shop\ncomponents:\n  site: { type: static, run: serve, release: x }'))).toEqual([
    'E_NOT_HERE 3:25',
    'E_NOT_HERE 3:37',
  ])
  expect(codes(loadText(web(['serve: { spa: true }'])))).toEqual(['E_NOT_HERE 5:5'])
})

test('what a version would lose when it is read as a number is to be quoted', () => {
  expect(codes(loadText(`version: 1.10\n${web([])}`))).toEqual(['E_TYPE 1:10'])
  expect(codes(loadText(web([], ['env: { A: 1.10, B: 010, C: 1e3, D: 1.1, E: 7, F: true }'])))).toEqual([
    'E_TYPE 5:11',
    'E_TYPE 5:20',
    'E_TYPE 5:28',
  ])
  expect(appOf(`version: 1.4\n${web([])}`).version).toBe('1.4')
})

test('a resource of a type that nobody has is an error with the nearest one', () => {
  expect(codes(loadText(web([], ['resources: { db: { type: postgress } }'])))).toEqual(['E_UNKNOWN_TYPE 5:26'])
})

test('a promise of at most so many instances is kept, also against an environment', () => {
  const manifest = web(
    ['scale: { instances: 1, max: 1, because: rate limits are counted in memory }'],
    ['routes: [{ host: shop.example, to: web }]', 'environments: { production: { scale: { web: { instances: 2 } } } }'],
  )
  const { findings } = loadText(manifest, 'production')
  expect(findings.map((f) => `${f.code} ${f.message}`)).toEqual([
    'E_RANGE environments.production.scale.web.instances: 2 is more than max, 1: rate limits are counted in memory',
  ])
  expect(codes(loadText(web(['scale: { max: 1 }'])))).toEqual(['E_MISSING 5:19'])
})

test('checks ask once, on hosts that there are', () => {
  const one = (check: string) => codes(loadText(web([], ['routes: [{ host: shop.example, to: web }]', `checks: [${check}]`])))
  expect(one('{ name: a, get: /, post: / }')).toEqual(['E_CONFLICT 6:10'])
  expect(one('{ name: a, get: /, body: x }')).toEqual(['E_CONFLICT 6:35'])
  expect(one('{ name: a, get: /, host: other.example }')).toEqual(['E_UNKNOWN_REF 6:35'])
  expect(one('{ name: a, post: /, body: { to: "${MAIL}" } }')).toEqual(['E_REFERENCE 6:42'])
  expect(one('{ name: a, get: / }, { name: a, get: /b }')).toEqual(['E_DUPLICATE 6:39'])
  expect(one('{ name: a, get: "http://169.254.169.254/" }')).toEqual(['E_PATH 6:26'])
  expect(codes(loadText('app: shop\ncomponents: { w1: { type: worker } }\nchecks: [{ name: a, get: / }]'))).toEqual([
    'E_UNKNOWN_REF 3:9',
  ])
})

test('data from a config file is held to the same rules, and places are manifest paths', () => {
  const load = (data: unknown) =>
    loadManifest({
      files: { name: 'landfall.config.ts', content: { type: 'data', data } },
      environment: 'local',
      folder: '/srv',
      outputs: () => undefined,
    })
  expect(load({ app: 'shop', components: { web: { type: 'web' } } }).app?.name).toBe('shop')
  expect(
    load({ app: 'shop', components: { web: { type: 'web', port: 0, colour: 1 } } }).findings.map((f) => [f.code, f.at]),
  ).toEqual([
    ['E_PORT', 'components.web.port'],
    ['E_UNKNOWN_KEY', 'components.web.colour'],
  ])
  expect(load({ app: 'shop', components: { web: { type: 'web', run: () => 'x' } } }).findings.map((f) => [f.code, f.at])).toEqual(
    [['E_TYPE', 'components.web.run']],
  )
  const circle: Record<string, unknown> = { app: 'shop' }
  circle.components = circle
  expect(load(circle).findings.map((f) => f.code)).toContain('E_DEPTH')
  expect(
    load(JSON.parse('{"app":"shop","components":{"web":{"type":"web","__proto__":{"x":1}}}}')).findings.map((f) => f.code),
  ).toEqual(['E_UNKNOWN_KEY'])
})

test('findings of others, who know only the manifest path, get their line', () => {
  const { locate } = loadText(web([], ['resources: { db: { type: postgres, version: 3 } }']))
  expect(locate('resources.db.version')).toBe('landfall.yaml:5:45')
  expect(locate('components.web')).toBe('landfall.yaml:4:5')
})
