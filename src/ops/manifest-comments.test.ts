import { expect, test } from 'vitest'
import { manifestComments } from './manifest-comments.ts'

const TEXT = `# yaml-language-server: $schema=x
# Shop: one server.
# It sells.
app: shop
components:
  # Looks at orders.
  web:
    type: web
    # The status alone
    # says nothing.
    health: { path: /health }
    env:
      # For a proxy.
      HOPS: 1
  # Another thing.
  worker:
    type: worker
resources:
  # Nothing that must outlive a restart.
  cache: { type: redis }
`

test('the comment at the top says what the app is, and others belong to the key below them', () => {
  const comments = manifestComments(TEXT)
  expect(comments.about).toBe('Shop: one server. It sells.')
  expect(comments.within('web', 8)).toEqual([
    { key: '', text: 'Looks at orders.' },
    { key: 'health', text: 'The status alone says nothing.' },
    { key: 'HOPS', text: 'For a proxy.' },
  ])
  expect(comments.within('worker', 17)).toEqual([{ key: '', text: 'Another thing.' }])
  expect(comments.within('cache', 20)).toEqual([{ key: '', text: 'Nothing that must outlive a restart.' }])
  expect(manifestComments('app: shop').about).toBeUndefined()
  expect(manifestComments('').within('web', 1)).toEqual([])
})
