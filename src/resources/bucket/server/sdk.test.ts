import { createHash, randomBytes } from 'node:crypto'
import { Readable } from 'node:stream'
import {
  AbortMultipartUploadCommand,
  ChecksumAlgorithm,
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetBucketLocationCommand,
  GetObjectAclCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  ListMultipartUploadsCommand,
  ListObjectsCommand,
  ListObjectsV2Command,
  ListPartsCommand,
  PutBucketLifecycleConfigurationCommand,
  PutObjectCommand,
  paginateListObjectsV2,
  UploadPartCommand,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3'
import { Upload } from '@aws-sdk/lib-storage'
import { getSignedUrl } from '@aws-sdk/s3-request-presigner'
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

test('an upload in parts of unknown length becomes one object', async () => {
  const { bench, s3 } = await start()
  const data = randomBytes(12 * MIB + 5)
  const pieces = Array.from({ length: 30 }, (_, i) => data.subarray((i * data.length) / 30, ((i + 1) * data.length) / 30))
  const upload = new Upload({
    client: s3,
    params: { Bucket, Key: 'big', Body: Readable.from(pieces), ContentType: 'video/mp4' },
    queueSize: 2,
  })
  const { ETag } = await upload.done()
  const parts = [data.subarray(0, 5 * MIB), data.subarray(5 * MIB, 10 * MIB), data.subarray(10 * MIB)]
  const digest = createHash('md5')
  for (const part of parts) digest.update(createHash('md5').update(part).digest())
  expect(ETag).toBe(`"${digest.digest('hex')}-3"`)
  const got = await s3.send(new GetObjectCommand({ Bucket, Key: 'big' }))
  expect([got.ContentType, got.ContentLength]).toEqual(['video/mp4', data.length])
  expect(Buffer.from(await got.Body!.transformToByteArray()).equals(data)).toBe(true)
  const over = await s3.send(new GetObjectCommand({ Bucket, Key: 'big', Range: `bytes=${5 * MIB - 3}-${10 * MIB + 2}` }))
  expect(Buffer.from(await over.Body!.transformToByteArray()).equals(data.subarray(5 * MIB - 3, 10 * MIB + 3))).toBe(true)
  const CopySource = `${Bucket}/big`
  await s3.send(new CopyObjectCommand({ Bucket, Key: 'copy', CopySource }))
  await s3.send(new DeleteObjectCommand({ Bucket, Key: 'big' }))
  const copy = await s3.send(new GetObjectCommand({ Bucket, Key: 'copy' }))
  expect(Buffer.from(await copy.Body!.transformToByteArray()).equals(data)).toBe(true)
  expect(bench.files()).toHaveLength(1)
})

test('parts are listed, replaced, refused when they are wrong, and gone with the upload', async () => {
  const { bench, s3 } = await start()
  const Key = 'parts'
  const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ Bucket, Key }))
  const put = (PartNumber: number, Body: Buffer | string) =>
    s3.send(new UploadPartCommand({ Bucket, Key, UploadId, PartNumber, Body }))
  const small = await put(1, 'too small')
  const second = await put(2, 'last')
  const complete = (Parts: { PartNumber: number; ETag: string | undefined }[]) =>
    s3.send(new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload: { Parts } }))
  const last = { PartNumber: 2, ETag: second.ETag }
  await expect(complete([{ PartNumber: 1, ETag: small.ETag }, last])).rejects.toMatchObject({ name: 'EntityTooSmall' })
  const large = await put(1, Buffer.alloc(5 * MIB))
  const first = { PartNumber: 1, ETag: large.ETag }
  await expect(complete([last, first])).rejects.toMatchObject({ name: 'InvalidPartOrder' })
  await expect(complete([{ PartNumber: 1, ETag: small.ETag }, last])).rejects.toMatchObject({ name: 'InvalidPart' })
  await expect(complete([first, { PartNumber: 3, ETag: second.ETag }])).rejects.toMatchObject({ name: 'InvalidPart' })
  const listed = await s3.send(new ListPartsCommand({ Bucket, Key, UploadId }))
  expect(listed.Parts?.map((p) => [p.PartNumber, p.Size])).toEqual([
    [1, 5 * MIB],
    [2, 4],
  ])
  expect((await s3.send(new ListMultipartUploadsCommand({ Bucket }))).Uploads?.map((u) => u.Key)).toEqual([Key])
  expect(bench.files()).toHaveLength(2)
  await s3.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId }))
  expect(bench.files()).toEqual([])
  await expect(complete([first, last])).rejects.toMatchObject({ name: 'NoSuchUpload' })
  await expect(put(1, 'x')).rejects.toMatchObject({ name: 'NoSuchUpload' })
})

