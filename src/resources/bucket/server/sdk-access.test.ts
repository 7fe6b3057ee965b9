import { createHash, randomBytes } from 'node:crypto'
import { Readable } from 'node:stream'
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  GetBucketLocationCommand,
  GetObjectAclCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  ListMultipartUploadsCommand,
  ListPartsCommand,
  PutBucketLifecycleConfigurationCommand,
  PutObjectCommand,
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

async function start() {
  const bench = await S3Bench.start()
  return { bench, s3: bench.client() }
}

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
