import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { inlineFiles } from './inline-files.ts'

let folder: string
beforeAll(() => {
  const parent = mkdtempSync(join(tmpdir(), 'inline-'))
  folder = join(parent, 'app')
  mkdirSync(join(folder, 'etc'), { recursive: true })
  writeFileSync(join(folder, 'etc/redis.conf'), 'hz 10 # ü\n')
  writeFileSync(join(parent, 'outside.conf'), 'outside')
  symlinkSync('../outside.conf', join(folder, 'link.conf'))
  symlinkSync('etc', join(folder, 'linked'))
  writeFileSync(join(folder, 'latin1.conf'), Buffer.from([0xe4]))
  writeFileSync(join(folder, 'long.conf'), 'x'.repeat(300 * 1024))
  execFileSync('mkfifo', [join(folder, 'pipe.conf')])
})
afterAll(() => rmSync(join(folder, '..'), { recursive: true }))

const inline = (config: unknown) =>
  inlineFiles({ name: 'cache', type: 'redis', options: { config, other: 1 } }, ['config'], folder)

test('the text of a file takes the place of its path', () => {
  expect(inline('etc/redis.conf')).toEqual({
    resource: { name: 'cache', type: 'redis', options: { config: { path: 'etc/redis.conf', text: 'hz 10 # ü\n' }, other: 1 } },
    findings: [],
  })
})

test('what is no path stays as it is, for the resource to judge', () => {
  for (const config of [undefined, 7, { path: 'x' }]) expect(inline(config).resource.options.config).toEqual(config)
})

test.each([
  ['gone.conf', 'is not there'],
  ['etc/redis.conf/x', 'is not there'],
  ['etc', 'is no file'],
  ['pipe.conf', 'is no file'],
  ['link.conf', 'is a link'],
  ['linked/redis.conf', 'is reached through a link'],
  ['../outside.conf', 'does not lead to a file inside the folder of the app'],
  ['etc/../../outside.conf', 'does not lead to a file inside the folder of the app'],
  ['/etc/passwd', 'does not lead to a file inside the folder of the app'],
  ['', 'does not lead to a file inside the folder of the app'],
  ['a\0b', 'does not lead to a file inside the folder of the app'],
  ['latin1.conf', 'is not UTF-8'],
  ['long.conf', 'is longer than 256 KiB'],
])('%j is refused: it %s', (path, problem) => {
  const { findings, resource } = inline(path)
  expect(findings).toEqual([
    { level: 'error', code: 'E_FILE', at: 'resources.cache.config', message: expect.stringMatching(new RegExp(`${problem}$`)) },
  ])
  expect(resource.options.config).toBe(path)
})
