import { createHash, randomBytes } from 'node:crypto'
import { Readable } from 'node:stream'
import {
  ChecksumAlgorithm,
  CopyObjectCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  paginateListObjectsV2,
} from '@aws-sdk/client-s3'
import { expect, test } from 'vitest'
import { BUCKET, S3Bench } from './s3.harness.ts'

// The SDK that apps use, as it comes.
const Bucket = BUCKET
const MIB = 1024 ** 2
const ODD_KEYS = [
  'a/../b',
  '../../etc/passwd',
  '/leading',
  'ü ö/\u{1f40b}+&?=#%.txt',
  "it's (a) *test*!",
  'a//b',
  '.',
  '%2e%2e',
  'x'.repeat(1024),
]

async function start() {
  const bench = await S3Bench.start()
  return { bench, s3: bench.client() }
}
const md5 = (data: Buffer | string) => createHash('md5').update(data).digest('hex')

test('what is put is got back, with its headers and its metadata', async () => {
  const { s3 } = await start()
  const Body = randomBytes(100_000)
  const put = await s3.send(
    new PutObjectCommand({
      Bucket,
      Key: 'a.bin',
      Body,
      ContentType: 'image/png',
      CacheControl: 'max-age=60',
      ContentDisposition: 'attachment; filename="a.png"',
      ContentEncoding: 'identity',
      Metadata: { owner: 'web', 'two-words': 'a  b' },
    }),
  )
  expect(put.ETag).toBe(`"${md5(Body)}"`)
  const got = await s3.send(new GetObjectCommand({ Bucket, Key: 'a.bin' }))
  expect(Buffer.from(await got.Body!.transformToByteArray()).equals(Body)).toBe(true)
  expect(got).toMatchObject({
    ContentLength: 100_000,
    ContentType: 'image/png',
    CacheControl: 'max-age=60',
    ContentDisposition: 'attachment; filename="a.png"',
    ContentEncoding: 'identity',
    ETag: put.ETag,
    Metadata: { owner: 'web', 'two-words': 'a  b' },
  })
  const head = await s3.send(new HeadObjectCommand({ Bucket, Key: 'a.bin' }))
  expect(head).toMatchObject({ ContentLength: 100_000, ContentType: 'image/png', ETag: put.ETag, Metadata: { owner: 'web' } })
  expect(Math.abs(head.LastModified!.getTime() - Date.now())).toBeLessThan(60_000)
})

test('keys are any text, and never paths', async () => {
  const { bench, s3 } = await start()
  for (const Key of ODD_KEYS) await s3.send(new PutObjectCommand({ Bucket, Key, Body: Key }))
  for (const Key of ODD_KEYS) {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key }))
    expect(await Body!.transformToString(), Key).toBe(Key)
  }
  const { Contents } = await s3.send(new ListObjectsV2Command({ Bucket }))
  const sorted = [...ODD_KEYS].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
  expect(Contents!.map((o) => o.Key)).toEqual(sorted)
  expect(bench.files().every((name) => /^[0-9a-f]{32}$/.test(name))).toBe(true)
  await expect(s3.send(new PutObjectCommand({ Bucket, Key: 'ü'.repeat(513), Body: '' }))).rejects.toMatchObject({
    name: 'KeyTooLongError',
  })
})

test('a stream is stored without the framing in which it comes, and its checksum is verified', async () => {
  const { s3 } = await start()
  const data = randomBytes(3 * MIB + 17)
  const pieces = Array.from({ length: 50 }, (_, i) => data.subarray((i * data.length) / 50, ((i + 1) * data.length) / 50))
  await s3.send(new PutObjectCommand({ Bucket, Key: 'stream', Body: Readable.from(pieces), ContentLength: data.length }))
  const got = await s3.send(new GetObjectCommand({ Bucket, Key: 'stream' }))
  expect(Buffer.from(await got.Body!.transformToByteArray()).equals(data)).toBe(true)
  // Asked for by the SDK, and compared by it while it reads.
  expect(got.ChecksumCRC32).toMatch(/^[A-Za-z0-9+/]{6}==$/)
  expect(got.ContentEncoding).toBeUndefined()
})