test('a part can be a range of another object', async () => {
  const { s3 } = await start()
  const data = randomBytes(6 * MIB)
  await s3.send(new PutObjectCommand({ Bucket, Key: 'source', Body: data }))
  const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ Bucket, Key: 'made' }))
  const part = { Bucket, Key: 'made', UploadId, CopySource: `${Bucket}/source` }
  const one = await s3.send(new UploadPartCopyCommand({ ...part, PartNumber: 1, CopySourceRange: `bytes=0-${5 * MIB - 1}` }))
  const two = await s3.send(
    new UploadPartCopyCommand({ ...part, PartNumber: 2, CopySourceRange: `bytes=${5 * MIB}-${6 * MIB - 1}` }),
  )
  const Parts = [one, two].map((p, i) => ({ PartNumber: i + 1, ETag: p.CopyPartResult?.ETag }))
  await s3.send(new CompleteMultipartUploadCommand({ Bucket, Key: 'made', UploadId, MultipartUpload: { Parts } }))
  const got = await s3.send(new GetObjectCommand({ Bucket, Key: 'made' }))
  expect(Buffer.from(await got.Body!.transformToByteArray()).equals(data)).toBe(true)
})

test('who has a signed address can get and put without keys, and nothing else', async () => {
  const { s3 } = await start()
  const put = await getSignedUrl(s3, new PutObjectCommand({ Bucket, Key: 'ü/p.txt', ContentType: 'text/plain' }), {
    expiresIn: 60,
  })
  const sent = await fetch(put, { method: 'PUT', body: 'by address', headers: { 'content-type': 'text/plain' } })
  expect([sent.status, await sent.text()]).toEqual([200, ''])
  const command = new GetObjectCommand({ Bucket, Key: 'ü/p.txt', ResponseContentDisposition: 'attachment; filename="p.txt"' })
  const get = await getSignedUrl(s3, command, { expiresIn: 60 })
  const got = await fetch(get)
  expect([got.status, await got.text(), got.headers.get('content-disposition')]).toEqual([
    200,
    'by address',
    'attachment; filename="p.txt"',
  ])
  for (const [what, url] of [
    ['another method', fetch(get, { method: 'DELETE' })],
    ['another key', fetch(get.replace('p.txt', 'q.txt'))],
    ['a longer life', fetch(get.replace('X-Amz-Expires=60', 'X-Amz-Expires=600'))],
    ['another answer', fetch(get.replace('attachment', 'inline'))],
  ] as const) {
    const answer = await url
    expect([answer.status, await answer.text()], what).toEqual([403, expect.stringContaining('SignatureDoesNotMatch')])
  }
})

test('a signed address ends when it was said to end', async () => {
  const { bench, s3 } = await start()
  await s3.send(new PutObjectCommand({ Bucket, Key: 'x', Body: 'x' }))
  const url = await getSignedUrl(s3, new GetObjectCommand({ Bucket, Key: 'x' }), { expiresIn: 60 })
  bench.now = () => Date.now() + 50_000
  expect((await fetch(url)).status).toBe(200)
  bench.now = () => Date.now() + 62_000
  expect([(await fetch(url)).status, await (await fetch(url)).text()]).toEqual([403, expect.stringContaining('expired')])
})

test('metadata and checksum that were signed in advance count', async () => {
  const { s3 } = await start()
  const url = await getSignedUrl(s3, new PutObjectCommand({ Bucket, Key: 'm', Metadata: { owner: 'web' } }), { expiresIn: 60 })
  expect((await fetch(url, { method: 'PUT', body: 'hello' })).status).toBe(200)
  expect((await s3.send(new HeadObjectCommand({ Bucket, Key: 'm' }))).Metadata).toEqual({ owner: 'web' })
})

test('a wrong secret, an unknown key and no keys at all are refused', async () => {
  const { bench, s3 } = await start()
  await s3.send(new PutObjectCommand({ Bucket, Key: 'x', Body: 'x' }))
  const get = new GetObjectCommand({ Bucket, Key: 'x' })
  await expect(bench.client({ secretAccessKey: 'wrong' }).send(get)).rejects.toMatchObject({ name: 'SignatureDoesNotMatch' })
  await expect(bench.client({ accessKeyId: 'other' }).send(get)).rejects.toMatchObject({ name: 'InvalidAccessKeyId' })
  const put = new PutObjectCommand({ Bucket, Key: 'y', Body: 'y' })
  await expect(bench.client({ secretAccessKey: 'wrong' }).send(put)).rejects.toMatchObject({ name: 'SignatureDoesNotMatch' })
  for (const path of ['/', '/media', '/media/x', '/media/x?acl']) {
    expect((await fetch(`${bench.endpoint}${path}`)).status, path).toBe(403)
  }
  expect(bench.files()).toHaveLength(1)
})

