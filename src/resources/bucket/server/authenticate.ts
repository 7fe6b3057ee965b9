import { timingSafeEqual } from 'node:crypto'
import { type CredentialScope, canonicalRequest, hmac, signingKey, stringToSign } from '../../../lib/s3/sigv4.ts'
import { param, type S3Request } from './request.ts'
import { S3Error } from './s3-error.ts'

export interface Credentials {
  accessKey: string
  secretKey: string
}
/** A request whose signature is right. */
export interface Signed {
  /** What was signed about the body: a digest, `UNSIGNED-PAYLOAD` or a form of `STREAMING-…`. */
  payload: string
  /** For bodies whose chunks are signed one after the other. */
  chain: { key: Buffer; time: string; scope: CredentialScope; signature: string }
}

const SKEW_MS = 15 * 60_000
const MAX_EXPIRES_SECONDS = 7 * 24 * 3600
const PAYLOAD =
  /^([0-9a-f]{64}|UNSIGNED-PAYLOAD|STREAMING-UNSIGNED-PAYLOAD-TRAILER|STREAMING-AWS4-HMAC-SHA256-PAYLOAD(-TRAILER)?)$/

/** Who has no valid signature gets nothing; there is nothing in the bucket for strangers. */
export function authenticate(request: S3Request, credentials: Credentials, now: number): Signed {
  const header = request.headers.get('authorization')
  const isInQuery = request.query.some(([name]) => name === 'X-Amz-Signature' || name === 'X-Amz-Algorithm')
  if (header !== undefined && isInQuery) throw new S3Error('InvalidArgument', 'Only one way to sign is allowed at once')
  if (header === undefined && !isInQuery) {
    const isOld = param(request, 'AWSAccessKeyId') !== undefined
    throw isOld
      ? new S3Error('InvalidRequest', 'Only signatures of version 4 are understood: set s3v4')
      : new S3Error('AccessDenied')
  }
  const claim = header === undefined ? readQueryClaim(request, now) : readHeaderClaim(request, header, now)
  if (claim.accessKey !== credentials.accessKey) throw new S3Error('InvalidAccessKeyId')
  const key = signingKey(credentials.secretKey, claim.scope)
  const canonical = canonicalRequest({
    method: request.method,
    path: request.rawPath,
    query: request.query.filter(([name]) => name !== 'X-Amz-Signature'),
    headers: signedHeaders(request, claim.signedHeaders),
    payload: claim.payload,
  })
  const wanted = hmac(key, stringToSign(claim.time, claim.scope, canonical))
  const given = Buffer.from(claim.signature, 'hex')
  if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) throw new S3Error('SignatureDoesNotMatch')
  return { payload: claim.payload, chain: { key, time: claim.time, scope: claim.scope, signature: claim.signature } }
}

interface Claim {
  accessKey: string
  scope: CredentialScope
  time: string
  signedHeaders: string[]
  signature: string
  payload: string
}

function readHeaderClaim(request: S3Request, header: string, now: number): Claim {
  const match = /^AWS4-HMAC-SHA256\s+Credential=([^,\s]+),\s*SignedHeaders=([^,\s]+),\s*Signature=([0-9a-f]{64})$/.exec(header)
  if (!match) throw new S3Error('AuthorizationHeaderMalformed', 'Only AWS4-HMAC-SHA256 is understood')
  const [, credential = '', names = '', signature = ''] = match
  const { accessKey, scope } = readCredential(credential, 'AuthorizationHeaderMalformed')
  const time = request.headers.get('x-amz-date') ?? basicTime(request.headers.get('date'))
  const at = readTime(time)
  if (at === undefined) throw new S3Error('AccessDenied', 'A signed request needs x-amz-date')
  if (Math.abs(at - now) > SKEW_MS) throw new S3Error('RequestTimeTooSkewed')
  if (!time.startsWith(scope.day)) throw new S3Error('AuthorizationHeaderMalformed', 'The day of the credential is another one')
  const payload = request.headers.get('x-amz-content-sha256') ?? ''
  if (!PAYLOAD.test(payload)) throw new S3Error('InvalidArgument', 'x-amz-content-sha256 must say what was signed of the body')
  return { accessKey, scope, time, signedHeaders: names.split(';'), signature, payload }
}

