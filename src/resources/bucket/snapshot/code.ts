import { createHash, randomBytes } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { extract, type Header, pack } from 'tar-stream'
import { LandfallError } from '../../../lib/error.ts'
import { S3, type S3Object } from '../../../lib/s3/s3.ts'
import type { Holding, SnapshotCode, SnapshotContext, SnapshotTarget } from '../../../model/backup.ts'
import { readOptions } from '../options.ts'
import { isBackedUp } from '../prefixes.ts'
import { startS3Server } from '../server/s3-server.ts'

/** What restores put aside, and what they have not swapped in: no part of the app's own objects. */
const OURS = '.landfall/'
const newOf = (place: string) => `${OURS}${place}/new/`
const oldOf = (place: string) => `${OURS}${place}/old/`

export const code: SnapshotCode = {
  dump(from, ctx) {
    const tally = new Tally()
    return { stream: archive(from, tally, ctx), holding: () => tally.holding() }
  },

  async restore(into, place, from, ctx) {
    const s3 = open(into, ctx)
    for (const { key } of await s3.list(newOf(place))) await s3.remove(key)
    const tar = extract()
    const unpack = async () => {
      for await (const entry of tar) {
        const { key, headers } = metaOf(entry.header)
        await s3.put(newOf(place) + key, entry as unknown as AsyncIterable<Uint8Array>, headers) // Its types say no more than that it gives something.
      }
    }
    await Promise.all([
      pipeline(async function* () {
        yield* from
      }, tar),
      unpack(),
    ])
  },

  async inspect(at, place, ctx) {
    const s3 = open(at, ctx)
    const prefix = place === undefined ? '' : newOf(place)
    const tally = new Tally()
    for (const { key } of await s3.list(prefix)) {
      if (place === undefined && !isKept(at, key)) continue
      const found = await s3.head(key)
      const hash = createHash('sha256')
      let bytes = 0
      for await (const chunk of s3.get(key)) {
        hash.update(chunk)
        bytes += chunk.length
      }
      tally.add(key.slice(prefix.length), hash.digest('hex'), bytes, found?.headers['content-type'])
    }
    return tally.holding()
  },

  async swap(at, place, ctx) {
    const s3 = open(at, ctx)
    const fresh = await s3.list(newOf(place))
    // Done already: what was new has gone.
    if (fresh.length === 0) return
    const kept = new Set((await s3.list(oldOf(place))).map((o) => o.key.slice(oldOf(place).length)))
    const live = (await s3.list('')).filter((o) => isKept(at, o.key))
    // Every live object is put aside before one of them changes: what is there from an attempt before is the true one.
    for (const { key } of live) if (!kept.has(key)) await s3.copy(key, oldOf(place) + key)
    const names = new Set(fresh.map((o) => o.key.slice(newOf(place).length)))
    for (const name of names) await s3.copy(newOf(place) + name, name)
    for (const { key } of live) if (!names.has(key)) await s3.remove(key)
    for (const { key } of fresh) await s3.remove(key)
  },

  async swapBack(at, place, ctx) {
    const s3 = open(at, ctx)
    const old = await s3.list(oldOf(place))
    if (old.length === 0) return
    const names = new Set(old.map((o) => o.key.slice(oldOf(place).length)))
    for (const name of names) await s3.copy(oldOf(place) + name, name)
    for (const { key } of await s3.list('')) if (isKept(at, key) && !names.has(key)) await s3.remove(key)
    for (const { key } of old) await s3.remove(key)
  },

  async drop(at, place, which, ctx) {
    const s3 = open(at, ctx)
    for (const { key } of await s3.list(which === 'old' ? oldOf(place) : newOf(place))) await s3.remove(key)
  },

  async scratch(_like, at, ctx) {
    await mkdir(join(ctx.scratch, 'bucket'), { recursive: true })
    const keys = { accessKey: 'scratch', secretKey: randomBytes(20).toString('hex') }
    const server = await startS3Server({
      folder: join(ctx.scratch, 'bucket'),
      port: 0,
      name: 'scratch',
      region: 'auto',
      credentials: keys,
      say: ctx.say,
    })
    const resource = at?.resource ?? { name: 'scratch', type: 'bucket', options: {} }
    const values = { endpoint: `http://127.0.0.1:${server.port}`, region: 'auto', name: 'scratch', ...keys }
    return { target: { resource, values }, close: () => server.stop() }
  },
}

