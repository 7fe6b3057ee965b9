import { spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { codeOf, LandfallError } from '../../../lib/error.ts'
import type { Holding, SnapshotCode, SnapshotContext, SnapshotTarget } from '../../../model/backup.ts'
import { findServer, findServers } from '../find-server.ts'
import { type Answer, Connection } from './connection.ts'

/** Databases 0 to 7 are the app's; what is restored into `n` is filled into `n + 8`, and the two are swapped. */
const HALF = 8
const AT_ONCE = 200
/** Says, within a database of ours, what it is; goes when it becomes a live one. */
const MARK = 'landfall:restore'

const open = ({ values }: SnapshotTarget, signal: AbortSignal) => Connection.open(values.url ?? '', signal)
const text = (answer: Answer | undefined) => (Buffer.isBuffer(answer) ? answer.toString('utf8') : '')

export const code: SnapshotCode = {
  dump(from, ctx) {
    const tally = new Tally()
    return { stream: write(from, tally, ctx), holding: () => tally.holding() }
  },

  async restore(into, place, from, ctx) {
    const redis = await open(into, ctx.signal)
    try {
      await claim(redis, place)
      let database = -1
      let batch: (string | number | Buffer)[][] = []
      const flush = async () => {
        if (batch.length > 0) await redis.askAll(batch)
        batch = []
      }
      for await (const { head, value } of records(from)) {
        if (head.db !== database) {
          await flush()
          database = head.db
          await redis.ask(['SELECT', database + HALF])
        }
        batch.push([
          'RESTORE',
          Buffer.from(head.key, 'base64'),
          head.expiresAt ?? 0,
          value,
          'REPLACE',
          ...(head.expiresAt ? ['ABSTTL'] : []),
        ])
        if (batch.length >= AT_ONCE) await flush()
      }
      await flush()
    } finally {
      redis.close()
    }
  },

  async inspect(at, place, ctx) {
    const redis = await open(at, ctx.signal)
    try {
      const tally = new Tally()
      for (let db = 0; db < HALF; db++) {
        await redis.ask(['SELECT', place === undefined ? db : db + HALF])
        for await (const keys of keysOf(redis)) await addAll(redis, db, keys, tally)
      }
      return tally.holding()
    } finally {
      redis.close()
    }
  },

  swap: (at, place, ctx) => exchange(at, `${place} new`, `${place} old`, ctx.signal),
  swapBack: (at, place, ctx) => exchange(at, `${place} old`, `${place} new`, ctx.signal),

  async drop(at, place, which, ctx) {
    const redis = await open(at, ctx.signal)
    try {
      for (let db = HALF; db < 2 * HALF; db++) {
        await redis.ask(['SELECT', db])
        if (text(await redis.ask(['GET', MARK])) === `${place} ${which}`) await redis.ask(['FLUSHDB'])
      }
    } finally {
      redis.close()
    }
  },

  async scratch(_like, at, ctx) {
    const found = findServer(findServers())
    if (!found) {
      throw new LandfallError({
        code: 'E_SCRATCH',
        message: 'there is no Redis on this machine to restore into for the comparison',
        hint: 'landfall doctor --fix',
      })
    }
    const port = await freePort()
    const password = randomBytes(18).toString('hex')
    const child = spawn(found.file, ['-'], { cwd: ctx.scratch, stdio: ['pipe', 'ignore', 'ignore'] })
    child.on('error', () => {}) // It does not answer then, which is told below.
    child.stdin.on('error', () => {})
    child.stdin.end(`bind 127.0.0.1\nport ${port}\nsave ""\nappendonly no\nrequirepass ${password}\n`)
    const end = async () => {
      child.kill('SIGKILL')
    }
    const url = `redis://:${password}@127.0.0.1:${port}/0`
    for (let tries = 0; ; tries++) {
      try {
        const redis = await Connection.open(url, ctx.signal)
        await redis.ask(['PING'])
        redis.close()
        break
      } catch (error) {
        if (tries < 200 && child.exitCode === null && !ctx.signal.aborted) {
          await sleep(25)
          continue
        }
        await end()
        throw new LandfallError({
          code: 'E_SCRATCH',
          message: 'the scratch Redis did not become ready',
          detail: codeOf(error) ?? '',
          cause: error,
        })
      }
    }
    const resource = at?.resource ?? { name: 'scratch', type: 'redis', options: {} }
    return { target: { resource, values: { url } }, close: end }
  },
}

interface RecordHead {
  db: number
  /** Base64. */
  key: string
  /** Milliseconds since the epoch; absent: never. */
  expiresAt?: number
  bytes: number
}

/** A line of JSON and the bytes behind it for each key; the last line says how many there were. */
async function* write(from: SnapshotTarget, tally: Tally, ctx: SnapshotContext): AsyncGenerator<Uint8Array> {
  const redis = await open(from, ctx.signal)
  try {
    await findOthers(redis, from, ctx)
    tally.version = /redis_version:(\S+)/.exec(text(await redis.ask(['INFO', 'server'])))?.[1] ?? ''
    let count = 0
    for (let db = 0; db < HALF; db++) {
      await redis.ask(['SELECT', db])
      for await (const keys of keysOf(redis)) {
        const answers = await redis.askAll(
          keys.flatMap((key) => [
            ['PTTL', key],
            ['DUMP', key],
          ]),
        )
        const chunks: Buffer[] = []
        for (const [i, key] of keys.entries()) {
          const lives = Number(answers[2 * i])
          const value = answers[2 * i + 1]
          // Gone since it was listed.
          if (!Buffer.isBuffer(value)) continue
          const head: RecordHead = {
            db,
            key: key.toString('base64'),
            ...(lives > 0 && { expiresAt: Date.now() + lives }),
            bytes: value.length,
          }
          chunks.push(Buffer.from(`${JSON.stringify(head)}\n`), value)
          count += 1
        }
        yield Buffer.concat(chunks)
        await addAll(redis, db, keys, tally)
      }
    }
    yield Buffer.from(`${JSON.stringify({ end: count })}\n`)
  } finally {
    redis.close()
  }
}

/** Databases that are not the app's by our rule, and that it uses all the same. */
async function findOthers(redis: Connection, { resource }: SnapshotTarget, ctx: SnapshotContext): Promise<void> {
  const used: number[] = []
  for (let db = HALF; db < 2 * HALF; db++) {
    await redis.ask(['SELECT', db])
    if (Number(await redis.ask(['DBSIZE'])) > 0 && (await redis.ask(['EXISTS', MARK])) === 0) used.push(db)
  }
  if (used.length === 0) return
  ctx.find({
    level: 'lost',
    code: 'W_BACKUP_DATABASES',
    at: `resources.${resource.name}`,
    message: `keys of database ${used.join(', ')} are not in the backup: ${HALF} to ${2 * HALF - 1} are for restores`,
    hint: `use databases 0 to ${HALF - 1}`,
  })
}

async function* records(from: AsyncIterable<Uint8Array>): AsyncGenerator<{ head: RecordHead; value: Buffer }> {
  let bytes: Buffer = Buffer.alloc(0)
  let count = 0
  const cut = () => new LandfallError({ code: 'E_BACKUP_TRUNCATED', message: 'the keys end before their end' })
  for await (const chunk of from) {
    bytes = Buffer.concat([bytes, chunk])
    for (;;) {
      const line = bytes.indexOf(0x0a)
      if (line < 0) break
      const head = JSON.parse(bytes.toString('utf8', 0, line)) as RecordHead | { end: number } // Written above, and signed.
      if ('end' in head) {
        if (head.end !== count) throw cut()
        return
      }
      if (bytes.length < line + 1 + head.bytes) break
      const value = Buffer.from(bytes.subarray(line + 1, line + 1 + head.bytes))
      bytes = bytes.subarray(line + 1 + head.bytes)
      count += 1
      yield { head, value }
    }
  }
  throw cut()
}

async function* keysOf(redis: Connection): AsyncGenerator<Buffer[]> {
  let cursor = '0'
  const seen = new Set<string>()
  do {
    const [next, keys] = (await redis.ask(['SCAN', cursor, 'COUNT', AT_ONCE])) as [Buffer, Buffer[]] // What SCAN answers.
    cursor = next.toString()
    // A scan may give a key twice.
    const fresh = keys.filter((key) => key.toString('latin1') !== MARK && !seen.has(key.toString('latin1')))
    for (const key of fresh) seen.add(key.toString('latin1'))
    if (fresh.length > 0) yield fresh
  } while (cursor !== '0')
}

const READ: Record<string, (key: Buffer) => (string | Buffer)[]> = {
  string: (key) => ['GET', key],
  list: (key) => ['LRANGE', key, '0', '-1'],
  set: (key) => ['SMEMBERS', key],
  hash: (key) => ['HGETALL', key],
  zset: (key) => ['ZRANGE', key, '0', '-1', 'WITHSCORES'],
  stream: (key) => ['XRANGE', key, '-', '+'],
}

/** Keys that expire are carried, and not compared: one may have gone meanwhile. */
async function addAll(redis: Connection, db: number, keys: Buffer[], tally: Tally): Promise<void> {
  const about = await redis.askAll(
    keys.flatMap((key) => [
      ['TYPE', key],
      ['PTTL', key],
    ]),
  )
  const lasting = keys.flatMap((key, i) => (about[2 * i + 1] === -1 ? [{ key, type: text(about[2 * i]) }] : []))
  const known = lasting.filter(({ type }) => READ[type])
  const contents = await redis.askAll(known.map(({ key, type }) => READ[type]!(key)))
  for (const [i, { key, type }] of known.entries()) tally.add(db, key, type, contents[i] ?? null)
  for (const { key, type } of lasting.filter((k) => !READ[k.type])) tally.add(db, key, type, null)
}

/** Nothing of somebody else's is written over: databases 8 to 15 are empty, or ours. */
async function claim(redis: Connection, place: string): Promise<void> {
  for (let db = HALF; db < 2 * HALF; db++) {
    await redis.ask(['SELECT', db])
    const mark = text(await redis.ask(['GET', MARK]))
    const size = Number(await redis.ask(['DBSIZE']))
    if (size > 0 && mark === '') {
      throw new LandfallError({
        code: 'E_TARGET',
        message: `database ${db} of this Redis is in use, and a restore would be made in it`,
        hint: `empty it, or move what uses it to a database below ${HALF}`,
      })
    }
    if (mark !== '' && !mark.startsWith(`${place} `) && mark.endsWith(' old')) {
      throw new LandfallError({
        code: 'E_TARGET',
        message: `a restore before this one is not confirmed (${mark})`,
        hint: 'landfall backup list',
      })
    }
    await redis.ask(['FLUSHDB'])
    await redis.ask(['SET', MARK, `${place} new`])
  }
}

/** Both change places in one act, each with its mark. */
async function exchange(at: SnapshotTarget, from: string, to: string, signal: AbortSignal): Promise<void> {
  const redis = await open(at, signal)
  try {
    for (let db = 0; db < HALF; db++) {
      await redis.ask(['SELECT', db + HALF])
      if (text(await redis.ask(['GET', MARK])) !== from) continue
      await redis.askAll([['MULTI'], ['SWAPDB', db, db + HALF], ['SET', MARK, to], ['SELECT', db], ['DEL', MARK], ['EXEC']])
    }
  } finally {
    redis.close()
  }
}

/** Content by database and kind, whatever order it came in. */
class Tally {
  version = ''
  private readonly groups = new Map<string, { count: number; bytes: number; sum: Buffer }>()
  add(db: number, key: Buffer, type: string, content: Answer): void {
    const name = `database ${db}: ${type}`
    const group = this.groups.get(name) ?? { count: 0, bytes: 0, sum: Buffer.alloc(32) }
    this.groups.set(name, group)
    const parts = flat(content)
    if (type === 'set') parts.sort(Buffer.compare)
    if (type === 'hash') sortPairs(parts)
    const hash = createHash('sha256').update(key)
    for (const part of parts) {
      hash.update(`\0${part.length}\0`).update(part)
      group.bytes += part.length
    }
    group.count += 1
    for (const [i, byte] of hash.digest().entries()) group.sum[i]! ^= byte
  }
  holding(): Holding {
    const items: Holding['items'] = {}
    for (const [name, { count, bytes, sum }] of this.groups) items[name] = { count, bytes, sha256: sum.toString('hex') }
    return { items, values: {}, tools: this.version ? { redis: this.version } : {} }
  }
}

function flat(answer: Answer): Buffer[] {
  if (Buffer.isBuffer(answer)) return [answer]
  if (Array.isArray(answer)) return answer.flatMap(flat)
  return []
}

function sortPairs(parts: Buffer[]): void {
  const pairs: [Buffer, Buffer][] = []
  for (let i = 0; i + 1 < parts.length; i += 2) pairs.push([parts[i]!, parts[i + 1]!])
  pairs.sort(([a], [b]) => Buffer.compare(a, b))
  parts.splice(0, parts.length, ...pairs.flat())
}

async function freePort(): Promise<number> {
  for (let port = 16_000 + (process.pid % 900); port < 17_000; port++) {
    const isFree = await new Promise<boolean>((resolve) => {
      const probe = createServer()
      probe.once('error', () => resolve(false))
      probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)))
    })
    if (isFree) return port
  }
  throw new LandfallError({ code: 'E_SCRATCH', message: 'no port from 16000 to 16999 is free' })
}
