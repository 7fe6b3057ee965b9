import { expect, test } from 'vitest'
import type { Value } from '../../model/value.ts'
import bucket from './index.ts'
import { isBackedUp, readPrefixes } from './prefixes.ts'

const media = (options: Record<string, unknown> = {}) => ({ name: 'media', type: 'bucket', options })
const findings = (options: Record<string, unknown>) => bucket.check(media(options)).map(({ code, at }) => `${code} ${at}`)
const r2 = {
  accountId: { env: 'CLOUDFLARE_R2_ACCOUNT_ID' },
  bucket: { env: 'CLOUDFLARE_R2_BUCKET_NAME' },
  accessKey: { env: 'CLOUDFLARE_R2_ACCESS_KEY_ID' },
  secretKey: { env: 'CLOUDFLARE_R2_SECRET_ACCESS_KEY' },
}
const s3 = {
  ...r2,
  accountId: undefined,
  endpoint: 'https://s3.eu-central-1.amazonaws.com',
  bucket: 'flick-media',
  region: 'eu-central-1',
}

test('right options have no findings', () => {
  for (const options of [{}, { name: 'flick-media', startEmpty: true }, r2, s3, { ...s3, endpoint: { env: 'S3_ENDPOINT' } }]) {
    expect(findings(options), JSON.stringify(options)).toEqual([])
  }
})

test.each<[Record<string, unknown>, string]>([
  [{ name: 'A' }, 'E_NAME name'],
  [{ name: 'a.b' }, 'E_NAME name'],
  [{ name: '-ab' }, 'E_NAME name'],
  [{ name: 7 }, 'E_NAME name'],
  [{ ...r2, name: 'own' }, 'E_CONFLICT name'],
  [{ ...r2, endpoint: 'https://x.example' }, 'E_CONFLICT accountId'],
  [{ region: 'eu' }, 'E_CONFLICT region'],
  [{ ...s3, endpoint: 'https://user:password@x.example' }, 'E_URL endpoint'],
  [{ ...s3, endpoint: 'ftp://x.example' }, 'E_URL endpoint'],
  [{ ...s3, endpoint: 'x.example' }, 'E_URL endpoint'],
  [{ ...s3, accessKey: 'AKIAIOSFODNN7EXAMPLE' }, 'E_TYPE accessKey'],
  [{ ...s3, secretKey: 'wJalrXUtnFEMI' }, 'E_TYPE secretKey'],
  [{ ...s3, bucket: 'No Bucket' }, 'E_TYPE bucket'],
  [{ ...r2, accountId: 'https://evil.example/' }, 'E_TYPE accountId'],
  [{ secretkey: { env: 'A' } }, 'E_UNKNOWN_KEY secretkey'],
  [{ provider: 's3' }, 'E_TYPE provider'],
  [{ customDomain: 'media.example' }, 'E_CONFLICT customDomain'],
  [{ ...r2, customDomain: 'https://media.example/' }, 'E_TYPE customDomain'],
  [{ prefixes: ['tmp/'] }, 'E_TYPE prefixes'],
  [{ prefixes: { 'tmp/': '1d' } }, 'E_TYPE prefixes.tmp/'],
  [{ prefixes: { tmp: { expire: '1d' } } }, 'E_PATH prefixes.tmp'],
  [{ prefixes: { '/tmp/': {} } }, 'E_PATH prefixes./tmp/'],
  [{ prefixes: { 'tmp/': { expire: '1 day' } } }, 'E_DURATION prefixes.tmp/.expire'],
  [{ prefixes: { 'tmp/': { expires: '1d' } } }, 'E_UNKNOWN_KEY prefixes.tmp/.expires'],
  [{ prefixes: { 'tmp/': { keep: true, expire: '1d' } } }, 'E_CONFLICT prefixes.tmp/.expire'],
  [{ prefixes: { 'tmp/': { rebuildable: true, backup: true } } }, 'E_CONFLICT prefixes.tmp/.backup'],
  [{ prefixes: { 'a/': { expire: '1d' }, 'a/b/': { keep: true } } }, 'E_CONFLICT prefixes.a/b/'],
  [{ ...s3, prefixes: { 'tmp/': { expire: '7d' } } }, 'W_EXPIRE_ELSEWHERE prefixes.tmp/.expire'],
  [{ fallback: 'media' }, 'E_TYPE fallback'],
])('%j gives %s', (options, finding) => {
  expect(findings(options)).toEqual([finding])
})

