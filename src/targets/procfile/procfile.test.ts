// biome-ignore-all lint/suspicious/noTemplateCurlyInString: PORT is written so in a manifest
import { expect, test } from 'vitest'
import { targetSuite } from '../../../test/target-suite.ts'
import { runReader } from '../../translate/run-reader.ts'
import index from './index.ts'

targetSuite(index)

const readTexts = (texts: Record<string, string>) =>
  runReader(index, {
    files: { names: new Set(Object.keys(texts)), text: (name) => texts[name] },
    found: Object.keys(texts),
    folderName: 'here',
  })

test('an app.json of somebody else is left alone', async () => {
  const { manifest, verdicts } = await readTexts({ 'app.json': '{"expo": {"name": "phone", "scripts": {}}}' })
  expect(manifest).toEqual({})
  expect(verdicts).toEqual([])
})

test('what only a shell can do goes through one, and $PORT is what every instance has', async () => {
  const { manifest } = await readTexts({ Procfile: 'web: serve --port $PORT\nworker: a $HOME | b\nrelease: one && two\n' })
  expect(manifest.components).toMatchObject({
    web: { run: 'serve --port ${PORT}', release: ['one', 'two'] },
    worker: { run: ['sh', '-c', 'a $$HOME | b'] },
  })
})
