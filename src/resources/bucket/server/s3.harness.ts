import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { S3Client } from '@aws-sdk/client-s3'
import { onTestFinished } from 'vitest'
import { canonicalRequest, hmac, scopeText, sha256, signingKey, stringToSign, timeText } from '../../../lib/s3/sigv4.ts'
import { startS3Server } from './s3-server.ts'

export const KEYS = { accessKeyId: 'landfall-media', secretAccessKey: 'Kq3vX9dLr2Kq3vX9dLr2' }
export const BUCKET = 'media'

/** The server in this process, and the SDK in front of it. */
export class S3Bench {
  readonly folder = mkdtempSync(join(tmpdir(), 'landfall-s3-'))
  readonly said: string[] = []
  now = () => Date.now()
  lifetimes: { prefix: string; seconds: number }[] = []
  port = 0
  private server: { stop(): Promise<void> } | undefined

  static async start(): Promise<S3Bench> {
    const bench = new S3Bench()
    await bench.open()
    onTestFinished(async () => {
      await bench.close()
      rmSync(bench.folder, { recursive: true, force: true })
    })
    return bench
  }
  async open(): Promise<void> {
    const credentials = { accessKey: KEYS.accessKeyId, secretKey: KEYS.secretAccessKey }
    const options = {
      folder: this.folder,
      port: this.port,
      name: BUCKET,
      region: 'us-east-1',
      credentials,
      lifetimes: this.lifetimes,
    }
    const started = await startS3Server({ ...options, now: () => this.now(), say: (line) => this.said.push(line) })
    this.server = started
    this.port = started.port
  }
  async close(): Promise<void> {
    await this.server?.stop()
    this.server = undefined
  }
  get endpoint() {
    return `http://127.0.0.1:${this.port}`
  }
  client(over: Partial<typeof KEYS> = {}): S3Client {
    return newClient(this.endpoint, { ...KEYS, ...over })
  }
  /** Files of objects and of uploads under way. */
  files(): string[] {
    const all = readdirSync(this.folder, { recursive: true, withFileTypes: true })
    return all.filter((e) => e.isFile() && /objects|incoming/.test(e.parentPath)).map((e) => e.name)
  }
}

export function newClient(endpoint: string, credentials = KEYS): S3Client {
  const client = new S3Client({ endpoint, region: 'us-east-1', credentials, maxAttempts: 1, logger: QUIET })
  onTestFinished(() => client.destroy())
  return client
}

export interface RawAnswer {
  status: number
  headers: NodeJS.Dict<string | string[]>
  body: string
  /** Of an error. */
  code: string | undefined
}
export interface RawRequest {
  method?: string
  /** As it is sent. */
  path: string
  query?: [string, string][]
  headers?: Record<string, string>
  /** Sent, but not signed. */
  unsigned?: Record<string, string>
  body?: string | Buffer
  payload?: string
  at?: Date
  secret?: string
  accessKey?: string
}

/** Headers of a request with its signature. */
export function sign(bench: S3Bench, wish: RawRequest): { headers: Record<string, string>; signature: string } {
  const { method = 'GET', path, query = [], body = '', at = new Date(bench.now()) } = wish
  const time = timeText(at)
  const scope = { day: time.slice(0, 8), region: 'us-east-1' }
  const payload = wish.payload ?? sha256(body)
  const given: Record<string, string> = {
    host: `127.0.0.1:${bench.port}`,
    'x-amz-date': time,
    'x-amz-content-sha256': payload,
    ...wish.headers,
  }
  const headers = Object.entries(given).sort(([a], [b]) => (a < b ? -1 : 1))
  const canonical = canonicalRequest({ method, path, query, headers, payload })
  const key = signingKey(wish.secret ?? KEYS.secretAccessKey, scope)
  const signature = hmac(key, stringToSign(time, scope, canonical)).toString('hex')
  const names = headers.map(([name]) => name).join(';')
  const credential = `${wish.accessKey ?? KEYS.accessKeyId}/${scopeText(scope)}`
  const authorization = `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=${names}, Signature=${signature}`
  return { headers: { ...given, authorization }, signature }
}

/** A signed request by hand. */
export async function raw(bench: S3Bench, wish: RawRequest): Promise<RawAnswer> {
  const { method = 'GET', path, query = [], body = '' } = wish
  const headers = { ...sign(bench, wish).headers, ...wish.unsigned, 'content-length': String(Buffer.byteLength(body)) }
  const text = query.map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`).join('&')
  return send(bench, { method, path: text ? `${path}?${text}` : path, headers, body })
}

export function send(
  bench: Pick<S3Bench, 'port'>,
  {
    method = 'GET',
    path,
    headers = {},
    body = '',
  }: { method?: string; path: string; headers?: Record<string, string>; body?: string | Buffer },
): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const asking = request({ host: '127.0.0.1', port: bench.port, method, path, headers, agent: false }, (answer) => {
      let text = ''
      answer.setEncoding('utf8')
      answer.on('data', (chunk: string) => {
        text += chunk
      })
      answer.on('error', reject)
      answer.on('end', () =>
        resolve({
          status: answer.statusCode ?? 0,
          headers: answer.headers,
          body: text,
          code: /<Code>(\w+)<\/Code>/.exec(text)?.[1],
        }),
      )
    })
    asking.on('error', reject)
    asking.end(body)
  })
}

const say = () => {}
/** The SDK has opinions on streams, which it writes to stderr. */
const QUIET = { trace: say, debug: say, info: say, warn: say, error: say }
