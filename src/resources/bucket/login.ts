import { request } from 'node:http'
import { codeOf, LandfallError } from '../../lib/error.ts'
import { canonicalRequest, EMPTY_SHA256, hmac, scopeText, signingKey, stringToSign, timeText } from '../../lib/s3/sigv4.ts'

const IDLE_MS = 5000

/** One attempt: a signed question for the bucket, as an app would ask. */
export async function login(values: Record<string, string>, signal: AbortSignal): Promise<void> {
  const { endpoint = '', name = '' } = values
  const status = await ask(values, signal).catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error)
    throw failed(`could not reach the bucket ${name} at ${endpoint}: ${reason}`, error)
  })
  if (status !== 200) throw failed(`the bucket ${name} at ${endpoint} answered ${status}`)
}

function ask(values: Record<string, string>, signal: AbortSignal): Promise<number> {
  const { endpoint = '', region = '', name = '', accessKey = '', secretKey = '' } = values
  const url = new URL(`/${name}`, endpoint)
  const time = timeText(new Date())
  const scope = { day: time.slice(0, 8), region }
  const headers: [string, string][] = [
    ['host', url.host],
    ['x-amz-content-sha256', EMPTY_SHA256],
    ['x-amz-date', time],
  ]
  const canonical = canonicalRequest({ method: 'HEAD', path: url.pathname, query: [], headers, payload: EMPTY_SHA256 })
  const signature = hmac(signingKey(secretKey, scope), stringToSign(time, scope, canonical)).toString('hex')
  const signed = headers.map(([header]) => header).join(';')
  const authorization = `AWS4-HMAC-SHA256 Credential=${accessKey}/${scopeText(scope)}, SignedHeaders=${signed}, Signature=${signature}`
  return new Promise((resolve, reject) => {
    const asking = request(url, {
      method: 'HEAD',
      headers: { ...Object.fromEntries(headers), authorization },
      agent: false,
      timeout: IDLE_MS,
      signal,
    })
    asking.on('timeout', () => asking.destroy(new Error(`no answer within ${IDLE_MS / 1000} s`)))
    asking.on('error', reject)
    asking.on('response', (answer) => {
      answer.resume()
      resolve(answer.statusCode ?? 0)
    })
    asking.end()
  })
}

function failed(message: string, cause?: unknown): LandfallError {
  const detail = codeOf(cause)
  return new LandfallError({ code: 'E_LOGIN', message, ...(detail && { detail }), cause })
}
