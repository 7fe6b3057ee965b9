import { createHash, createHmac } from 'node:crypto'

// AWS Signature Version 4, as far as S3 uses it: what signer and verifier have in common.

export interface CredentialScope {
  /** `20260131` */
  day: string
  region: string
}
export interface Canonical {
  method: string
  /** Of the request line, as it was sent: never decoded and encoded again. */
  path: string
  /** Decoded names and values. */
  query: [string, string][]
  /** By lower-case name; those that are signed. */
  headers: [string, string][]
  payload: string
}

export const EMPTY_SHA256 = sha256('')

export function sha256(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex')
}

export function scopeText({ day, region }: CredentialScope): string {
  return `${day}/${region}/s3/aws4_request`
}

export function signingKey(secret: string, { day, region }: CredentialScope): Buffer {
  let key: Buffer = Buffer.from(`AWS4${secret}`)
  for (const part of [day, region, 's3', 'aws4_request']) key = hmac(key, part)
  return key
}

export function hmac(key: Uint8Array, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}

export function canonicalRequest({ method, path, query, headers, payload }: Canonical): string {
  const pairs = query.map(([name, value]) => [encode(name), encode(value)] as const)
  pairs.sort(([a, x], [b, y]) => compare(a, b) || compare(x, y))
  const lines = headers.map(([name, value]) => `${name}:${value.trim().replace(/ +/g, ' ')}\n`)
  const queryText = pairs.map(([name, value]) => `${name}=${value}`).join('&')
  return [method, path, queryText, lines.join(''), headers.map(([name]) => name).join(';'), payload].join('\n')
}

/** `time` as `20260131T235959Z`. */
export function stringToSign(time: string, scope: CredentialScope, canonical: string): string {
  return ['AWS4-HMAC-SHA256', time, scopeText(scope), sha256(canonical)].join('\n')
}

export function encode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
}

export function timeText(at: Date): string {
  return `${at.toISOString().slice(0, 19).replace(/[-:]/g, '')}Z`
}

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)
