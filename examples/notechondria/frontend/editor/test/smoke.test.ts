import assert from 'node:assert/strict'
import { test } from 'node:test'
import { renderApp } from '../../shared/test/smoke.ts'
import { saveLater } from '../src/save-later.ts'

test('the editor draws its first page, with the version that it was built as', async () => {
  const html = await renderApp(import.meta.url, { VITE_APP_VERSION: '9.8.7' })
  assert.match(html, /aria-current="page">Editor</)
  assert.match(html, /Notechondria (<!-- -->)?9\.8\.7/)
})

test('what was typed last is saved, one at a time, and a failure is tried again with the next change', async () => {
  const saved: string[] = []
  const told: string[] = []
  let fails = true
  const saver = saveLater<string>(
    async (value) => {
      if (fails) throw new Error('offline')
      saved.push(value)
    },
    60_000,
    (state) => told.push(state),
  )
  saver.change('a')
  saver.change('ab')
  await saver.flush()
  assert.deepEqual([saved, told.at(-1)], [[], 'failed'])
  fails = false
  await saver.flush()
  assert.deepEqual([saved, told.at(-1)], [['ab'], 'saved'])
  saver.change('abc')
  await Promise.all([saver.flush(), saver.flush()])
  assert.deepEqual(saved, ['ab', 'abc'])
})