function open({ values }: SnapshotTarget, ctx: SnapshotContext): S3 {
  const { endpoint = '', region = '', name = '', accessKey = '', secretKey = '' } = values
  return new S3({ endpoint, region, bucket: name, accessKey, secretKey }, ctx.signal)
}

/** All but what the manifest says can be made anew, and what is ours. */
function isKept({ resource }: SnapshotTarget, key: string): boolean {
  return !key.startsWith(OURS) && isBackedUp(readOptions(resource).prefixes, key)
}

async function* archive(from: SnapshotTarget, tally: Tally, ctx: SnapshotContext): AsyncGenerator<Uint8Array> {
  const s3 = open(from, ctx)
  const tar = pack()
  const filled = (async () => {
    let number = 0
    for (const object of await s3.list('')) {
      if (isKept(from, object.key)) await addObject(s3, tar, object, number++, tally, from, ctx)
    }
    tar.finalize()
  })().catch((error: unknown) => tar.destroy(error instanceof Error ? error : new Error(String(error))))
  yield* tar as unknown as AsyncIterable<Uint8Array> // Its types say no more than that it gives something.
  await filled
}

async function addObject(
  s3: S3,
  tar: ReturnType<typeof pack>,
  { key }: S3Object,
  number: number,
  tally: Tally,
  from: SnapshotTarget,
  ctx: SnapshotContext,
): Promise<void> {
  const found = await s3.head(key)
  // Deleted since the list was made.
  if (!found) return
  const { bytes, headers } = found
  // The key stands in a record of its own: as a name it could mean a folder, or a way out of one.
  const entry = tar.entry({
    name: `objects/${number}`,
    size: bytes,
    pax: { 'LANDFALL.key': key, 'LANDFALL.headers': JSON.stringify(headers) },
  })
  const hash = createHash('sha256')
  let came = 0
  const write = async (chunk: Uint8Array) => {
    hash.update(chunk)
    came += chunk.length
    if (!entry.write(chunk)) await new Promise<void>((resolve) => entry.once('drain', () => resolve()))
  }
  for await (const chunk of s3.get(key)) await write(chunk.subarray(0, Math.min(chunk.length, bytes - came)))
  if (came < bytes) {
    const at = `resources.${from.resource.name}`
    ctx.find({
      level: 'warning',
      code: 'W_BACKUP_CHANGED',
      at,
      message: `${key} was replaced while it was read: its copy may be torn`,
    })
    while (came < bytes) await write(Buffer.alloc(Math.min(bytes - came, 65_536)))
  }
  await new Promise<void>((resolve) => entry.end(() => resolve()))
  tally.add(key, hash.digest('hex'), bytes, headers['content-type'])
}

function metaOf(header: Header): { key: string; headers: Record<string, string> } {
  const records = header.pax as Record<string, string> // Of pax records only texts are known.
  const { 'LANDFALL.key': key, 'LANDFALL.headers': text } = records
  if (!key || !text) throw new LandfallError({ code: 'E_BACKUP_INVALID', message: `${header.name} is an object without a name` })
  return { key, headers: JSON.parse(text) as Record<string, string> } // Written by addObject, and signed with the rest.
}

/** By the first part of their names. */
class Tally {
  private readonly groups = new Map<string, string[]>()
  private readonly sizes = new Map<string, number>()
  add(key: string, sha256: string, bytes: number, type = ''): void {
    const group = `objects ${key.includes('/') ? `${key.slice(0, key.indexOf('/'))}/` : '.'}`
    const lines = this.groups.get(group) ?? []
    lines.push(`${key}\0${sha256}\0${type}\n`)
    this.groups.set(group, lines)
    this.sizes.set(group, (this.sizes.get(group) ?? 0) + bytes)
  }
  holding(): Holding {
    const items: Holding['items'] = {}
    for (const [group, lines] of this.groups) {
      const sha256 = createHash('sha256').update(lines.sort().join('')).digest('hex')
      items[group] = { count: lines.length, bytes: this.sizes.get(group) ?? 0, sha256 }
    }
    return { items, values: {}, tools: {} }
  }
}
