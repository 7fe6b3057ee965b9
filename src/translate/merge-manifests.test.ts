import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { dataText } from '../manifest/write/data-text.ts'
import { effectiveManifest } from './effective-manifest.ts'
import { matchMarkers } from './match-markers.ts'
import { mergeManifests } from './merge-manifests.ts'

test('sources are one manifest: same name or same folder is the same component, and the first word counts', () => {
  const compose = {
    target: 'compose',
    manifest: { app: 'shop', components: { server: { type: 'web', source: 'server', port: 3000 } } },
    because: { 'components.server': 'compose.yaml:3' },
  }
  const procfile = {
    target: 'procfile',
    manifest: { app: 'other', components: { web: { type: 'web', source: 'server', port: 5000, run: 'node a.js' } } },
    because: { 'components.web': 'Procfile:1' },
  }
  const { manifest, because, findings } = mergeManifests([compose, procfile])
  expect(manifest).toEqual({
    app: 'shop',
    components: { server: { type: 'web', source: 'server', port: 3000, run: 'node a.js' } },
  })
  expect(because).toEqual({ 'components.server': 'compose.yaml:3; Procfile:1' })
  expect(findings).toEqual([
    {
      level: 'warning',
      code: 'W_CONFLICT',
      at: 'components.server.port',
      message: 'components.server.port: compose says 3000, procfile says 5000; the first was taken',
      hint: '--from procfile,compose takes the other',
    },
  ])
})

test('two components of one folder are not taken for another one', () => {
  const two = { target: 'a', manifest: { components: { web: { type: 'web' }, api: { type: 'web' } } }, because: {} }
  const one = { target: 'b', manifest: { components: { app: { type: 'web' } } }, because: {} }
  expect(Object.keys(mergeManifests([two, one]).manifest.components as object)).toEqual(['web', 'api', 'app'])
})

test('a manifest from data reads back as the same, with a comment for each part', () => {
  const data = {
    routes: [{ host: 'a.example', to: 'web' }],
    app: 'shop',
    components: { web: { run: ['node', 'a b', 'yes'], type: 'web', env: { VERSION: '1.10', ON: 'true' } } },
  }
  expect(dataText(data, { '': 'Made of x.', 'components.web': 'x:1\nevil: true' })).toBe(
    [
      '# Made of x.',
      'app: shop',
      '',
      'components:',
      '  # x:1 evil: true',
      '  web:',
      '    type: web',
      '    run: [ node, a b, "yes" ]',
      '    env: { VERSION: "1.10", "ON": "true" }',
      '',
      '# The names that the world uses. On this machine they get ports of their own.',
      'routes:',
      '  - { host: a.example, to: web }',
      '',
    ].join('\n'),
  )
})

test('an environment takes the place of what it overrides, and values keep their lines', () => {
  const data = {
    routes: [{ host: 'a.example', to: 'web' }],
    components: { web: { scale: { instances: 2 } } },
    environments: { staging: { hosts: { 'a.example': 's.example' }, scale: { web: { instances: 1 } } }, production: {} },
  }
  const { data: is, at } = effectiveManifest(data, 'staging', (path) => path.join('/'))
  expect(is).toEqual({ routes: [{ host: 's.example', to: 'web' }], components: { web: { scale: { instances: 1 } } } })
  expect([at(['routes', 0, 'host']), at(['routes', 0, 'to']), at(['components', 'web', 'scale', 'instances'])]).toEqual([
    'environments/staging/hosts/a.example',
    'routes/0/to',
    'environments/staging/scale/web/instances',
  ])
})

test('markers are globs that stop at slashes', () => {
  const target = {
    name: 'x',
    title: 'X',
    proof: 'valid' as const,
    markers: ['compose{.*,}.y{a,}ml', 'k8s/**/*.yaml'],
    describes: 'app' as const,
  }
  const names = ['compose.yaml', 'compose.prod.yml', 'a/compose.yaml', 'k8s/a.yaml', 'k8s/b/c.yaml', 'k8s.yaml', 'composeXyaml']
  expect(matchMarkers(target, names)).toEqual(['compose.prod.yml', 'compose.yaml', 'k8s/a.yaml', 'k8s/b/c.yaml'])
})

test('whatever texts a manifest has, it reads back as the same', () => {
  const text = fc.oneof(
    fc.string(),
    fc.string({
      unit: fc.constantFrom('a', '1', ' ', ':', '-', '#', ',', '{', '"', "'", '.', '_', '=', '~', '\n'),
      maxLength: 8,
    }),
    fc.constantFrom('yes', 'No', '1.10', '0x1F', '1e3', '.5', 'null', '12:30', '- a', 'a: b', 'true '),
  )
  fc.assert(
    fc.property(
      fc.dictionary(
        fc.constantFrom('RUN', 'A_B', 'x'),
        fc.oneof(text, fc.array(text, { minLength: 1 }), fc.integer(), fc.boolean()),
        { minKeys: 1 },
      ),
      (env) => {
        const data = { app: 'shop', components: { web: { type: 'web', env } } }
        expect(parse(dataText(data, {}), { version: '1.2' })).toEqual(data)
        expect(parse(dataText(data, {}), { version: '1.1' })).toEqual(data)
      },
    ),
    { numRuns: 1000 },
  )
})