test('the four of a bucket that is not ours go together, and those that are missing are named', () => {
  const missing = (options: Record<string, unknown>) =>
    bucket.check(media(options)).map((f) => [f.code, f.message.split('; ')[1]])
  expect(missing({ bucket: { env: 'B' } })).toEqual([['E_MISSING', 'endpoint and accessKey and secretKey is missing']])
  for (const key of ['bucket', 'accessKey', 'secretKey']) {
    expect(missing({ ...r2, [key]: undefined })).toEqual([['E_MISSING', `${key} is missing`]])
  }
  expect(missing({ ...s3, endpoint: undefined })).toEqual([['E_MISSING', 'endpoint is missing']])
})

test('keys that stand in the manifest are not repeated', () => {
  const said = JSON.stringify(
    bucket.check(media({ ...s3, accessKey: 'AKIACANARY', secretKey: 'secretCANARY', endpoint: 'https://u:CANARY@x.example' })),
  )
  expect(said).not.toContain('CANARY')
})

test('a protected environment is told what this bucket is, and what to use instead', () => {
  const production = { name: 'production', isProtected: true }
  expect(bucket.check(media(), production)).toEqual([
    {
      level: 'warning',
      code: 'W_EMBEDDED_BUCKET',
      at: '',
      message: expect.stringMatching(/^production is protected, and this bucket is one for development and tests/),
      hint: expect.stringContaining('secretKey: { env: S3_SECRET }'),
    },
  ])
  expect(bucket.check(media(r2), production)).toEqual([])
  expect(bucket.check(media(), { name: 'staging', isProtected: false })).toEqual([])
})

test('our own becomes one server with a volume, and no secret reaches its command', () => {
  const { components, volumes, secrets } = bucket.expand(media())
  expect(components).toHaveLength(1)
  expect(components[0]).toMatchObject({
    name: 'media',
    resource: 'media',
    rollout: 'replace',
    address: 'own',
    runsAs: 'server',
    mounts: [{ volume: 'media-data', writers: 'one' }],
  })
  expect(volumes).toEqual([{ name: 'media-data', runsAs: 'server' }])
  expect(secrets).toEqual([{ name: 'media.secretKey', kind: 'password', length: 40 }])
  expect(components[0]!.command!.every((v: Value) => v.type === 'text')).toBe(true)
})

test('outputs of our own bucket are what an SDK asks for', () => {
  for (const field of bucket.outputs) {
    expect(JSON.parse(JSON.stringify(bucket.output(media(), field)))).toEqual(bucket.output(media(), field))
  }
  expect(bucket.output(media(), 'endpoint')).toEqual({ type: 'address', component: 'media', part: 'url' })
  expect(bucket.output(media(), 'name')).toEqual({ type: 'text', text: 'media' })
  expect(bucket.output({ ...media(), name: 's3' }, 'name')).toEqual({ type: 'text', text: 's3-bucket' })
  expect(bucket.output(media({ name: 'flick' }), 'name')).toEqual({ type: 'text', text: 'flick' })
  expect(() => bucket.output(media(), 'constructor')).toThrowError(expect.objectContaining({ code: 'E_OUTPUT' }))
})

