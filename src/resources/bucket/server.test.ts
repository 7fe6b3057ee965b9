import { createHash, randomBytes } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  GetObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  ListPartsCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3'
import { Upload } from '@aws-sdk/lib-storage'
import { beforeAll, expect, onTestFinished, test } from 'vitest'
import { errorOf, isRoot, processesOf, shop, until } from '../../../test/process-engine.ts'
import { buildPrograms, modeOf, ServerBench } from '../../../test/server-bench.ts'
import bucket from './index.ts'

beforeAll(buildPrograms)

function aServer(options: Record<string, unknown> = {}): ServerBench {
  const server = new ServerBench(bucket, 'media', options)
  onTestFinished(() => server.close())
  return server
}
/** As an app makes one, from the outputs. */
async function clientOf(server: ServerBench): Promise<S3Client> {
  const client = new S3Client({
    endpoint: await server.output('endpoint'),
    region: await server.output('region'),
    credentials: { accessKeyId: await server.output('accessKey'), secretAccessKey: await server.output('secretKey') },
    maxAttempts: 1,
  })
  onTestFinished(() => client.destroy())
  return client
}
const Bucket = 'media'

test('what an app puts by the outputs is there after a restart', async () => {
  const server = aServer()
  await server.up()
  expect(await server.output('name')).toBe(Bucket)
  await (await clientOf(server)).send(new PutObjectCommand({ Bucket, Key: 'kept', Body: 'kept' }))
  expect(await server.output('url')).toBe(`${await server.output('endpoint')}/media`)
  await server.stop()
  await server.up()
  const { Body } = await (await clientOf(server)).send(new GetObjectCommand({ Bucket, Key: 'kept' }))
  expect(await Body!.transformToString()).toBe('kept')
})

test('it listens on loopback alone, under the uid of servers, and stays known as an instance', async () => {
  const server = aServer()
  await server.up()
  const port = new URL(await server.output('endpoint')).port
  const hex = Number(port).toString(16).toUpperCase()
  const listening = ['tcp', 'tcp6'].flatMap((name) => readFileSync(`/proc/net/${name}`, 'utf8').split('\n'))
  const ours = listening.map((line) => line.trim().split(/\s+/)).filter((row) => row[3] === '0A' && row[1]?.endsWith(`:${hex}`))
  expect(ours.map(([, local]) => local)).toEqual([`0100007F:${hex}`])
  const { uid } = statSync(`/proc/${await server.pid()}`)
  expect(uid === process.getuid?.()).toBe(!isRoot)
  expect(uid).toBe(statSync(server.folder).uid)
})