test('the bucket is there, and neither made nor removed by an app', async () => {
  const { s3 } = await start()
  expect((await s3.send(new ListBucketsCommand({}))).Buckets?.map((b) => b.Name)).toEqual([Bucket])
  expect((await s3.send(new HeadBucketCommand({ Bucket }))).BucketRegion).toBe('us-east-1')
  expect((await s3.send(new GetBucketLocationCommand({ Bucket }))).LocationConstraint).toBeFalsy()
  await expect(s3.send(new HeadBucketCommand({ Bucket: 'other' }))).rejects.toMatchObject({ $metadata: { httpStatusCode: 404 } })
  await expect(s3.send(new CreateBucketCommand({ Bucket }))).rejects.toMatchObject({ name: 'BucketAlreadyOwnedByYou' })
  await expect(s3.send(new CreateBucketCommand({ Bucket: 'other' }))).rejects.toMatchObject({ name: 'AccessDenied' })
  await expect(s3.send(new DeleteBucketCommand({ Bucket }))).rejects.toMatchObject({ name: 'AccessDenied' })
  await expect(s3.send(new GetObjectCommand({ Bucket: 'other', Key: 'x' }))).rejects.toMatchObject({ name: 'NoSuchBucket' })
})

test('what it cannot do is said, and not taken for something else', async () => {
  const { s3 } = await start()
  await s3.send(new PutObjectCommand({ Bucket, Key: 'x', Body: 'x' }))
  const not = { name: 'NotImplemented' }
  await expect(s3.send(new GetObjectAclCommand({ Bucket, Key: 'x' }))).rejects.toMatchObject(not)
  await expect(s3.send(new PutObjectCommand({ Bucket, Key: 'x', Body: 'y', Tagging: 'a=b' }))).rejects.toMatchObject(not)
  await expect(
    s3.send(new PutObjectCommand({ Bucket, Key: 'x', Body: 'y', ServerSideEncryption: 'aws:kms' })),
  ).rejects.toMatchObject(not)
  const rules = { Rules: [{ Status: 'Enabled', Filter: { Prefix: 'a' }, Expiration: { Days: 1 } }] } as const
  const lifecycle = new PutBucketLifecycleConfigurationCommand({ Bucket, LifecycleConfiguration: { Rules: [...rules.Rules] } })
  await expect(s3.send(lifecycle)).rejects.toMatchObject(not)
  const open = new PutObjectCommand({ Bucket, Key: 'x', Body: 'y', ACL: 'public-read' })
  await expect(s3.send(open)).rejects.toMatchObject({ name: 'AccessControlListNotSupported' })
  const got = await s3.send(new GetObjectCommand({ Bucket, Key: 'x' }))
  expect(await got.Body!.transformToString()).toBe('x')
})

test('who reads an object while it is replaced or deleted gets the old one to its end', async () => {
  const { bench, s3 } = await start()
  const data = randomBytes(20 * MIB)
  await new Upload({ client: s3, params: { Bucket, Key: 'x', Body: data } }).done()
  const one = await s3.send(new GetObjectCommand({ Bucket, Key: 'x' }))
  const two = await s3.send(new GetObjectCommand({ Bucket, Key: 'x' }))
  await s3.send(new PutObjectCommand({ Bucket, Key: 'x', Body: 'new' }))
  await s3.send(new DeleteObjectCommand({ Bucket, Key: 'x' }))
  for (const got of [one, two]) expect(Buffer.from(await got.Body!.transformToByteArray()).equals(data)).toBe(true)
  for (let tries = 0; bench.files().length > 0 && tries < 500; tries++) await new Promise((resolve) => setTimeout(resolve, 10))
  expect(bench.files()).toEqual([])
})

test('all of it is there after a restart, and what was left half done is not', async () => {
  const { bench } = await start()
  let s3 = bench.client()
  await s3.send(new PutObjectCommand({ Bucket, Key: 'x', Body: 'kept' }))
  const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ Bucket, Key: 'later' }))
  const Body = Buffer.alloc(5 * MIB)
  const { ETag } = await s3.send(new UploadPartCommand({ Bucket, Key: 'later', UploadId, PartNumber: 1, Body }))
  const reopen = async () => {
    await bench.close()
    await bench.open()
    return bench.client()
  }
  s3 = await reopen()
  expect(await (await s3.send(new GetObjectCommand({ Bucket, Key: 'x' }))).Body!.transformToString()).toBe('kept')
  const MultipartUpload = { Parts: [{ PartNumber: 1, ETag }] }
  await s3.send(new CompleteMultipartUploadCommand({ Bucket, Key: 'later', UploadId, MultipartUpload }))
  await s3.send(new CreateMultipartUploadCommand({ Bucket, Key: 'abandoned' }))
  bench.now = () => Date.now() + 8 * 24 * 3600_000
  s3 = await reopen()
  bench.now = () => Date.now()
  expect((await s3.send(new ListMultipartUploadsCommand({ Bucket }))).Uploads).toBeUndefined()
  expect(bench.files()).toHaveLength(2)
  expect(bench.said).toEqual([])
})
