import type { Signed } from './authenticate.ts'
import { type Answer, type Bucket, commit, httpTime, isoTime, quoted } from './bucket.ts'
import type { StoredObject } from './catalog.ts'
import { checkWrite, isKnown, readConditions } from './conditions.ts'
import { field, headersToKeep, overrides } from './fields.ts'
import { receiveBody } from './receive-body.ts'
import { decode, param, type S3Request } from './request.ts'
import { S3Error } from './s3-error.ts'
import { toXml } from './xml.ts'

export async function putObject(bucket: Bucket, request: S3Request, signed: Signed): Promise<Answer> {
  const { key } = request
  const headers = headersToKeep(request)
  const conditions = readConditions((name) => request.headers.get(name))
  const check = () => checkWrite(bucket.catalog.object(key), conditions)
  check()
  const { piece, result } = await bucket.blobs.write((write) => receiveBody(request, signed, write))
  const { md5: etag, size, checksum } = result
  const object = { key, size, etag, modified: bucket.now(), headers, pieces: [piece], ...(checksum && { checksum }) }
  commit(bucket, piece, () => {
    // Again: somebody may have been faster.
    check()
    return bucket.catalog.put(object)
  })
  return { status: 200, headers: { etag: quoted(etag), ...checksumHeader(object) } }
}

export function getObject(bucket: Bucket, request: S3Request): Answer {
  const object = find(bucket, request)
  const common = {
    etag: quoted(object.etag),
    'last-modified': httpTime(object.modified),
    'accept-ranges': 'bytes',
  }
  if (
    isKnown(
      object,
      readConditions((name) => request.headers.get(name)),
    )
  )
    return { status: 304, headers: common }
  const range = readRange(request.headers.get('range'), object.size)
  const isWhole = range === undefined
  const { start, end } = range ?? { start: 0, end: object.size - 1 }
  const wantsChecksum = isWhole && field(request, 'x-amz-checksum-mode')?.toUpperCase() === 'ENABLED'
  const headers = {
    ...object.headers,
    ...overrides(request),
    ...common,
    ...(wantsChecksum && checksumHeader(object)),
    'content-length': String(end - start + 1),
    ...(!isWhole && { 'content-range': `bytes ${start}-${end}/${object.size}` }),
  }
  const status = isWhole ? 200 : 206
  if (request.method === 'HEAD') return { status, headers }
  return { status, headers, body: { pieces: object.pieces, start, end, release: bucket.blobs.hold(object.pieces) } }
}

export function deleteObject(bucket: Bucket, request: S3Request): Answer {
  const match = request.headers.get('if-match')
  if (match !== undefined) checkWrite(bucket.catalog.object(request.key), { match })
  bucket.blobs.remove(bucket.catalog.remove([request.key]))
  return { status: 204 }
}

export async function copyObject(bucket: Bucket, request: S3Request): Promise<Answer> {
  const source = copySource(bucket, request)
  const isNew = field(request, 'x-amz-metadata-directive')?.toUpperCase() === 'REPLACE'
  if (source.key === request.key && !isNew) {
    throw new S3Error('InvalidRequest', 'A copy onto itself must change the metadata')
  }
  const given = headersToKeep(request)
  const { pieces, size, etag, checksum } = source
  const release = bucket.blobs.hold(pieces)
  const { piece } = await bucket.blobs
    .write(async (write) => {
      for await (const bytes of bucket.blobs.read(pieces, 0, size - 1)) await write(bytes)
    })
    .finally(release)
  const object = {
    key: request.key,
    size,
    etag,
    modified: bucket.now(),
    headers: isNew ? given : source.headers,
    pieces: [piece],
    ...(checksum && { checksum }),
  }
  commit(bucket, piece, () => bucket.catalog.put(object))
  return { status: 200, xml: toXml('CopyObjectResult', { LastModified: isoTime(object.modified), ETag: quoted(etag) }) }
}

/** The object that `x-amz-copy-source` names, if its conditions hold. */
export function copySource(bucket: Bucket, request: S3Request): StoredObject {
  const [path = '', version] = (field(request, 'x-amz-copy-source') ?? '').split('?versionId=')
  const plain = decode(path).replace(/^\//, '')
  const cut = plain.indexOf('/')
  if (cut < 1) throw new S3Error('InvalidArgument', 'x-amz-copy-source must be <bucket>/<key>')
  if (plain.slice(0, cut) !== bucket.name) throw new S3Error('NoSuchBucket')
  if (version !== undefined && version !== 'null') throw new S3Error('NoSuchVersion')
  const object = bucket.catalog.object(plain.slice(cut + 1))
  if (!object) throw new S3Error('NoSuchKey')
  const conditions = readConditions((name) => request.headers.get(name), 'x-amz-copy-source-')
  if (isKnown(object, conditions)) throw new S3Error('PreconditionFailed')
  return object
}

function find(bucket: Bucket, request: S3Request): StoredObject {
  const version = param(request, 'versionId')
  if (version !== undefined && version !== 'null') throw new S3Error('NoSuchVersion')
  const object = bucket.catalog.object(request.key)
  if (!object) throw new S3Error('NoSuchKey')
  return object
}

export function checksumHeader({ checksum }: { checksum?: StoredObject['checksum'] }): Record<string, string> {
  if (!checksum) return {}
  const type = checksum.value.includes('-') ? 'COMPOSITE' : 'FULL_OBJECT'
  return { [`x-amz-checksum-${checksum.algorithm}`]: checksum.value, 'x-amz-checksum-type': type }
}

/** Undefined for the whole object: also where the header asks for several ranges or for nothing sensible. */
export function readRange(header: string | undefined, size: number): { start: number; end: number } | undefined {
  const match = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header ?? '')
  if (!match || (match[1] === '' && match[2] === '')) return undefined
  const [, first = '', last = ''] = match
  if (first === '') {
    if (Number(last) === 0 || size === 0) throw new S3Error('InvalidRange')
    return { start: Math.max(0, size - Number(last)), end: size - 1 }
  }
  const start = Number(first)
  const end = last === '' ? size - 1 : Math.min(Number(last), size - 1)
  if (last !== '' && Number(last) < start) return undefined
  if (start >= size) throw new S3Error('InvalidRange')
  return { start, end }
}
