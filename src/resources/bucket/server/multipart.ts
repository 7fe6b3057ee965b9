import { createHash, randomBytes } from 'node:crypto'
import type { Signed } from './authenticate.ts'
import { type Answer, type Bucket, commit, isoTime, quoted } from './bucket.ts'
import type { Part, StoredChecksum, Upload } from './catalog.ts'
import { openChecksum } from './checksums.ts'
import { checkWrite, readConditions } from './conditions.ts'
import { field, headersToKeep } from './fields.ts'
import { checksumHeader, copySource, readRange } from './objects.ts'
import { receiveBody } from './receive-body.ts'
import { param, type S3Request } from './request.ts'
import { S3Error } from './s3-error.ts'
import { childText, type Node, parseXml, toXml } from './xml.ts'

const MAX_PARTS = 10_000
export const MIN_PART_BYTES = 5 * 1024 ** 2

export function createUpload(bucket: Bucket, request: S3Request): Answer {
  const id = randomBytes(24).toString('base64url')
  const headers = headersToKeep(request)
  bucket.catalog.begin({ id, key: request.key, started: bucket.now(), headers })
  const algorithm = field(request, 'x-amz-checksum-algorithm')
  return {
    status: 200,
    ...(algorithm && { headers: { 'x-amz-checksum-algorithm': algorithm } }),
    xml: toXml('InitiateMultipartUploadResult', { Bucket: bucket.name, Key: request.key, UploadId: id }),
  }
}

export async function putPart(bucket: Bucket, request: S3Request, signed: Signed): Promise<Answer> {
  const { id } = uploadOf(bucket, request)
  const number = Number(param(request, 'partNumber'))
  if (!Number.isInteger(number) || number < 1 || number > MAX_PARTS) {
    throw new S3Error('InvalidArgument', `partNumber must be a number from 1 to ${MAX_PARTS}`)
  }
  const isCopy = field(request, 'x-amz-copy-source') !== undefined
  const { piece, result } = await bucket.blobs.write((write) =>
    isCopy ? copyRange(bucket, request, write) : receiveBody(request, signed, write),
  )
  const { md5: etag, checksum } = result
  const part: Part = { number, size: piece.size, etag, modified: bucket.now(), piece, ...(checksum && { checksum }) }
  commit(bucket, piece, () => {
    // Completed or aborted meanwhile.
    if (!bucket.catalog.upload(id)) throw new S3Error('NoSuchUpload')
    return bucket.catalog.putPart(id, part)
  })
  if (!isCopy) return { status: 200, headers: { etag: quoted(etag), ...checksumHeader(part) } }
  return { status: 200, xml: toXml('CopyPartResult', { LastModified: isoTime(part.modified), ETag: quoted(etag) }) }
}

async function copyRange(bucket: Bucket, request: S3Request, write: (bytes: Uint8Array) => Promise<unknown>) {
  const source = copySource(bucket, request)
  const wanted = field(request, 'x-amz-copy-source-range')
  const range = readRange(wanted, source.size)
  if (wanted !== undefined && !range) throw new S3Error('InvalidArgument', 'x-amz-copy-source-range must be bytes=<first>-<last>')
  const { start, end } = range ?? { start: 0, end: source.size - 1 }
  const md5 = createHash('md5')
  const release = bucket.blobs.hold(source.pieces)
  try {
    for await (const bytes of bucket.blobs.read(source.pieces, start, end)) {
      md5.update(bytes)
      await write(bytes)
    }
  } finally {
    release()
  }
  return { size: end - start + 1, md5: md5.digest('hex'), checksum: undefined }
}

export async function completeUpload(bucket: Bucket, request: S3Request, body: string): Promise<Answer> {
  const upload = uploadOf(bucket, request)
  const conditions = readConditions((name) => request.headers.get(name))
  checkWrite(bucket.catalog.object(upload.key), conditions)
  const parts = chosenParts(parseXml(body), bucket.catalog.parts(upload.id))
  const digests = parts.map((part) => Buffer.from(part.etag, 'hex'))
  const etag = `${createHash('md5').update(Buffer.concat(digests)).digest('hex')}-${parts.length}`
  const checksum = compositeOf(parts)
  const object = {
    key: upload.key,
    size: parts.reduce((sum, part) => sum + part.size, 0),
    etag,
    modified: bucket.now(),
    headers: upload.headers,
    pieces: parts.map((part) => part.piece),
    ...(checksum && { checksum }),
  }
  bucket.blobs.remove(bucket.catalog.complete(upload.id, object))
  const location = `/${bucket.name}/${encodeURIComponent(upload.key)}`
  const name = checksum && `Checksum${checksum.algorithm.toUpperCase()}`
  const result = { Location: location, Bucket: bucket.name, Key: upload.key, ETag: quoted(etag) }
  return { status: 200, xml: toXml('CompleteMultipartUploadResult', { ...result, ...(name && { [name]: checksum.value }) }) }
}

