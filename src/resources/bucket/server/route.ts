import type { Signed } from './authenticate.ts'
import { type Answer, type Bucket, isoTime } from './bucket.ts'
import { field } from './fields.ts'
import { listObjects } from './list.ts'
import { abortUpload, completeUpload, createUpload, listParts, listUploads, putPart } from './multipart.ts'
import { copyObject, deleteObject, getObject, putObject } from './objects.ts'
import { receiveBody } from './receive-body.ts'
import { MAX_KEY_BYTES, param, type S3Request } from './request.ts'
import { S3Error } from './s3-error.ts'
import { childText, parseXml, toXml, type Xml } from './xml.ts'

/** Enough for the names of a thousand keys, or ten thousand parts. */
const MAX_XML_BYTES = 8 * 1024 ** 2

/** What a signed request asks for. */
export async function route(bucket: Bucket, request: S3Request, signed: Signed): Promise<Answer> {
  if (request.bucket === '') return onService(bucket, request)
  if (request.bucket !== bucket.name) {
    if (request.method === 'PUT' && request.key === '') throw new S3Error('AccessDenied', 'Buckets are made by landfall.yaml')
    throw new S3Error('NoSuchBucket')
  }
  refuseSubresources(request)
  return request.key === '' ? onBucket(bucket, request, signed) : onObject(bucket, request, signed)
}

function onService(bucket: Bucket, request: S3Request): Answer {
  if (request.method !== 'GET') throw new S3Error('MethodNotAllowed')
  const Buckets = { Bucket: { Name: bucket.name, CreationDate: isoTime(0), BucketRegion: bucket.region } }
  return { status: 200, xml: toXml('ListAllMyBucketsResult', { Owner: OWNER, Buckets }) }
}

async function onBucket(bucket: Bucket, request: S3Request, signed: Signed): Promise<Answer> {
  const has = (name: string) => param(request, name) !== undefined
  switch (request.method) {
    case 'HEAD':
      return { status: 200, headers: { 'x-amz-bucket-region': bucket.region } }
    case 'GET':
      if (has('location'))
        return { status: 200, xml: toXml('LocationConstraint', bucket.region === 'us-east-1' ? '' : bucket.region) }
      if (has('versioning')) return { status: 200, xml: toXml('VersioningConfiguration', '') }
      return has('uploads') ? listUploads(bucket, request) : listObjects(bucket, request)
    case 'PUT':
      throw new S3Error('BucketAlreadyOwnedByYou')
    case 'DELETE':
      throw new S3Error('AccessDenied', 'The bucket belongs to landfall.yaml')
    case 'POST':
      if (has('delete')) return deleteMany(bucket, await readText(request, signed))
      throw new S3Error('NotImplemented', 'Uploads by a form are not supported: sign a PUT in advance')
    default:
      throw new S3Error('MethodNotAllowed')
  }
}

async function onObject(bucket: Bucket, request: S3Request, signed: Signed): Promise<Answer> {
  const upload = param(request, 'uploadId')
  switch (request.method) {
    case 'GET':
    case 'HEAD':
      return upload === undefined ? getObject(bucket, request) : listParts(bucket, request)
    case 'PUT':
      if (upload !== undefined) return putPart(bucket, request, signed)
      return field(request, 'x-amz-copy-source') === undefined ? putObject(bucket, request, signed) : copyObject(bucket, request)
    case 'DELETE':
      return upload === undefined ? deleteObject(bucket, request) : abortUpload(bucket, request)
    case 'POST':
      if (param(request, 'uploads') !== undefined) return createUpload(bucket, request)
      if (upload !== undefined) return completeUpload(bucket, request, await readText(request, signed))
      throw new S3Error('NotImplemented')
    default:
      throw new S3Error('MethodNotAllowed')
  }
}

function deleteMany(bucket: Bucket, body: string): Answer {
  const root = parseXml(body)
  const isQuiet = childText(root, 'Quiet') === 'true'
  const keys = root.children.filter((child) => child.name === 'Object').map((child) => childText(child, 'Key') ?? '')
  if (root.name !== 'Delete' || keys.length === 0 || keys.length > 1000) throw new S3Error('MalformedXML')
  if (keys.some((key) => key === '' || Buffer.byteLength(key) > MAX_KEY_BYTES)) throw new S3Error('MalformedXML')
  bucket.blobs.remove(bucket.catalog.remove(keys))
  const deleted: Xml = isQuiet ? [] : keys.map((Key) => ({ Key }))
  return { status: 200, xml: toXml('DeleteResult', { Deleted: deleted }) }
}

async function readText(request: S3Request, signed: Signed): Promise<string> {
  const pieces: Buffer[] = []
  await receiveBody(request, signed, async (piece) => pieces.push(piece), MAX_XML_BYTES)
  return Buffer.concat(pieces).toString('utf8')
}

const OWNER: Xml = { ID: 'landfall', DisplayName: 'landfall' }

/** Of a real S3, and not of this one: said, rather than taken for something else. */
const UNSUPPORTED = new Set(
  (
    'accelerate acl analytics attributes cors encryption intelligent-tiering inventory legal-hold lifecycle logging metadataTable ' +
    'metrics notification object-lock ownershipControls partNumber policy policyStatus publicAccessBlock replication ' +
    'requestPayment restore retention select session tagging torrent versions website'
  ).split(' '),
)
function refuseSubresources(request: S3Request): void {
  const isPart = param(request, 'uploadId') !== undefined
  const wrong = request.query.find(([name]) => UNSUPPORTED.has(name) && !(name === 'partNumber' && isPart))
  if (wrong) throw new S3Error('NotImplemented', `${wrong[0]} is not supported: this bucket is for development and tests`)
}
