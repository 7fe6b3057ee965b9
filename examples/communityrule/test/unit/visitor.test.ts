import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readConfig } from '../../src/config.ts'
import { createRateLimit } from '../../src/rate-limit.ts'
import { addressOf } from '../../src/visitor.ts'

test('so many a minute for each address, then a wait that ends', () => {
  let now = 0
  const limit = createRateLimit({ most: 2, seconds: 60 }, () => now)
  assert.deepEqual([limit.take('a'), limit.take('a'), limit.take('b')], [0, 0, 0])
  now = 20_000
  assert.equal(limit.take('a'), 40)
  now = 60_000
  assert.equal(limit.take('a'), 0)
})

test('a limit of 0 is none', () => {
  const limit = createRateLimit({ most: 0, seconds: 60 })
  for (let at = 0; at < 1_000; at += 1) assert.equal(limit.take('a'), 0)
})

test('the address that a proxy tells is believed from neighbours only, and only what the last one wrote', () => {
  assert.equal(addressOf('127.0.0.1', '6.6.6.6, 203.0.113.9'), '203.0.113.9')
  assert.equal(addressOf('::ffff:10.1.2.3', '203.0.113.9'), '203.0.113.9')
  assert.equal(addressOf('198.51.100.7', '203.0.113.9'), '198.51.100.7')
  assert.equal(addressOf('127.0.0.1', undefined), '127.0.0.1')
})

test('every wrong variable is named at once, and no value with it', () => {
  assert.throws(
    () => readConfig({ PORT: 'many', CLOUDRON_POSTGRESQL_URL: 'mysql://root:hunter2@db/x', RATE_LIMIT: '-1' }),
    (error: Error) =>
      ['PORT', 'CLOUDRON_POSTGRESQL_URL', 'RATE_LIMIT'].every((name) => error.message.includes(name)) &&
      !error.message.includes('hunter2'),
  )
})

test('what is empty counts as not set, and a short secret as none', () => {
  const config = readConfig({ PORT: '', CLOUDRON_POSTGRESQL_URL: '', SESSION_SECRET: 'fifteen letters' })
  assert.deepEqual([config.port, config.databaseUrl, config.sessionSecret], [3000, undefined, undefined])
})
