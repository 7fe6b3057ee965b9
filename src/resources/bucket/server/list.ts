import { type Answer, type Bucket, isoTime, quoted } from './bucket.ts'
import type { StoredObject } from './catalog.ts'
import { param, type S3Request } from './request.ts'
import { S3Error } from './s3-error.ts'
import { toXml, type Xml } from './xml.ts'

export interface Listing {
  objects: StoredObject[]
  /** Beginnings that keys share up to the delimiter, each standing for all of them. */
  prefixes: string[]
  /** Behind what a next list begins; absent where this one is complete. */
  next?: string
}

/** Keys in the order of their bytes, behind `after`; at most `limit` of keys and prefixes together. */
export function listKeys(
  bucket: Pick<Bucket, 'catalog'>,
  { prefix, delimiter, after, limit }: { prefix: string; delimiter: string; after: string; limit: number },
): Listing {
  const below = successor(prefix)
  const listing: Listing = { objects: [], prefixes: [] }
  let from = compareBytes(after, prefix) > 0 ? after : prefix
  let isAfter = from === after && after !== ''
  // A prefix that was the last one of the list before stands for all keys that begin so.
  if (delimiter && after.startsWith(prefix) && after.endsWith(delimiter) && after.length > prefix.length) {
    const beyond = successor(after)
    if (beyond === undefined) return listing
    from = beyond
    isAfter = false
  }
  let last = ''
  for (;;) {
    const left = limit - listing.objects.length - listing.prefixes.length
    const page = bucket.catalog.objects({ from, isAfter, limit: Math.min(left, 200) + 1, ...(below !== undefined && { below }) })
    let jump: string | undefined
    for (const object of page) {
      if (listing.objects.length + listing.prefixes.length >= limit) return { ...listing, ...(limit > 0 && { next: last }) }
      const cut = delimiter ? object.key.indexOf(delimiter, prefix.length) : -1
      if (cut < 0) {
        listing.objects.push(object)
        last = object.key
        continue
      }
      last = object.key.slice(0, cut + delimiter.length)
      listing.prefixes.push(last)
      jump = successor(last)
      if (jump === undefined) return listing
      break
    }
    if (jump !== undefined) {
      from = jump
      isAfter = false
    } else if (page.length <= Math.min(left, 200)) return listing
    else {
      from = page.at(-1)!.key
      isAfter = true
    }
  }
}

export function listObjects(bucket: Bucket, request: S3Request): Answer {
  const isV2 = param(request, 'list-type') === '2'
  const [prefix, delimiter] = [param(request, 'prefix') ?? '', param(request, 'delimiter') ?? '']
  const token = param(request, 'continuation-token')
  const marker = isV2
    ? token === undefined
      ? (param(request, 'start-after') ?? '')
      : readToken(token)
    : (param(request, 'marker') ?? '')
  const limit = readLimit(param(request, 'max-keys'))
  const { objects, prefixes, next } = listKeys(bucket, { prefix, delimiter, after: marker, limit })
  const encoding = param(request, 'encoding-type')
  if (encoding !== undefined && encoding !== 'url') throw new S3Error('InvalidArgument', 'encoding-type can only be url')
  const shown = (key: string) => (encoding ? encodeURIComponent(key).replaceAll('%2F', '/') : key)
  const hasOwner = !isV2 || param(request, 'fetch-owner') === 'true'
  const own: Xml = isV2
    ? {
        KeyCount: objects.length + prefixes.length,
        ContinuationToken: token,
        NextContinuationToken: next === undefined ? undefined : writeToken(next),
        StartAfter: param(request, 'start-after') === undefined ? undefined : shown(param(request, 'start-after')!),
      }
    : { Marker: shown(marker), NextMarker: next === undefined || !delimiter ? undefined : shown(next) }
  const xml = toXml('ListBucketResult', {
    Name: bucket.name,
    Prefix: shown(prefix),
    ...own,
    MaxKeys: limit,
    Delimiter: delimiter ? shown(delimiter) : undefined,
    EncodingType: encoding,
    IsTruncated: next !== undefined,
    Contents: objects.map((o) => ({
      Key: shown(o.key),
      LastModified: isoTime(o.modified),
      ETag: quoted(o.etag),
      ChecksumAlgorithm: o.checksum?.algorithm.toUpperCase(),
      Size: o.size,
      StorageClass: 'STANDARD',
      Owner: hasOwner ? { ID: 'landfall', DisplayName: 'landfall' } : undefined,
    })),
    CommonPrefixes: prefixes.map((each) => ({ Prefix: shown(each) })),
  })
  return { status: 200, xml }
}

export function readLimit(text: string | undefined): number {
  if (text === undefined || text === '') return 1000
  if (!/^\d{1,10}$/.test(text)) throw new S3Error('InvalidArgument', 'max-keys must be a number')
  return Math.min(1000, Number(text))
}

/** The first text behind all that begin with `prefix`; undefined where there is none. */
export function successor(prefix: string): string | undefined {
  const points = [...prefix].map((char) => char.codePointAt(0)!)
  for (let last = points.pop(); last !== undefined; last = points.pop()) {
    if (last === 0x10ffff) continue
    // Surrogates are no characters.
    points.push(last === 0xd7ff ? 0xe000 : last + 1)
    return String.fromCodePoint(...points)
  }
  return undefined
}

const compareBytes = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b))

function writeToken(after: string): string {
  return Buffer.from(`1${after}`).toString('base64url')
}
function readToken(token: string): string {
  const text = Buffer.from(token, 'base64url').toString('utf8')
  if (!text.startsWith('1')) throw new S3Error('InvalidArgument', 'The continuation token is not one of this server')
  return text.slice(1)
}