test('an object that was confirmed is whole after SIGKILL of all its processes, and nothing else is left', async () => {
  const server = aServer()
  await server.up()
  const s3 = await clientOf(server)
  // Of every key the number of the last write that was confirmed; each body begins with its number.
  const confirmed = new Map<string, number>()
  let isOver = false
  const body = (number: number, size: number) => {
    const bytes = randomBytes(size)
    bytes.writeUInt32BE(number)
    return bytes
  }
  const putting = [1, 2, 3].map(async (writer) => {
    for (let i = 1; !isOver; i++) {
      const Key = `${writer}/${i % 40}`
      await s3.send(new PutObjectCommand({ Bucket, Key, Body: body(i, 50_000) }))
      confirmed.set(Key, i)
    }
  })
  const uploading = (async () => {
    for (let i = 1; !isOver; i++) {
      await new Upload({ client: s3, params: { Bucket, Key: `large/${i}`, Body: body(i, 16 * 1024 ** 2) } }).done()
      confirmed.set(`large/${i}`, i)
    }
  })()
  const all = Promise.allSettled([...putting, uploading])
  await until('much is confirmed', () => confirmed.size > 60 && confirmed.has('large/1'))
  await server.kill()
  isOver = true
  await all
  await server.ready()
  const after = await clientOf(server)
  for (const [Key, number] of confirmed) {
    const { Body, ETag, ContentLength } = await after.send(new GetObjectCommand({ Bucket, Key }))
    const bytes = Buffer.from(await Body!.transformToByteArray())
    // A write behind it may have been done, and its confirmation lost.
    expect(bytes.readUInt32BE(), Key).toBeGreaterThanOrEqual(number)
    expect(bytes.length, Key).toBe(ContentLength)
    if (!Key.startsWith('large')) expect(ETag, Key).toBe(`"${createHash('md5').update(bytes).digest('hex')}"`)
  }
  // Every file belongs to an object, or to an upload that may still be completed.
  const { Contents = [] } = await after.send(new ListObjectsV2Command({ Bucket }))
  let wanted = Contents.reduce((sum, o) => sum + Number(/-(\d+)"$/.exec(o.ETag!)?.[1] ?? 1), 0)
  for (const { Key, UploadId } of (await after.send(new ListMultipartUploadsCommand({ Bucket }))).Uploads ?? []) {
    wanted += (await after.send(new ListPartsCommand({ Bucket, Key, UploadId }))).Parts?.length ?? 0
  }
  const files = readdirSync(join(server.folder, 'objects'), { recursive: true, withFileTypes: true }).filter((e) => e.isFile())
  expect(files).toHaveLength(wanted)
  expect(readdirSync(join(server.folder, 'incoming'))).toEqual([])
})

test('nobody gets in without the secret', async () => {
  const server = aServer()
  await server.up()
  await expect(server.login({ secretKey: 'guess' })).rejects.toMatchObject({
    code: 'E_LOGIN',
    message: expect.stringContaining('answered 403'),
  })
  await expect(server.login({ accessKey: 'other' })).rejects.toMatchObject({ code: 'E_LOGIN' })
  expect((await fetch(await server.output('url'))).status).toBe(403)
})

test('the secret is in no argument, no environment of the server, no file, no log and no error', async () => {
  const server = aServer()
  server.bench.stored['media.secretKey'] = 'Canary 7d1"$(id)\\Secret'
  await server.up()
  await (await clientOf(server)).send(new PutObjectCommand({ Bucket, Key: 'x', Body: 'x' }))
  expect(readFileSync(`/proc/${await server.pid()}/environ`, 'utf8')).not.toContain('Canary')
  for (const each of [...processesOf(server.bench.home), (await server.instance()).pid]) {
    expect(readFileSync(`/proc/${each}/cmdline`, 'utf8')).not.toContain('Canary')
  }
  for (const path of readdirSync(server.bench.home, { recursive: true, encoding: 'utf8' })) {
    const file = join(server.bench.home, path)
    if (statSync(file).isFile()) expect(readFileSync(file).includes('Canary'), path).toBe(false)
  }
  const wrong = await errorOf(server.login({ secretKey: 'Canary but wrong' }))
  await server.stop()
  const refused = await errorOf(server.login())
  for (const error of [wrong, refused]) expect(JSON.stringify(error) + String(error)).not.toContain('Canary')
  expect(refused).toMatchObject({ code: 'E_LOGIN', detail: 'ECONNREFUSED' })
})

test('what it keeps can be read by nobody but its own uid and root', async () => {
  const server = aServer()
  await server.up()
  await (await clientOf(server)).send(new PutObjectCommand({ Bucket, Key: 'x', Body: 'x' }))
  const paths = readdirSync(server.folder, { recursive: true, encoding: 'utf8' })
  expect(paths.length).toBeGreaterThan(5)
  expect(paths.filter((path) => (modeOf(join(server.folder, path)) & 0o077) !== 0)).toEqual([])
})

test('data of another server or a newer one is refused and left as it is', async () => {
  const server = aServer()
  await server.up()
  await server.stop()
  writeFileSync(join(server.folder, 'version'), 'bucket 2\n')
  await server.start()
  expect(await errorOf(server.ready())).toMatchObject({
    code: 'E_CRASHED',
    detail: expect.stringContaining('is that of bucket 2, and this server is bucket 1'),
  })
  await server.stop()
  rmSync(join(server.folder, 'version'))
  await server.start()
  expect(await errorOf(server.ready())).toMatchObject({ detail: expect.stringMatching(/holds \S+ but no file version/) })
  expect(existsSync(join(server.folder, 'catalog.db'))).toBe(true)
})

test('a second server on the same folder is refused while the first one lives', async () => {
  const server = aServer()
  await server.up()
  const lines: string[] = []
  const stderr = (chunk: Uint8Array) => lines.push(Buffer.from(chunk).toString())
  const { artifact, component, release } = server.started
  const io = { stdout: () => {}, stderr, signal: AbortSignal.timeout(40_000) }
  const code = await server.bench.engine.exec(shop, component, release, artifact, ['env', 'PORT=1', '/bin/sh', 'bin/start'], io)
  expect([code, lines.join('')]).toEqual([1, expect.stringContaining('another server works on')])
  await server.login()
})
