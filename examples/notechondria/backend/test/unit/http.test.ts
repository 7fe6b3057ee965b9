import assert from 'node:assert/strict'
import { test } from 'node:test'
import { accessLine, CRITICAL_MS, levelOf, WARN_MS } from '../../src/access-log.ts'
import { readConfig } from '../../src/config.ts'
import { isAllowedOrigin } from '../../src/cors.ts'
import { openDatabase } from '../../src/database.ts'
import { middleware } from '../../src/middleware.ts'
import { createServices } from '../../src/services.ts'

test('a request goes through ten things, and is measured around all of them', async () => {
  const config = readConfig({ DJANGO_SECRET_KEY: 'a secret of twenty signs', DATABASE_URL: 'postgres://a:b@127.0.0.1:1/x' })
  const database = openDatabase(config.databaseUrl)
  assert.deepEqual(
    middleware(createServices(config, database)).map(({ name }) => name),
    ['timing', 'security', 'static', 'session', 'cors', 'common', 'csrf', 'authentication', 'messages', 'frames'],
  )
  await database.end()
})

test('errors of ours and two seconds are critical, errors of theirs and half a second a warning', () => {
  assert.deepEqual([WARN_MS, CRITICAL_MS], [500, 2000])
  const levels = [
    [200, 499],
    [404, 1],
    [200, 500],
    [200, 1999],
    [200, 2000],
    [404, 2000],
    [500, 1],
  ].map(([status = 0, ms = 0]) => levelOf({ status, ms }))
  assert.deepEqual(levels, ['info', 'warning', 'warning', 'warning', 'critical', 'critical', 'critical'])
})

test('a line has colour only where that is wanted', () => {
  const access = { status: 500, ms: 12, method: 'GET', path: '/x' }
  assert.equal(accessLine(access, false), 'critical 500 12 GET /x')
  assert.equal(accessLine(access, true), '\x1b[31mcritical 500 12 GET /x\x1b[0m')
})

test('origins: our hosts, this machine, and trusted ones with their port', () => {
  const hosts = {
    allowedHosts: ['api.notes.example', '.team.example'],
    trustedOrigins: ['https://notes.example', 'https://x.example:8443'],
  }
  const is = (origin: string) => isAllowedOrigin(origin, hosts)
  for (const origin of [
    'https://api.notes.example',
    'https://a.team.example',
    'https://notes.example',
    'https://x.example:8443',
    'http://localhost:1',
    'http://127.0.0.1',
  ]) {
    assert.equal(is(origin), true, origin)
  }
  for (const origin of [
    'https://evil.example',
    'https://x.example',
    'https://notes.example.evil.example',
    'https://evil-team.example',
    'null',
    'file://x',
    '',
  ]) {
    assert.equal(is(origin), false, origin)
  }
})
