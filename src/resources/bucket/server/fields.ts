import { param, type S3Request } from './request.ts'
import { S3Error } from './s3-error.ts'

/** Whoever signs in advance puts what would be `x-amz-…` headers into the query. */
export function field(request: S3Request, name: string): string | undefined {
  const value = request.headers.get(name)
  if (value !== undefined || !name.startsWith('x-amz-')) return value
  return request.query.findLast(([each]) => each.toLowerCase() === name)?.[1]
}

const KEPT = ['content-type', 'cache-control', 'content-disposition', 'content-language', 'expires']
const MAX_METADATA_BYTES = 2048

/** What an object keeps of the headers that it came with, for those who read it. */
export function headersToKeep(request: S3Request): Record<string, string> {
  refuseUnsupported(request)
  const kept: Record<string, string> = {}
  for (const name of KEPT) {
    const value = request.headers.get(name)
    if (value) kept[name] = value
  }
  kept['content-type'] ??= 'binary/octet-stream'
  // The framing of the upload is gone; what the app itself did stays.
  const encodings = (request.headers.get('content-encoding') ?? '').split(',').map((each) => each.trim())
  const encoding = encodings.filter((each) => each !== '' && each !== 'aws-chunked').join(',')
  if (encoding) kept['content-encoding'] = encoding
  let bytes = 0
  const names = [...request.headers.keys(), ...request.query.map(([name]) => name.toLowerCase())]
  for (const name of new Set(names.filter((each) => each.startsWith('x-amz-meta-')))) {
    const value = field(request, name) ?? ''
    bytes += name.length - 'x-amz-meta-'.length + Buffer.byteLength(value)
    kept[name] = checked(value)
  }
  if (bytes > MAX_METADATA_BYTES) throw new S3Error('MetadataTooLarge')
  return kept
}

/** What would silently not happen is refused instead. */
function refuseUnsupported(request: S3Request): void {
  const acl = field(request, 'x-amz-acl')
  if (acl !== undefined && acl !== 'private' && acl !== 'bucket-owner-full-control')
    throw new S3Error('AccessControlListNotSupported')
  const encryption = field(request, 'x-amz-server-side-encryption')
  if (encryption !== undefined && encryption !== 'AES256') throw new S3Error('NotImplemented')
  const unsupported = [...request.headers.keys(), ...request.query.map(([name]) => name.toLowerCase())].find((name) =>
    /^x-amz-(tagging$|grant-|object-lock-|website-redirect-location$|server-side-encryption-customer-)/.test(name),
  )
  if (unsupported)
    throw new S3Error('NotImplemented', `${unsupported} is not supported: this bucket is for development and tests`)
}

/** `response-content-type` and its like, which only count where the request is signed. */
export function overrides(request: S3Request): Record<string, string> {
  const given: Record<string, string> = {}
  for (const name of [
    'content-type',
    'content-language',
    'expires',
    'cache-control',
    'content-disposition',
    'content-encoding',
  ]) {
    const value = param(request, `response-${name}`)
    if (value !== undefined) given[name] = checked(value)
  }
  return given
}

/** From the query it may hold what no header can. */
function checked(value: string): string {
  if (/^[\t\x20-\x7e\x80-\xff]*$/.test(value)) return value
  throw new S3Error('InvalidArgument', 'A value holds characters that no header can hold')
}
