import { ListObjectsV2Command, PutObjectCommand } from '@aws-sdk/client-s3'
import { expect, test } from 'vitest'
import { BUCKET, S3Bench } from './s3.harness.ts'

const DAY = 24 * 3600_000

test('what is older than its prefix lets it be is gone after a start, with its bytes; the rest stays', async () => {
  const bench = await S3Bench.start()
  const put = (Key: string) => bench.client().send(new PutObjectCommand({ Bucket: BUCKET, Key, Body: Key }))
  const keys = async () => {
    const { Contents = [] } = await bench.client().send(new ListObjectsV2Command({ Bucket: BUCKET }))
    return Contents.map((o) => o.Key)
  }
  for (let i = 0; i < 3; i++) await put(`tmp/old-${i}`)
  await put('media/kept')
  await put('tmpfile')
  bench.now = () => Date.now() + 6 * DAY
  const later = bench.client()
  later.config.systemClockOffset = 6 * DAY
  await later.send(new PutObjectCommand({ Bucket: BUCKET, Key: 'tmp/new', Body: 'new' }))
  await bench.close()
  bench.now = () => Date.now()
  bench.lifetimes = [{ prefix: 'tmp/', seconds: 7 * 24 * 3600 }]
  await bench.open()
  expect(await keys()).toHaveLength(6)
  await bench.close()
  bench.now = () => Date.now() + 8 * DAY
  await bench.open()
  // The clock of signatures is the same one.
  bench.now = () => Date.now()
  expect(await keys()).toEqual(['media/kept', 'tmp/new', 'tmpfile'])
  expect(bench.files()).toHaveLength(3)
  expect(bench.said.join('\n')).toContain('3 objects of tmp/ had expired')
})
