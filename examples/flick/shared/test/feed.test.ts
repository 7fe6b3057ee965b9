import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ago, withLive, withoutPost, withPosts } from '../src/feed.ts'
import { requireUrls } from '../src/public-env.ts'
import type { Post } from '../src/types.ts'

const post = (id: number): Post => ({
  id,
  author: 'Ada',
  text: `number ${id}`,
  postedAt: '2026-01-01T00:00:00Z',
  isHidden: false,
})
const ids = (posts: Post[]) => posts.map(({ id }) => id)

test('what is loaded and what comes live is shown once, the newest first', () => {
  const loaded = withPosts([], [post(3), post(2)])
  const live = withLive(withLive(loaded, post(4)), post(4))
  assert.deepEqual(ids(withPosts(live, [post(4), post(3), post(1)])), [4, 3, 2, 1])
})

test('an old post that is shown again does not stand at the end of a list that does not reach so far', () => {
  assert.deepEqual(ids(withLive([post(9), post(8)], post(2))), [9, 8])
  assert.deepEqual(ids(withLive([post(9), post(7)], post(8))), [9, 8, 7])
  assert.deepEqual(ids(withLive([], post(2))), [2])
})

test('a post that is gone is gone, and one that was never there is no matter', () => {
  assert.deepEqual(ids(withoutPost([post(2), post(1)], 2)), [1])
  assert.deepEqual(ids(withoutPost([post(1)], 7)), [1])
})

test('times are said as people say them', () => {
  const at = Date.parse('2026-01-01T00:00:00Z')
  const said = [20_000, 61_000, 3 * 3600_000, 5 * 86_400_000].map((later) => ago(post(1).postedAt, at + later))
  assert.deepEqual(said, ['just now', '1 min ago', '3 h ago', 'Jan 1, 2026'])
})

test('a build without the addresses that the page needs fails, and names all of them', () => {
  assert.throws(
    () =>
      requireUrls(['VITE_A', 'VITE_B', 'VITE_C'], { VITE_A: 'https://a.example', VITE_B: 'api.example', VITE_C: 'http://x/' }),
    /^Error: VITE_B: must be .*\nVITE_C: must be [^\n]*$/,
  )
})
