import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { S3 } from '../../../lib/s3/s3.ts'
import type { Finding } from '../../../model/finding.ts'
import { BUCKET, KEYS, S3Bench } from '../server/s3.harness.ts'
import { code } from './code.ts'

async function* once(text: string | Uint8Array) {
  yield Buffer.from(text)
}
async function textOf(stream: AsyncIterable<Uint8Array>) {
  const chunks: Uint8Array[] = []
  for await (const chunk of stream) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

async function aBench(prefixes: Record<string, unknown> = {}) {
  const bench = await S3Bench.start()
  const scratch = mkdtempSync(join(tmpdir(), 'bucket-snapshot-'))
  onTestFinished(() => rmSync(scratch, { recursive: true, force: true }))
  const found: Finding[] = []
  const signal = AbortSignal.timeout(30_000)
  const ctx = { signal, say: () => {}, scratch, home: scratch, find: (f: Finding) => void found.push(f) }
  const login = { endpoint: bench.endpoint, region: 'us-east-1', accessKey: KEYS.accessKeyId, secretKey: KEYS.secretAccessKey }
  const target = { resource: { name: 'media', type: 'bucket', options: { prefixes } }, values: { ...login, name: BUCKET } }
  const s3 = new S3({ ...login, bucket: BUCKET }, signal)
  return { ctx, target, s3, found }
}

test('objects come back with their names and types; what can be made anew is left out', async () => {
  const { ctx, target, s3, found } = await aBench({ 'static/': { rebuildable: true } })
  const odd = '../a b/ü&<>?#%2F+/'
  await s3.put(odd, once('one'), { 'content-type': 'text/x-odd', 'cache-control': 'max-age=5' })
  await s3.put('media/big', once(Buffer.alloc(9 * 1024 * 1024, 3)))
  await s3.put('media/later', once('will go'))
  await s3.put('static/site.js', once('built'))
  const { stream, holding } = code.dump(target, ctx)
  const chunks: Uint8Array[] = []
  for await (const chunk of stream) chunks.push(Buffer.from(chunk))
  expect(Object.keys(holding().items).sort()).toEqual(['objects ../', 'objects media/'])
  expect(found).toEqual([])

  const scratch = await code.scratch(holding(), target, ctx)
  await code.restore(scratch.target, 'p1', once(Buffer.concat(chunks)), ctx)
  expect(await code.inspect(scratch.target, 'p1', ctx)).toEqual(holding())
  await scratch.close()

  await s3.remove(odd)
  await s3.put('media/later', once('has changed'))
  await s3.put('media/new', once('written since'))
  await code.restore(target, 'p1', once(Buffer.concat(chunks)), ctx)
  expect(await textOf(s3.get('media/later'))).toBe('has changed')
  for (let i = 0; i < 2; i++) await code.swap(target, 'p1', ctx)
  expect(await code.inspect(target, undefined, ctx)).toEqual(holding())
  expect(await s3.head(odd)).toEqual({ bytes: 3, headers: { 'content-type': 'text/x-odd', 'cache-control': 'max-age=5' } })
  expect(await s3.head('media/new')).toBeUndefined()
  expect(await textOf(s3.get('static/site.js'))).toBe('built')

  for (let i = 0; i < 2; i++) await code.swapBack(target, 'p1', ctx)
  expect(await textOf(s3.get('media/new'))).toBe('written since')
  expect(await textOf(s3.get('media/later'))).toBe('has changed')
  expect(await s3.head(odd)).toBeUndefined()
})
