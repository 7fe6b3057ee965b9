import { expect, test } from 'vitest'
import { aComponent, anApp } from '../../test/laws/world.ts'
import type { Component, Resource } from '../model/app.ts'
import type { Value } from '../model/value.ts'
import { resourceTypes } from '../resources/all.gen.ts'
import { applyDefaults } from './app-of.ts'
import { expandResources } from './expand.ts'

const output = (resource: string, field: string): Value => ({ type: 'output', resource, field })
const resource = (name: string, type: string, options: Record<string, unknown> = {}): Resource => ({ name, type, options })
const expanded = (env: Record<string, Value>, resources: Resource[], over: Partial<Component> = {}, app = {}) =>
  expandResources(anApp([aComponent('web', '1', { env, ...over })], { resources, ...app }), resourceTypes)
const codes = (found: ReturnType<typeof expanded>) => found.findings.map((f) => `${f.code} ${f.at}`)

test('more sessions than the server has are noticed, twice as many where old and new run side by side', () => {
  const env = { DATABASE_URL: output('db', 'url') }
  const said = (options: Record<string, unknown>, over: Partial<Component>) =>
    codes(expanded(env, [resource('db', 'postgres', options)], over))
  expect(said({ pool: 10 }, { instances: 4 })).toEqual([])
  expect(said({ pool: 10 }, { instances: 5 })).toEqual(['W_POOL resources.db.pool'])
  expect(said({ pool: 10 }, { instances: 5, rollout: 'replace' })).toEqual([])
  expect(said({ pool: 10, connections: 200 }, { instances: 5 })).toEqual([])
  // Of a server that is not ours nobody knows, unless it is said.
  const theirs = { url: { env: 'DATABASE_URL' }, pool: 90 }
  expect(said(theirs, { instances: 3 })).toEqual([])
  expect(said({ ...theirs, connections: 100 }, { instances: 3 })).toEqual(['W_POOL resources.db.pool'])
  // Who only reads does not take from the app's.
  const reading = { DATABASE_URL: output('db', 'readonlyUrl'), POOL: output('db', 'poolSize') }
  expect(codes(expanded(reading, [resource('db', 'postgres', { pool: 90 })], { instances: 5 }))).toEqual([])
})

test('a bucket falls back to a volume that is there and mounted by who asks for it', () => {
  const env = { MEDIA: output('media', 'path') }
  const bucket = resource('media', 'bucket', { provider: 'r2', fallback: { volume: 'files' } })
  const volume = resource('files', 'volume')
  expect(codes(expanded(env, [bucket]))).toEqual(['E_UNKNOWN_REF resources.media.fallback'])
  expect(codes(expanded(env, [bucket, volume]))).toEqual(['E_MOUNT components.web'])
  expect(codes(expanded(env, [bucket, volume], { mounts: [{ volume: 'files', writers: 'many' }] }))).toEqual([])
})

test('with its variables it is the bucket, without them the volume, and the component is the same', () => {
  const env = {
    KIND: output('media', 'kind'),
    BUCKET: output('media', 'name'),
    PUBLIC: output('media', 'publicUrl'),
    FILES: output('media', 'path'),
  }
  const resources = [resource('media', 'bucket', { provider: 'r2', fallback: { volume: 'files' } }), resource('files', 'volume')]
  const found = expanded(env, resources, { mounts: [{ volume: 'files', writers: 'many' }] })
  expect(found.app.groups).toMatchObject([{ name: 'media', rule: 'allOrNone', at: 'resources.media' }])
  expect(found.app.contract.map((e) => [e.name, e.isRequired, e.components])).toContainEqual([
    'CLOUDFLARE_R2_BUCKET_NAME',
    false,
    [],
  ])
  const envOf = (isSet: (name: string) => boolean) => applyDefaults(found.app, isSet).components[0]!.env
  expect(envOf(() => false)).toEqual({ KIND: { type: 'text', text: 'volume' }, FILES: { type: 'volume', volume: 'files' } })
  const set = envOf((name) => name.startsWith('CLOUDFLARE') && !name.endsWith('DOMAIN'))
  expect(set).toMatchObject({
    KIND: { type: 'text', text: 'bucket' },
    BUCKET: { type: 'stored', name: 'CLOUDFLARE_R2_BUCKET_NAME' },
    PUBLIC: { type: 'join', parts: [{ type: 'join' }, { text: '/' }, { type: 'stored' }] },
  })
  const domain: Value = { type: 'stored', name: 'CLOUDFLARE_R2_CUSTOM_DOMAIN', secret: false }
  expect(envOf(() => true).PUBLIC).toEqual({ type: 'join', parts: [{ type: 'text', text: 'https://' }, domain] })
})

test('parts of an address that nobody set and nobody needs are not passed', () => {
  const entry = {
    name: 'OWN_URL',
    components: ['web'],
    isRequired: false,
    isSecret: true,
    when: 'run' as const,
    at: 'env.OWN_URL',
  }
  const { app } = expanded(
    { HOST: output('db', 'host') },
    [resource('db', 'postgres', { url: { env: 'OWN_URL' } })],
    {},
    { contract: [entry] },
  )
  expect(applyDefaults(app, () => false).components[0]!.env).toEqual({})
  expect(applyDefaults(app, () => true).components[0]!.env.HOST).toMatchObject({ type: 'url-part', part: 'host' })
})
