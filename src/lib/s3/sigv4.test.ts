import { expect, test } from 'vitest'
import { canonicalRequest, EMPTY_SHA256, encode, hmac, signingKey, stringToSign, timeText } from './sigv4.ts'

// The examples of AWS's own manual ("Signature Calculations for the Authorization Header", "Using Query Parameters").
const SECRET = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY'
const TIME = '20130524T000000Z'
const SCOPE = { day: '20130524', region: 'us-east-1' }
const HOST = ['host', 'examplebucket.s3.amazonaws.com'] as [string, string]

function sign(path: string, query: [string, string][], headers: [string, string][], payload: string): string {
  const canonical = canonicalRequest({ method: 'GET', path, query, headers, payload })
  return hmac(signingKey(SECRET, SCOPE), stringToSign(TIME, SCOPE, canonical)).toString('hex')
}

test('a request for a range of an object has the signature of the manual', () => {
  const headers: [string, string][] = [HOST, ['range', 'bytes=0-9'], ['x-amz-content-sha256', EMPTY_SHA256], ['x-amz-date', TIME]]
  expect(sign('/test.txt', [], headers, EMPTY_SHA256)).toBe('f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41')
})

test('a list has the signature of the manual, whatever the order of its parameters', () => {
  const headers: [string, string][] = [HOST, ['x-amz-content-sha256', EMPTY_SHA256], ['x-amz-date', TIME]]
  const wanted = '34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7'
  expect(
    sign(
      '/',
      [
        ['max-keys', '2'],
        ['prefix', 'J'],
      ],
      headers,
      EMPTY_SHA256,
    ),
  ).toBe(wanted)
  expect(
    sign(
      '/',
      [
        ['prefix', 'J'],
        ['max-keys', '2'],
      ],
      headers,
      EMPTY_SHA256,
    ),
  ).toBe(wanted)
})

test('a signed address has the signature of the manual', () => {
  const query: [string, string][] = [
    ['X-Amz-Algorithm', 'AWS4-HMAC-SHA256'],
    ['X-Amz-Credential', 'AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request'],
    ['X-Amz-Date', TIME],
    ['X-Amz-Expires', '86400'],
    ['X-Amz-SignedHeaders', 'host'],
  ]
  expect(sign('/test.txt', query, [HOST], 'UNSIGNED-PAYLOAD')).toBe(
    'aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404',
  )
})

test('what the protocol leaves as it is, and what it does not', () => {
  expect(encode("aZ0-_.~ !'()*/ü+&=")).toBe('aZ0-_.~%20%21%27%28%29%2A%2F%C3%BC%2B%26%3D')
  expect(timeText(new Date('2026-01-31T23:59:59.999Z'))).toBe('20260131T235959Z')
})