function readQueryClaim(request: S3Request, now: number): Claim {
  const one = (name: string): string => {
    const values = request.query.filter(([each]) => each === name)
    if (values.length !== 1) throw new S3Error('AuthorizationQueryParametersError', `${name} must stand in the query once`)
    return values[0]![1]
  }
  if (one('X-Amz-Algorithm') !== 'AWS4-HMAC-SHA256') throw new S3Error('AuthorizationQueryParametersError')
  const { accessKey, scope } = readCredential(one('X-Amz-Credential'), 'AuthorizationQueryParametersError')
  const time = one('X-Amz-Date')
  const at = readTime(time)
  const seconds = /^\d{1,6}$/.test(one('X-Amz-Expires')) ? Number(one('X-Amz-Expires')) : 0
  if (at === undefined || seconds < 1 || seconds > MAX_EXPIRES_SECONDS || !time.startsWith(scope.day)) {
    throw new S3Error('AuthorizationQueryParametersError')
  }
  if (at - now > SKEW_MS) throw new S3Error('AccessDenied', 'The request is not valid yet')
  if (now > at + seconds * 1000) throw new S3Error('AccessDenied', 'The request has expired')
  const signature = one('X-Amz-Signature')
  if (!/^[0-9a-f]{64}$/.test(signature)) throw new S3Error('AuthorizationQueryParametersError')
  const payload = param(request, 'X-Amz-Content-Sha256') ?? request.headers.get('x-amz-content-sha256') ?? 'UNSIGNED-PAYLOAD'
  if (!PAYLOAD.test(payload)) throw new S3Error('InvalidArgument', 'x-amz-content-sha256 must say what was signed of the body')
  return { accessKey, scope, time, signedHeaders: one('X-Amz-SignedHeaders').split(';'), signature, payload }
}

function readCredential(text: string, code: 'AuthorizationHeaderMalformed' | 'AuthorizationQueryParametersError') {
  const match = /^(.+)\/(\d{8})\/([A-Za-z0-9-]{1,64})\/s3\/aws4_request$/.exec(text)
  if (!match) throw new S3Error(code, 'The credential must be <access key>/<day>/<region>/s3/aws4_request')
  const [, accessKey = '', day = '', region = ''] = match
  return { accessKey, scope: { day, region } }
}

/** The host and all that changes what the request means must be signed, or somebody could add to it on the way. */
function signedHeaders(request: S3Request, names: string[]): [string, string][] {
  const signed = new Set(names)
  if (!signed.has('host')) throw new S3Error('AccessDenied', 'The host must be signed')
  for (const name of request.headers.keys()) {
    if (name.startsWith('x-amz-') && !signed.has(name)) throw new S3Error('AccessDenied', `${name} was not signed`)
  }
  return names.map((name) => {
    const value = request.headers.get(name)
    if (value === undefined) throw new S3Error('SignatureDoesNotMatch', `${name} was signed, and is not there`)
    return [name, utf8Of(value)]
  })
}

/** Node takes headers for Latin-1; whoever has more in them signs UTF-8. */
function utf8Of(value: string): string {
  const text = Buffer.from(value, 'latin1').toString('utf8')
  return text.includes('\ufffd') ? value : text
}

function readTime(text: string): number | undefined {
  const match = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text)
  if (!match) return undefined
  const [, year, month, day, hour, minute, second] = match
  const at = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`)
  return Number.isNaN(at) ? undefined : at
}

function basicTime(date: string | undefined): string {
  const at = new Date(date ?? '')
  return Number.isNaN(at.getTime()) ? '' : `${at.toISOString().slice(0, 19).replace(/[-:]/g, '')}Z`
}
