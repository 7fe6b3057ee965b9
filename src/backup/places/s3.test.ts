import { createHash } from 'node:crypto'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { S3 } from '../../lib/s3/s3.ts'
import { BUCKET, KEYS, S3Bench } from '../../resources/bucket/server/s3.harness.ts'
import { openS3 } from './s3.ts'

const PATIENCE = { attempts: 4, idleMs: 500, pauseMs: 5 }

async function* pieces(bytes: Uint8Array, size = 700_000) {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}
async function digestOf(stream: AsyncIterable<Uint8Array>) {
  const hash = createHash('sha256')
  for await (const chunk of stream) hash.update(chunk)
  return hash.digest('hex')
}
const big = Buffer.alloc(20 * 1024 * 1024, 'all kinds of bytes')

/** Stands before the bucket and does to its connections what `fault` says, in the order in which they come. */
class FaultyWay {
  readonly faults: ('none' | 'refuse' | '503' | 'stall' | 'cut-answer' | 'cut-request')[] = []
  connections = 0
  private readonly server: Server
  private readonly open = new Set<Socket>()
  private readonly to: number
  constructor(to: number) {
    this.to = to
    this.server = createServer((socket) => this.serve(socket))
  }
  async listen(): Promise<number> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve))
    return (this.server.address() as AddressInfo).port
  }
  close(): void {
    for (const socket of this.open) socket.destroy()
    this.server.close()
  }
  private serve(socket: Socket): void {
    this.connections += 1
    const fault = this.faults.shift() ?? 'none'
    this.open.add(socket)
    socket.on('error', () => {})
    if (fault === 'refuse') return void socket.destroy()
    if (fault === '503') return void socket.end('HTTP/1.1 503 Slow Down\r\ncontent-length: 0\r\n\r\n')
    if (fault === 'stall') return
    const target = connect(this.to, '127.0.0.1')
    this.open.add(target)
    target.on('error', () => socket.destroy())
    let sent = 0
    target.on('data', (chunk: Buffer) => {
      sent += chunk.length
      socket.write(chunk)
      if (fault === 'cut-answer' && sent > 5_000_000) socket.destroy()
    })
    target.on('end', () => socket.end())
    let came = 0
    socket.on('data', (chunk: Buffer) => {
      came += chunk.length
      target.write(chunk)
      if (fault === 'cut-request' && came > 1_000_000) socket.destroy()
    })
    socket.on('close', () => target.destroy())
  }
}

async function aBucket() {
  const bench = await S3Bench.start()
  const proxy = new FaultyWay(bench.port)
  const port = await proxy.listen()
  onTestFinished(() => proxy.close())
  const to = {
    endpoint: `http://127.0.0.1:${port}`,
    region: 'us-east-1',
    bucket: BUCKET,
    accessKey: KEYS.accessKeyId,
    secretKey: KEYS.secretAccessKey,
  }
  const s3 = new S3(to, AbortSignal.timeout(50_000), PATIENCE)
  return { bench, proxy, s3, to }
}

test('a stream of unknown length goes up in pieces and comes back whole', async () => {
  const { s3, bench } = await aBucket()
  expect(await s3.put('a/big file', pieces(big))).toBe(big.length)
  expect(await s3.head('a/big file')).toMatchObject({ bytes: big.length })
  expect(await digestOf(s3.get('a/big file'))).toBe(await digestOf(pieces(big)))
  expect(await s3.put('a/small', pieces(Buffer.from('x')))).toBe(1)
  expect(await s3.list('a/')).toEqual([
    { key: 'a/big file', bytes: big.length },
    { key: 'a/small', bytes: 1 },
  ])
  await s3.remove('a/big file')
  expect(await s3.head('a/big file')).toBeUndefined()
  expect(bench.files()).toHaveLength(1)
})

test('a store that is busy, stalls, or loses connections in both directions is asked again', async () => {
  const { s3, proxy } = await aBucket()
  proxy.faults.push('503', 'refuse', 'none', 'cut-request', 'stall')
  expect(await s3.put('big', pieces(big))).toBe(big.length)
  proxy.faults.push('cut-answer', '503', 'cut-answer')
  expect(await digestOf(s3.get('big'))).toBe(await digestOf(pieces(big)))
})

test('a store that is down for good is told after so many attempts', async () => {
  const { s3, proxy } = await aBucket()
  proxy.faults.push('503', '503', '503', '503')
  await expect(s3.put('x', pieces(Buffer.from('x')))).rejects.toMatchObject({
    code: 'E_S3',
    message: expect.stringContaining('503'),
  })
  expect(proxy.connections).toBe(4)
})

test('an upload whose source fails is aborted, and nothing is listed or left', async () => {
  const { s3, bench } = await aBucket()
  async function* failing() {
    yield* pieces(big)
    throw new Error('pg_dump died')
  }
  await expect(s3.put('half', failing())).rejects.toThrow('pg_dump died')
  expect(await s3.list('')).toEqual([])
  expect(bench.files()).toEqual([])
})

test('what a dead process began is found and aborted', async () => {
  const { s3, bench, proxy } = await aBucket()
  // begin, first piece, then nothing works, not even the abort.
  proxy.faults.push('none', 'none', ...Array.from({ length: 8 }, () => 'refuse' as const))
  await expect(s3.put('b/half', pieces(big))).rejects.toMatchObject({ code: 'E_S3' })
  expect(bench.files().length).toBeGreaterThan(0)
  await s3.abortUploads('other/')
  expect(bench.files().length).toBeGreaterThan(0)
  await s3.abortUploads('b/')
  expect(bench.files()).toEqual([])
})

test('a wrong secret is told, and not tried again', async () => {
  const { to, proxy } = await aBucket()
  const s3 = new S3({ ...to, secretKey: 'wrong' }, AbortSignal.timeout(10_000), PATIENCE)
  await expect(s3.list('')).rejects.toMatchObject({ code: 'E_S3', message: expect.stringContaining('403') })
  expect(proxy.connections).toBe(1)
})

test('a place in a bucket is read back before it counts, and a folder of it goes as a whole', async () => {
  const { to, bench } = await aBucket()
  const place = openS3({ ...to, prefix: 'backups/' }, AbortSignal.timeout(20_000))
  expect(await place.write('shop/local/b/db', pieces(big))).toBe(big.length)
  expect(await place.list('shop/')).toEqual([{ path: 'shop/local/b/db', bytes: big.length }])
  expect(await digestOf(place.read('shop/local/b/db'))).toBe(await digestOf(pieces(big)))
  await place.remove('shop/local/b')
  expect(bench.files()).toEqual([])
  await expect(digestOf(place.read('shop/local/b/db'))).rejects.toMatchObject({ code: 'E_BACKUP_INVALID' })
})
