import { type IncomingMessage, request as plainRequest } from 'node:http'
import { request as tlsRequest } from 'node:https'
import { setTimeout as sleep } from 'node:timers/promises'
import { codeOf, LandfallError } from '../error.ts'
import { canonicalRequest, encode, hmac, scopeText, sha256, signingKey, stringToSign, timeText } from './sigv4.ts'

export interface S3Access {
  /** `https://s3.example.com`; the bucket stands in the path. */
  endpoint: string
  region: string
  bucket: string
  accessKey: string
  secretKey: string
}
export interface S3Patience {
  /** How often one question is asked at most. */
  attempts: number
  /** A connection on which nothing moves for so long is given up. */
  idleMs: number
  /** Before the second attempt; twice as long before each further one. */
  pauseMs: number
}
export const PATIENCE: S3Patience = { attempts: 6, idleMs: 30_000, pauseMs: 250 }

export interface Question {
  method: 'GET' | 'PUT' | 'POST' | 'DELETE' | 'HEAD'
  /** Absent: the bucket itself. */
  key?: string
  query?: [string, string][]
  headers?: Record<string, string>
  body?: Uint8Array
}

/** One signed question, asked again where the store or the way to it failed. Statuses below 500 are answers; 429 is not. */
export async function ask(
  to: S3Access,
  question: Question,
  signal: AbortSignal,
  patience: S3Patience = PATIENCE,
): Promise<IncomingMessage> {
  let why = ''
  for (let attempt = 1; attempt <= patience.attempts; attempt++) {
    signal.throwIfAborted()
    if (attempt > 1) await sleep(patience.pauseMs * 2 ** (attempt - 2) * (0.5 + Math.random() / 2), undefined, { signal })
    try {
      const answer = await once(to, question, signal, patience.idleMs)
      if ((answer.statusCode ?? 0) < 500 && answer.statusCode !== 429) return answer
      why = `it answers ${answer.statusCode}`
      answer.resume()
    } catch (error) {
      if (signal.aborted) throw error
      why = error instanceof Error ? error.message : String(error)
    }
  }
  throw new LandfallError({
    code: 'E_S3',
    message: `the bucket ${to.bucket} at ${to.endpoint} did not take it in ${patience.attempts} attempts: ${why}`,
    at: question.key,
    hint: 'see whether it works, and run it again: what is whole there stays',
  })
}

function once(to: S3Access, question: Question, signal: AbortSignal, idleMs: number): Promise<IncomingMessage> {
  const { method, key, query = [], body } = question
  const url = new URL(to.endpoint)
  const path = `${url.pathname.replace(/\/$/, '')}/${to.bucket}${key === undefined ? '' : `/${key.split('/').map(encode).join('/')}`}`
  const time = timeText(new Date())
  const scope = { day: time.slice(0, 8), region: to.region }
  const payload = sha256(body ?? '')
  const given = Object.entries(question.headers ?? {}).map(([name, value]): [string, string] => [name.toLowerCase(), value])
  const headers: [string, string][] = [['host', url.host], ['x-amz-content-sha256', payload], ['x-amz-date', time], ...given]
  headers.sort(([a], [b]) => (a < b ? -1 : 1))
  const canonical = canonicalRequest({ method, path, query, headers, payload })
  const signature = hmac(signingKey(to.secretKey, scope), stringToSign(time, scope, canonical)).toString('hex')
  const signed = headers.map(([name]) => name).join(';')
  const authorization = `AWS4-HMAC-SHA256 Credential=${to.accessKey}/${scopeText(scope)}, SignedHeaders=${signed}, Signature=${signature}`
  const search = query.map(([name, value]) => `${encode(name)}=${encode(value)}`).join('&')
  const request = url.protocol === 'https:' ? tlsRequest : plainRequest
  return new Promise((resolve, reject) => {
    const asking = request(
      {
        protocol: url.protocol,
        hostname: url.hostname,
        port: url.port,
        method,
        path: search ? `${path}?${search}` : path,
        signal,
        agent: false,
      },
      (answer) => {
        answer.on('error', () => {}) // Whoever reads it hears of it.
        resolve(answer)
      },
    )
    for (const [name, value] of headers) asking.setHeader(name, value)
    asking.setHeader('authorization', authorization)
    asking.setHeader('content-length', body?.length ?? 0)
    asking.setTimeout(idleMs, () => asking.destroy(new Error(`nothing moved for ${idleMs / 1000} s`)))
    asking.on('error', reject)
    asking.end(body)
  })
}

/** The whole answer as text; of an error at most its beginning. */
export async function textOf(answer: IncomingMessage): Promise<string> {
  const chunks: Uint8Array[] = []
  for await (const chunk of answer) chunks.push(chunk as Uint8Array)
  return Buffer.concat(chunks).toString('utf8')
}

/** An answer that is no success, in words. */
export async function refused(to: S3Access, answer: IncomingMessage, key?: string): Promise<LandfallError> {
  const text = await textOf(answer).catch((error: unknown) => codeOf(error) ?? '')
  const code = /<Code>([^<]{1,100})<\/Code>/.exec(text)?.[1] ?? ''
  const isKey = answer.statusCode === 403
  return new LandfallError({
    code: 'E_S3',
    message: `the bucket ${to.bucket} at ${to.endpoint} answers ${answer.statusCode}${code ? ` ${code}` : ''}`,
    ...(key && { at: key }),
    hint: isKey ? 'look at the access key, its secret and what it may do' : 'look at the name of the bucket and its endpoint',
  })
}
