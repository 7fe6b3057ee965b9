import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pathOf, readConfig } from '../../src/config.ts'

const good = { DJANGO_SECRET_KEY: 'a secret of twenty signs', DATABASE_URL: 'postgres://a:b@db/notes' }
const wrong = (more: Record<string, string>) => {
  try {
    readConfig({ ...good, ...more })
    return ''
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

test('little is enough, and an empty variable is one that is not set', () => {
  const config = readConfig({ ...good, SMTP_HOST: '', GOOGLE_OAUTH_CLIENT_ID: '' })
  assert.deepEqual([config.port, config.mailing, config.bucket, config.providers], [8000, undefined, undefined, {}])
  assert.deepEqual(config.allowedHosts, ['localhost', '127.0.0.1'])
})

test('the address of the database wins over its parts, which are enough by themselves', () => {
  const parts = { POSTGRE_HOST: 'db', POSTGRE_DB: 'notes', POSTGRE_USERNAME: 'app', POSTGRE_PASSWORD: 'a/b@c' }
  assert.equal(readConfig({ ...good, ...parts }).databaseUrl, good.DATABASE_URL)
  const { DATABASE_URL: _, ...rest } = good
  assert.equal(readConfig({ ...rest, ...parts }).databaseUrl, 'postgres://app:a%2Fb%40c@db:5432/notes')
  assert.throws(() => readConfig(rest), /DATABASE_URL: must be set, or POSTGRE_HOST/)
})

test('hosts and origins are told apart by commas or blanks', () => {
  const config = readConfig({
    ...good,
    DJANGO_ALLOWED_HOSTS: 'a.example, b.example c.example',
    BACKEND_CUSTOM_DOMAIN: 'api.example',
    FRONTEND_ORIGIN: 'https://notes.example/',
  })
  assert.deepEqual(config.allowedHosts, ['a.example', 'b.example', 'c.example', 'api.example'])
  assert.ok(config.trustedOrigins.includes('https://notes.example'))
})

test('four variables make a bucket: all or none; the domain is optional', () => {
  const r2 = {
    CLOUDFLARE_R2_BUCKET_NAME: 'media',
    CLOUDFLARE_R2_ACCOUNT_ID: 'account',
    CLOUDFLARE_R2_ACCESS_KEY_ID: 'key',
    CLOUDFLARE_R2_SECRET_ACCESS_KEY: 'secret',
  }
  assert.deepEqual(readConfig({ ...good, ...r2 }).bucket, {
    endpoint: 'https://account.r2.cloudflarestorage.com',
    name: 'media',
    accessKeyId: 'key',
    secretAccessKey: 'secret',
    domain: undefined,
  })
  for (const left of Object.keys(r2)) assert.match(wrong({ ...r2, [left]: '' }), new RegExp(`^${left}: must be set where `), left)
})

test('a provider has all three or none', () => {
  assert.match(wrong({ GOOGLE_OAUTH_CLIENT_ID: 'x', GOOGLE_OAUTH_CLIENT_SECRET: 'y' }), /^GOOGLE_AUTHORIZED_REDIRECT_URI: /)
  assert.match(wrong({ GITHUB_APP_CLIENT_ID: 'x' }), /GITHUB_APP_CLIENT_SECRET: [\s\S]*GITHUB_AUTHORIZED_REDIRECT_URI: /)
})

test('placeholders are no secrets', () => {
  for (const value of ['change-me', 'REPLACE_ME_WITH_A_SECRET', 'changeme']) {
    assert.match(wrong({ DJANGO_SUPERUSER_PASSWORD: value }), /placeholder/, value)
  }
  assert.match(wrong({ DJANGO_SECRET_KEY: 'REPLACE_ME_WITH_A_SECRET' }), /placeholder/)
})

test('paths of other systems are replaced', () => {
  assert.equal(pathOf('/srv/media', '/home/mediafiles'), '/srv/media')
  for (const value of ['C:\\media', 'C:/media', 'media', '\\\\host\\media', undefined]) {
    assert.equal(pathOf(value, '/home/mediafiles'), '/home/mediafiles', value)
  }
})
