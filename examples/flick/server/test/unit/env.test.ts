import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readWith } from '@flick/shared/read-env.ts'
import { needs } from '../../src/env.ts'

const whole = {
  DATABASE_URL: 'postgres://flick:word@localhost/flick',
  REDIS_URL: 'redis://:word@localhost:6379/0',
  BETTER_AUTH_SECRET: 'x'.repeat(32),
  BETTER_AUTH_URL: 'https://api.flick.example',
  ACCESS_CONTROL_ORIGINS: 'https://flick.example, https://admin.flick.example',
}

test('every wrong variable is named at once, and no value', () => {
  assert.throws(
    () => readWith(needs.server, { DATABASE_URL: 'mysql://hunter2', BETTER_AUTH_SECRET: 'short', PORT: 'many', REDIS_URL: '' }),
    (error: Error) => {
      const named = error.message.split('\n').map((line) => line.split(':')[0])
      assert.deepEqual(named.sort(), [
        'ACCESS_CONTROL_ORIGINS',
        'BETTER_AUTH_SECRET',
        'BETTER_AUTH_URL',
        'DATABASE_URL',
        'PORT',
        'REDIS_URL',
      ])
      assert.match(error.message, /REDIS_URL: is not set/)
      assert.doesNotMatch(error.message, /hunter2/)
      return true
    },
  )
})

test('what has a default need not be set', () => {
  const env = readWith(needs.server, whole)
  assert.deepEqual([env.PORT, env.HOST, env.CACHE_TTL, env.RATE_LIMIT], [8000, '127.0.0.1', 60, 100])
  assert.deepEqual(env.ACCESS_CONTROL_ORIGINS, ['https://flick.example', 'https://admin.flick.example'])
})

test('an origin with a path, which no browser ever sends, is refused', () => {
  for (const wrong of ['https://flick.example/', 'flick.example', 'https://flick.example,*']) {
    assert.throws(
      () => readWith(needs.server, { ...whole, ACCESS_CONTROL_ORIGINS: wrong }),
      /ACCESS_CONTROL_ORIGINS: must be origins/,
    )
  }
})

test('a migration needs the database alone, and only create-admin the password of the admin', () => {
  assert.ok(readWith(needs.database, { DATABASE_URL: whole.DATABASE_URL }))
  assert.throws(() => readWith(needs.admin, whole), /ADMIN_EMAIL: is not set\nADMIN_PASSWORD: is not set/)
})
