import type { IncomingMessage } from 'node:http'
import { S3Error } from './s3-error.ts'

/** A request as the protocol sees it, before it is known who sent it. */
export interface S3Request {
  method: string
  /** Of the request line, as it was sent. */
  rawPath: string
  /** Empty for what concerns all buckets. */
  bucket: string
  /** Empty for what concerns the bucket. */
  key: string
  /** Decoded, in the order in which it came. */
  query: [string, string][]
  /** By lower-case name; several of one name joined by commas. */
  headers: Map<string, string>
  message: IncomingMessage
}

export const MAX_KEY_BYTES = 1024

export function readRequest(message: IncomingMessage, ownBucket: string): S3Request {
  const { url = '', method = '' } = message
  if (!url.startsWith('/')) throw new S3Error('InvalidURI')
  const [rawPath = '/', ...rest] = url.split('?')
  const query = readQuery(rest.join('?'))
  const headers = new Map<string, string>()
  for (let i = 0; i < message.rawHeaders.length; i += 2) {
    const name = message.rawHeaders[i]!.toLowerCase()
    const value = message.rawHeaders[i + 1]!.trim()
    headers.set(name, headers.has(name) ? `${headers.get(name)},${value}` : value)
  }
  // `media.localhost:19500`: the bucket is part of the host.
  const isInHost = headers.get('host')?.startsWith(`${ownBucket}.`) ?? false
  const path = rawPath.slice(1)
  const cut = path.indexOf('/')
  const bucket = isInHost ? ownBucket : decode(cut < 0 ? path : path.slice(0, cut))
  const key = decode(isInHost ? path : cut < 0 ? '' : path.slice(cut + 1))
  if (bucket === '' && rawPath !== '/') throw new S3Error('InvalidURI')
  if (Buffer.byteLength(key) > MAX_KEY_BYTES) throw new S3Error('KeyTooLongError')
  return { method, rawPath, bucket, key, query, headers, message }
}

/** The last one of several; undefined where there is none. `''` for a name alone, such as `?uploads`. */
export function param(request: S3Request, name: string): string | undefined {
  return request.query.findLast(([each]) => each === name)?.[1]
}

function readQuery(text: string): [string, string][] {
  if (text === '') return []
  return text.split('&').map((pair) => {
    const cut = pair.indexOf('=')
    const [name, value] = cut < 0 ? [pair, ''] : [pair.slice(0, cut), pair.slice(cut + 1)]
    return [decode(name.replaceAll('+', ' ')), decode(value.replaceAll('+', ' '))]
  })
}

/** Percent signs must stand for UTF-8. */
export function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw new S3Error('InvalidURI')
  }
}