test.each(Object.values(ChecksumAlgorithm).filter((a) => ['CRC32', 'CRC32C', 'SHA1', 'SHA256'].includes(a)))(
  'the checksum %s is verified, kept and given back',
  async (ChecksumAlgorithm) => {
    const { s3 } = await start()
    for (const Body of ['hello', Readable.from([Buffer.from('he'), Buffer.from('llo')])]) {
      const put = await s3.send(new PutObjectCommand({ Bucket, Key: 'x', Body, ContentLength: 5, ChecksumAlgorithm }))
      const head = await s3.send(new HeadObjectCommand({ Bucket, Key: 'x', ChecksumMode: 'ENABLED' }))
      const field = `Checksum${ChecksumAlgorithm}` as const
      expect(head[field as 'ChecksumCRC32']).toBe(put[field as 'ChecksumCRC32'])
      expect(head[field as 'ChecksumCRC32']).toBeTruthy()
    }
  },
)

test('ranges give exactly the bytes that were asked for', async () => {
  const { s3 } = await start()
  const Body = randomBytes(1000)
  await s3.send(new PutObjectCommand({ Bucket, Key: 'r', Body }))
  const range = async (Range: string) => {
    const got = await s3.send(new GetObjectCommand({ Bucket, Key: 'r', Range }))
    return [got.$metadata.httpStatusCode, got.ContentRange, Buffer.from(await got.Body!.transformToByteArray())]
  }
  expect(await range('bytes=0-0')).toEqual([206, 'bytes 0-0/1000', Body.subarray(0, 1)])
  expect(await range('bytes=10-19')).toEqual([206, 'bytes 10-19/1000', Body.subarray(10, 20)])
  expect(await range('bytes=990-')).toEqual([206, 'bytes 990-999/1000', Body.subarray(990)])
  expect(await range('bytes=-5')).toEqual([206, 'bytes 995-999/1000', Body.subarray(995)])
  expect(await range('bytes=900-5000')).toEqual([206, 'bytes 900-999/1000', Body.subarray(900)])
  expect((await range('bytes=0-1,5-6'))[0]).toBe(200)
  await expect(range('bytes=1000-')).rejects.toMatchObject({ name: 'InvalidRange', $metadata: { httpStatusCode: 416 } })
})

test('conditions of reads and of writes hold', async () => {
  const { s3 } = await start()
  const put = (Body: string, over = {}) => s3.send(new PutObjectCommand({ Bucket, Key: 'c', Body, ...over }))
  const { ETag } = await put('one', { IfNoneMatch: '*' })
  await expect(put('two', { IfNoneMatch: '*' })).rejects.toMatchObject({ name: 'PreconditionFailed' })
  await expect(put('two', { IfMatch: '"other"' })).rejects.toMatchObject({ name: 'PreconditionFailed' })
  const get = (over = {}) => s3.send(new GetObjectCommand({ Bucket, Key: 'c', ...over }))
  await expect(get({ IfNoneMatch: ETag })).rejects.toMatchObject({ $metadata: { httpStatusCode: 304 } })
  await expect(get({ IfModifiedSince: new Date() })).rejects.toMatchObject({ $metadata: { httpStatusCode: 304 } })
  await expect(get({ IfMatch: '"other"' })).rejects.toMatchObject({ name: 'PreconditionFailed' })
  expect(await (await get({ IfMatch: ETag })).Body!.transformToString()).toBe('one')
  await put('two', { IfMatch: ETag })
  expect(await (await get()).Body!.transformToString()).toBe('two')
})

test('of many writers that want to be first, one is', async () => {
  const { s3 } = await start()
  const tries = Array.from({ length: 12 }, (_, i) =>
    s3.send(new PutObjectCommand({ Bucket, Key: 'first', Body: `${i}`, IfNoneMatch: '*' })),
  )
  const done = await Promise.allSettled(tries)
  const winners = done.flatMap((each, i) => (each.status === 'fulfilled' ? [`${i}`] : []))
  expect(winners).toHaveLength(1)
  const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key: 'first' }))
  expect(await Body!.transformToString()).toBe(winners[0])
})

