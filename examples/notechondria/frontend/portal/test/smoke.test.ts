import assert from 'node:assert/strict'
import { test } from 'node:test'
import { renderApp } from '../../shared/test/smoke.ts'
import { readOAuth, readPlace } from '../src/route.ts'

test('the portal draws its first page', async () => {
  const html = await renderApp(import.meta.url)
  assert.match(html, /Notes that carry your energy/)
  assert.match(html, /href="#\/sign-up"/)
})

test('a place is what stands behind the hash', () => {
  assert.deepEqual({ ...readPlace('#/courses/7'), query: '' }, { page: 'courses', id: 7, query: '' })
  assert.equal(readPlace('#/verify?email=a%40b.example').query.get('email'), 'a@b.example')
  assert.equal(readPlace('').page, '')
})

test('a sign-in that began elsewhere is not finished here', () => {
  const query = new URLSearchParams({ provider: 'google', code: 'c', state: 's' })
  assert.deepEqual(readOAuth(query, 's'), { provider: 'google', code: 'c', state: 's' })
  assert.throws(() => readOAuth(query, null), /did not begin/)
  assert.throws(() => readOAuth(query, 'other'), /did not begin/)
  assert.throws(() => readOAuth(new URLSearchParams({ provider: 'google', error: 'access_denied' }), 's'), /said no/)
})
