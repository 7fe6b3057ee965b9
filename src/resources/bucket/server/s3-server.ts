import { randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { codeOf } from '../../../lib/error.ts'
import { authenticate, type Credentials } from './authenticate.ts'
import { Blobs } from './blobs.ts'
import type { Answer, Bucket } from './bucket.ts'
import { Catalog } from './catalog.ts'
import { expire, type Lifetime } from './expire.ts'
import { readRequest } from './request.ts'
import { route } from './route.ts'
import { S3Error } from './s3-error.ts'
import { errorXml } from './xml.ts'

export interface S3ServerOptions {
  folder: string
  port: number
  name: string
  region: string
  credentials: Credentials
  /** By prefix, how long after it was written an object goes. */
  lifetimes?: Lifetime[]
  now?(): number
  say(line: string): void
}

/** Parts of uploads that nobody completed. */
const ABANDONED_MS = 7 * 24 * 3600_000
/** A real S3 does so once a day. */
const EXPIRE_EVERY_MS = 3600_000
/** How much of a body is still read after it was refused, so that the client hears why. */
const DRAIN_BYTES = 16 * 1024 ** 2

/** One bucket, for those who sign with its keys. Resolves, once it listens, with what ends it. */
export async function startS3Server(options: S3ServerOptions) {
  const { folder, lifetimes = [], now = Date.now, ...rest } = options
  const catalog = new Catalog(join(folder, 'catalog.db'))
  const bucket: Bucket = { ...rest, now, catalog, blobs: new Blobs(folder) }
  for (const upload of catalog.uploads('')) if (now() - upload.started > ABANDONED_MS) catalog.abort(upload.id)
  expire(bucket, lifetimes)
  bucket.blobs.keepOnly(catalog.pieceIds())
  const expiring = setInterval(() => expire(bucket, lifetimes), EXPIRE_EVERY_MS)
  expiring.unref()

  const server = createServer({ requestTimeout: 0, headersTimeout: 30_000, keepAliveTimeout: 60_000, noDelay: true })
  const handle = (request: IncomingMessage, response: ServerResponse) => void serve(bucket, request, response)
  server.on('request', handle)
  // Refused before the client sends its body, where it is ready to wait.
  server.on('checkContinue', handle)
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port, '127.0.0.1', resolve)
  })
  const address = server.address()
  return {
    port: typeof address === 'object' && address ? address.port : options.port,
    async stop() {
      clearInterval(expiring)
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeIdleConnections()
      const force = setTimeout(() => server.closeAllConnections(), 5_000)
      await closed
      clearTimeout(force)
      catalog.close()
    },
  }
}

async function serve(bucket: Bucket, message: IncomingMessage, response: ServerResponse): Promise<void> {
  const id = randomBytes(8).toString('hex').toUpperCase()
  response.setHeader('x-amz-request-id', id)
  response.setHeader('server', 'Landfall')
  allowOrigins(message, response)
  let release: (() => void) | undefined
  try {
    if (message.method === 'OPTIONS') {
      response.writeHead(200, { 'content-length': 0 }).end()
      return
    }
    const request = readRequest(message, bucket.name)
    const signed = authenticate(request, bucket.credentials, bucket.now())
    if (message.headers.expect?.toLowerCase() === '100-continue') response.writeContinue()
    const answer = await route(bucket, request, signed)
    release = answer.body?.release
    await send(bucket, response, answer)
  } catch (error) {
    refuse(bucket, message, response, error, id)
  } finally {
    release?.()
  }
}

async function send(bucket: Bucket, response: ServerResponse, { status, headers = {}, xml, body }: Answer): Promise<void> {
  if (!body) {
    const length =
      xml === undefined ? (status === 200 ? (headers['content-length'] ?? '0') : undefined) : String(Buffer.byteLength(xml))
    const type = xml === undefined ? {} : { 'content-type': 'application/xml' }
    response.writeHead(status, { ...headers, ...type, ...(length !== undefined && { 'content-length': length }) }).end(xml)
    return
  }
  response.writeHead(status, headers)
  const { pieces, start, end } = body
  await pipeline(Readable.from(bucket.blobs.read(pieces, start, end), { objectMode: false }), response)
}

function refuse(bucket: Bucket, message: IncomingMessage, response: ServerResponse, error: unknown, id: string): void {
  // The client has gone: there is nobody to tell.
  const isGone = message.destroyed && !message.complete
  if (!(error instanceof S3Error) && !isGone && codeOf(error) !== 'ERR_STREAM_PREMATURE_CLOSE') {
    bucket.say(`${id} ${message.method} failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`)
  }
  if (response.headersSent || isGone) {
    response.destroy()
    return
  }
  const said = error instanceof S3Error ? error : new S3Error('InternalError')
  const hasBody = !message.complete
  const xml = errorXml({ Code: said.code, Message: said.message, Resource: message.url?.split('?')[0], RequestId: id })
  const isHead = message.method === 'HEAD'
  response.writeHead(said.status, {
    ...(!isHead && { 'content-type': 'application/xml', 'content-length': Buffer.byteLength(xml) }),
    ...(hasBody && { connection: 'close' }),
  })
  response.end(isHead ? undefined : xml)
  if (hasBody) drain(message)
}

/** Closed at once, the connection would take the answer with it. */
function drain(message: IncomingMessage): void {
  let bytes = 0
  message.on('data', (chunk: Buffer) => {
    bytes += chunk.length
    if (bytes > DRAIN_BYTES) message.destroy()
  })
  message.on('error', () => {}) // It has its answer.
  setTimeout(() => message.destroy(), 5_000).unref()
}

/** Pages of any origin may ask: without a signature they get nothing. */
function allowOrigins(message: IncomingMessage, response: ServerResponse): void {
  if (message.headers.origin === undefined) return
  response.setHeader('access-control-allow-origin', '*')
  response.setHeader(
    'access-control-expose-headers',
    'ETag, x-amz-request-id, x-amz-checksum-crc32, Content-Range, Accept-Ranges',
  )
  if (message.method !== 'OPTIONS') return
  response.setHeader('access-control-allow-methods', 'GET, PUT, POST, DELETE, HEAD')
  response.setHeader('access-control-allow-headers', message.headers['access-control-request-headers'] ?? '*')
  response.setHeader('access-control-max-age', '600')
}