test('lists go by prefix and delimiter, page by page', async () => {
  const { s3 } = await start()
  const keys = ['a', 'b/1', 'b/2', 'b/c/3', 'd', 'e/f', 'z']
  for (const Key of keys) await s3.send(new PutObjectCommand({ Bucket, Key, Body: Key }))
  const list = async (over = {}) => {
    const found = await s3.send(new ListObjectsV2Command({ Bucket, ...over }))
    return { keys: found.Contents?.map((o) => o.Key) ?? [], prefixes: found.CommonPrefixes?.map((p) => p.Prefix) ?? [], found }
  }
  expect(await list({ Delimiter: '/' })).toMatchObject({ keys: ['a', 'd', 'z'], prefixes: ['b/', 'e/'] })
  expect(await list({ Prefix: 'b/', Delimiter: '/' })).toMatchObject({ keys: ['b/1', 'b/2'], prefixes: ['b/c/'] })
  expect(await list({ Prefix: 'b/' })).toMatchObject({ keys: ['b/1', 'b/2', 'b/c/3'], prefixes: [] })
  expect(await list({ StartAfter: 'b/2' })).toMatchObject({ keys: ['b/c/3', 'd', 'e/f', 'z'] })
  expect((await list({ MaxKeys: 0 })).found).toMatchObject({ KeyCount: 0, IsTruncated: false })
  const pages: string[][] = []
  for await (const page of paginateListObjectsV2({ client: s3, pageSize: 2 }, { Bucket, Delimiter: '/' })) {
    pages.push([...(page.Contents ?? []).map((o) => o.Key!), ...(page.CommonPrefixes ?? []).map((p) => p.Prefix!)])
  }
  expect(pages).toEqual([['a', 'b/'], ['d', 'e/'], ['z']])
  const v1 = await s3.send(new ListObjectsCommand({ Bucket, Delimiter: '/', MaxKeys: 2 }))
  expect([v1.IsTruncated, v1.NextMarker]).toEqual([true, 'b/'])
  const next = await s3.send(new ListObjectsCommand({ Bucket, Delimiter: '/', Marker: v1.NextMarker }))
  expect([next.Contents?.map((o) => o.Key), next.CommonPrefixes?.map((p) => p.Prefix)]).toEqual([['d', 'z'], ['e/']])
  expect((await list({ EncodingType: 'url', Prefix: 'b/' })).keys).toEqual(['b/1', 'b/2', 'b/c/3'])
})

test('objects are deleted one by one and many at once, and their files with them', async () => {
  const { bench, s3 } = await start()
  for (const Key of ['a', 'b', 'c & <d>']) await s3.send(new PutObjectCommand({ Bucket, Key, Body: Key }))
  await s3.send(new DeleteObjectCommand({ Bucket, Key: 'a' }))
  await s3.send(new DeleteObjectCommand({ Bucket, Key: 'never was' }))
  const Objects = [{ Key: 'b' }, { Key: 'c & <d>' }, { Key: 'never was' }]
  const { Deleted } = await s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }))
  expect(Deleted?.map((d) => d.Key)).toEqual(['b', 'c & <d>', 'never was'])
  expect(bench.files()).toEqual([])
  await expect(s3.send(new GetObjectCommand({ Bucket, Key: 'b' }))).rejects.toMatchObject({ name: 'NoSuchKey' })
  await expect(s3.send(new HeadObjectCommand({ Bucket, Key: 'b' }))).rejects.toMatchObject({ $metadata: { httpStatusCode: 404 } })
})

test('a copy has the bytes and the metadata of its source, or new metadata', async () => {
  const { s3 } = await start()
  const Key = 'ü &+ source.txt'
  const put = await s3.send(new PutObjectCommand({ Bucket, Key, Body: 'hello', ContentType: 'text/plain', Metadata: { a: '1' } }))
  const CopySource = `${Bucket}/${encodeURIComponent(Key)}`
  const copy = await s3.send(new CopyObjectCommand({ Bucket, Key: 'copy', CopySource }))
  expect(copy.CopyObjectResult?.ETag).toBe(put.ETag)
  const replaced = { ContentType: 'text/css', Metadata: { b: '2' }, MetadataDirective: 'REPLACE' } as const
  await s3.send(new CopyObjectCommand({ Bucket, Key, CopySource, ...replaced }))
  expect(await s3.send(new HeadObjectCommand({ Bucket, Key: 'copy' }))).toMatchObject({
    ContentType: 'text/plain',
    Metadata: { a: '1' },
  })
  expect(await s3.send(new HeadObjectCommand({ Bucket, Key }))).toMatchObject({
    ContentType: 'text/css',
    Metadata: { b: '2' },
    ContentLength: 5,
  })
  await expect(s3.send(new CopyObjectCommand({ Bucket, Key, CopySource }))).rejects.toMatchObject({ name: 'InvalidRequest' })
  await expect(s3.send(new CopyObjectCommand({ Bucket, Key, CopySource: `${Bucket}/none` }))).rejects.toMatchObject({
    name: 'NoSuchKey',
  })
  await expect(s3.send(new CopyObjectCommand({ Bucket, Key, CopySource: 'other/x' }))).rejects.toMatchObject({
    name: 'NoSuchBucket',
  })
  const wrong = { CopySourceIfMatch: '"other"' }
  await expect(s3.send(new CopyObjectCommand({ Bucket, Key: 'y', CopySource, ...wrong }))).rejects.toMatchObject({
    name: 'PreconditionFailed',
  })
})
