import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { needs } from '../../../../test/capabilities.ts'
import type { Scratch, SnapshotContext } from '../../../model/backup.ts'
import { code } from './code.ts'
import { Connection } from './connection.ts'

let scratch: string
let ctx: SnapshotContext
let live: Scratch
let redis: Connection

needs('redis').describe('redis snapshots', () => {
  beforeAll(async () => {
    scratch = mkdtempSync(join(tmpdir(), 'redis-snapshot-'))
    ctx = { signal: AbortSignal.timeout(100_000), say: () => {}, scratch, home: scratch, find: () => {} }
    live = await code.scratch({ items: {}, values: {}, tools: {} }, undefined, ctx)
    redis = await Connection.open(live.target.values.url ?? '', ctx.signal)
  })
  afterAll(async () => {
    redis.close()
    await live.close()
    rmSync(scratch, { recursive: true, force: true })
  })
  const dumped = async () => {
    const { stream, holding } = code.dump(live.target, ctx)
    const chunks: Uint8Array[] = []
    for await (const chunk of stream) chunks.push(chunk)
    return { bytes: Buffer.concat(chunks), holding: holding() }
  }
  async function* pieces(bytes: Buffer, size = 1000) {
    for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
  }

  test('every kind of value comes back byte by byte, in another server and in this one', async () => {
    const bytes = Buffer.from([0, 10, 13, 255, 92])
    await redis.askAll([
      ['SET', bytes, bytes],
      ['SET', 'short-lived', 'x', 'EX', 1000],
      ['RPUSH', 'list', ...Array.from({ length: 600 }, (_, i) => `entry ${i}`)],
      ['SADD', 'set', ...Array.from({ length: 700 }, (_, i) => `member ${i}`)],
      ['HSET', 'hash', 'a', bytes, 'b', '2'],
      ['ZADD', 'scores', '1.5', 'one', '-3', 'two'],
      ['XADD', 'log', '*', 'field', 'value'],
      ...Array.from({ length: 1500 }, (_, i) => ['SET', `key:${i}`, `value ${i}`]),
      ['SELECT', 3],
      ['SET', 'in', 'three'],
      ['SELECT', 0],
    ])
    const { bytes: file, holding } = await dumped()
    expect(holding.items['database 0: string']?.count).toBe(1501)
    expect(holding.items['database 3: string']?.count).toBe(1)

    const other = await code.scratch(holding, live.target, ctx)
    await code.restore(other.target, 'p', pieces(file), ctx)
    expect((await code.inspect(other.target, 'p', ctx)).items).toEqual(holding.items)
    await other.close()

    await redis.askAll([
      ['DEL', 'list'],
      ['SET', 'since', 'then'],
    ])
    await code.restore(live.target, 'p', pieces(file), ctx)
    expect(await redis.ask(['EXISTS', 'list'])).toBe(0)
    for (let i = 0; i < 2; i++) await code.swap(live.target, 'p', ctx)
    expect((await code.inspect(live.target, undefined, ctx)).items).toEqual(holding.items)
    expect(Number(await redis.ask(['TTL', 'short-lived']))).toBeGreaterThan(500)
    expect(await redis.ask(['EXISTS', 'since'])).toBe(0)

    for (let i = 0; i < 2; i++) await code.swapBack(live.target, 'p', ctx)
    expect(await redis.ask(['GET', 'since'])).toEqual(Buffer.from('then'))
    await code.drop(live.target, 'p', 'new', ctx)
    await redis.ask(['SELECT', 8])
    expect(await redis.ask(['DBSIZE'])).toBe(0)
    await redis.ask(['SELECT', 0])
  })

  test('a file that was cut off is refused', async () => {
    const { bytes } = await dumped()
    for (const length of [0, 10, 500, bytes.length - 5]) {
      await expect(code.restore(live.target, 'p', pieces(bytes.subarray(0, length)), ctx)).rejects.toMatchObject({
        code: 'E_BACKUP_TRUNCATED',
      })
    }
    await code.drop(live.target, 'p', 'new', ctx)
  })

  test('nothing is restored over databases that somebody uses', async () => {
    const { bytes } = await dumped()
    await redis.askAll([
      ['SELECT', 12],
      ['SET', 'mine', '1'],
      ['SELECT', 0],
    ])
    await expect(code.restore(live.target, 'p', pieces(bytes), ctx)).rejects.toMatchObject({ code: 'E_TARGET' })
    await redis.ask(['SELECT', 12])
    expect(await redis.ask(['GET', 'mine'])).toEqual(Buffer.from('1'))
  })
})
