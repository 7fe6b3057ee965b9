import { randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { precompress } from './precompress.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'landfall-pack-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

test('text files get packed siblings that give the same bytes; small, packed and packed-already ones do not', async () => {
  mkdirSync(join(folder, 'assets'))
  const script = 'export const answer = 42\n'.repeat(400)
  const files = { 'assets/app.js': script, 'tiny.css': 'a{}', 'photo.jpg': script, 'done.html': script, 'done.html.gz': 'mine' }
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
  writeFileSync(join(folder, 'noise.json'), randomBytes(4000))
  const packed = await precompress(folder)
  expect(packed).toMatchObject({ files: 1, skipped: 0 })
  expect(readdirSync(folder).sort()).toEqual(['assets', 'done.html', 'done.html.gz', 'noise.json', 'photo.jpg', 'tiny.css'])
  expect(readdirSync(join(folder, 'assets')).sort()).toEqual(['app.js', 'app.js.br', 'app.js.gz'])
  expect(brotliDecompressSync(readFileSync(join(folder, 'assets/app.js.br'))).toString()).toBe(script)
  expect(gunzipSync(readFileSync(join(folder, 'assets/app.js.gz'))).toString()).toBe(script)
})

test('it stops when its time is over, and says how many files are left', async () => {
  for (const name of ['a.js', 'b.js']) writeFileSync(join(folder, name), 'x'.repeat(4000))
  expect(await precompress(folder, { seconds: 0 })).toEqual({ files: 0, savedBytes: 0, skipped: 2 })
  expect(readdirSync(folder)).toEqual(['a.js', 'b.js'])
})