/** Those that the client names, in its order; each must be the one that was uploaded. */
function chosenParts(root: Node, uploaded: Part[]): Part[] {
  const wanted = root.children.filter((child) => child.name === 'Part')
  if (wanted.length === 0 || wanted.length > MAX_PARTS) throw new S3Error('MalformedXML')
  const byNumber = new Map(uploaded.map((part) => [part.number, part]))
  const parts = wanted.map((node) => {
    const part = byNumber.get(Number(childText(node, 'PartNumber')))
    const etag = childText(node, 'ETag')?.trim().replaceAll('"', '')
    const isSame = part && part.etag === etag
    const claimed = part?.checksum && childText(node, `Checksum${part.checksum.algorithm.toUpperCase()}`)
    if (!isSame || (claimed && claimed !== part.checksum?.value)) throw new S3Error('InvalidPart')
    return part
  })
  if (parts.some((part, i) => i > 0 && part.number <= parts[i - 1]!.number)) throw new S3Error('InvalidPartOrder')
  if (parts.slice(0, -1).some((part) => part.size < MIN_PART_BYTES)) throw new S3Error('EntityTooSmall')
  return parts
}

/** A checksum over those of the parts, where all have one of the same kind. */
function compositeOf(parts: Part[]): StoredChecksum | undefined {
  const algorithm = parts[0]?.checksum?.algorithm
  // Of this one there is only the checksum of the whole, which the parts' do not give.
  if (!algorithm || algorithm === 'crc64nvme') return undefined
  if (parts.some((part) => part.checksum?.algorithm !== algorithm)) return undefined
  const whole = openChecksum(algorithm)
  for (const part of parts) whole.update(Buffer.from(part.checksum!.value, 'base64'))
  return { algorithm, value: `${whole.digest()}-${parts.length}` }
}

export function abortUpload(bucket: Bucket, request: S3Request): Answer {
  bucket.blobs.remove(bucket.catalog.abort(uploadOf(bucket, request).id))
  return { status: 204 }
}

export function listParts(bucket: Bucket, request: S3Request): Answer {
  const { id, key } = uploadOf(bucket, request)
  const after = Number(param(request, 'part-number-marker') ?? 0)
  const limit = Math.min(1000, Number(param(request, 'max-parts') ?? 1000))
  if (!Number.isInteger(after) || !Number.isInteger(limit) || limit < 0) throw new S3Error('InvalidArgument')
  const rest = bucket.catalog.parts(id).filter((part) => part.number > after)
  const shown = rest.slice(0, limit)
  const xml = toXml('ListPartsResult', {
    Bucket: bucket.name,
    Key: key,
    UploadId: id,
    PartNumberMarker: after,
    NextPartNumberMarker: shown.at(-1)?.number ?? after,
    MaxParts: limit,
    IsTruncated: rest.length > shown.length,
    StorageClass: 'STANDARD',
    Part: shown.map((p) => ({ PartNumber: p.number, LastModified: isoTime(p.modified), ETag: quoted(p.etag), Size: p.size })),
  })
  return { status: 200, xml }
}

export function listUploads(bucket: Bucket, request: S3Request): Answer {
  const prefix = param(request, 'prefix') ?? ''
  const shown = bucket.catalog.uploads(prefix).slice(0, 1000)
  const xml = toXml('ListMultipartUploadsResult', {
    Bucket: bucket.name,
    Prefix: prefix,
    MaxUploads: 1000,
    IsTruncated: false,
    Upload: shown.map((u) => ({ Key: u.key, UploadId: u.id, Initiated: isoTime(u.started), StorageClass: 'STANDARD' })),
  })
  return { status: 200, xml }
}

function uploadOf(bucket: Bucket, request: S3Request): Upload {
  const upload = bucket.catalog.upload(param(request, 'uploadId') ?? '')
  if (!upload || upload.key !== request.key) throw new S3Error('NoSuchUpload')
  return upload
}