test('outputs of another one are what was given; the address of R2 follows from the account', () => {
  expect(bucket.expand(media(r2))).toMatchObject({ components: [], provision: [], volumes: [], secrets: [] })
  expect(bucket.output(media(r2), 'endpoint')).toEqual({
    type: 'join',
    parts: [
      { type: 'text', text: 'https://' },
      { type: 'stored', name: 'CLOUDFLARE_R2_ACCOUNT_ID', secret: false },
      { type: 'text', text: '.r2.cloudflarestorage.com' },
    ],
  })
  expect(bucket.output(media(r2), 'region')).toEqual({ type: 'text', text: 'auto' })
  expect(bucket.output(media(r2), 'secretKey')).toEqual({ type: 'stored', name: 'CLOUDFLARE_R2_SECRET_ACCESS_KEY', secret: true })
  expect(bucket.output(media(s3), 'name')).toEqual({ type: 'text', text: 'flick-media' })
  expect(bucket.output(media(s3), 'region')).toEqual({ type: 'text', text: 'eu-central-1' })
})

test('R2 by its short name asks for four variables together, and its domain may be missing', () => {
  const { variables, components } = bucket.expand(media({ provider: 'r2' }))
  expect(components).toEqual([])
  expect(variables?.map((v) => [v.name, v.isRequired, v.isSecret])).toEqual([
    ['CLOUDFLARE_R2_BUCKET_NAME', true, false],
    ['CLOUDFLARE_R2_ACCOUNT_ID', true, false],
    ['CLOUDFLARE_R2_ACCESS_KEY_ID', true, false],
    ['CLOUDFLARE_R2_SECRET_ACCESS_KEY', true, true],
    ['CLOUDFLARE_R2_CUSTOM_DOMAIN', false, false],
  ])
  expect(findings({ provider: 'r2' })).toEqual([])
  expect(bucket.output(media({ provider: 'r2', bucket: 'flick' }), 'name')).toEqual({ type: 'text', text: 'flick' })
  expect(bucket.output(media({ provider: 'r2' }), 'publicUrl')).toMatchObject({
    type: 'if-set',
    name: 'CLOUDFLARE_R2_CUSTOM_DOMAIN',
  })
})

test('a bucket that falls back starts no server, and its variables are set together or not at all', () => {
  const one = media({ provider: 'r2', fallback: { volume: 'files' } })
  expect(bucket.expand(one)).toMatchObject({ components: [], volumes: [], groups: [{ rule: 'allOrNone' }] })
  expect(bucket.expand(one).groups?.[0]?.names).toHaveLength(4)
  expect(bucket.output(one, 'kind')).toEqual({
    type: 'if-set',
    name: 'CLOUDFLARE_R2_BUCKET_NAME',
    value: { type: 'text', text: 'bucket' },
    otherwise: { type: 'text', text: 'volume' },
  })
  expect(bucket.output(one, 'path')).toEqual({ type: 'volume', volume: 'files' })
  // Of a bucket that never falls back it is a variable that nobody gets.
  expect(bucket.output(media({ provider: 'r2' }), 'path')).toMatchObject({ type: 'if-set', name: '' })
  // Without any variable it is the volume for good.
  expect(bucket.output(media({ fallback: { volume: 'files' } }), 'kind')).toMatchObject({ name: '' })
  expect(bucket.expand(media({ fallback: { volume: 'files' } })).components).toEqual([])
})

test('a key belongs to the longest prefix that it has', () => {
  const prefixes = readPrefixes(
    { 'static/': { rebuildable: true }, 'media/': {}, 'media/cache/': { backup: false } },
    false,
    () => {},
  )
  const carried = ['static/a.css', 'media/a.png', 'media/cache/a.png', 'other.txt'].map((key) => isBackedUp(prefixes, key))
  expect(carried).toEqual([false, true, false, true])
})

test('lifetimes reach the server', () => {
  const { env } = bucket.expand(media({ prefixes: { 'tmp/': { expire: '7d' }, 'media/': { keep: true } } })).components[0]!
  expect(env.BUCKET_LIFETIMES).toEqual({ type: 'text', text: '[{"prefix":"tmp/","seconds":604800}]' })
})

test('what our own keeps is not what another one keeps', () => {
  expect(bucket.data?.(media())).toEqual({ type: 'bucket', version: '1' })
  expect(bucket.data?.(media(r2))?.type).not.toBe('bucket')
})
