import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { shapeOf } from '../lib/error.ts'
import { findManifest } from './find.ts'
import { loadManifest } from './load.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'landfall-find-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const put = (name: string, data: string | Uint8Array = 'app: shop\n') => writeFileSync(join(folder, name), data)
const refusal = (config?: unknown) => {
  try {
    findManifest(folder, config)
  } catch (error) {
    return shapeOf(error)
  }
  return undefined
}

test('the one manifest of a folder is found, by any of its names', () => {
  put('landfall.yml')
  expect(findManifest(folder)).toMatchObject({ name: 'landfall.yml', content: { type: 'yaml', text: 'app: shop\n' } })
})

test('without one, what was looked for is said, and where one is further up', () => {
  expect(refusal()).toMatchObject({ code: 'E_NO_MANIFEST', hint: 'landfall init' })
  expect(refusal()?.message).toContain('landfall.yaml, landfall.yml, landfall.config.ts')
  put('landfall.yaml')
  mkdirSync(join(folder, 'web/src'), { recursive: true })
  folder = join(folder, 'web/src')
  expect(refusal()?.hint).toBe('landfall -C ../.., where one is; or landfall init')
  folder = join(folder, '../..')
})

test('two manifests are one too many', () => {
  put('landfall.yaml')
  put('landfall.config.ts')
  expect(refusal()?.code).toBe('E_TWO_MANIFESTS')
  expect(refusal()?.message).toContain('landfall.yaml and landfall.config.ts')
})

test('a link, a FIFO and a folder are no manifest, and nobody waits for them', () => {
  put('real.yaml')
  symlinkSync(join(folder, 'real.yaml'), join(folder, 'landfall.yaml'))
  expect(refusal()?.code).toBe('E_NOT_REGULAR_FILE')
  rmSync(join(folder, 'landfall.yaml'))
  symlinkSync('/nowhere', join(folder, 'landfall.yaml'))
  expect(refusal()?.code).toBe('E_NOT_REGULAR_FILE')
  rmSync(join(folder, 'landfall.yaml'))
  execFileSync('mkfifo', [join(folder, 'landfall.yaml')])
  expect(refusal()?.code).toBe('E_NOT_REGULAR_FILE')
  rmSync(join(folder, 'landfall.yaml'))
  mkdirSync(join(folder, 'landfall.yaml'))
  expect(refusal()).toMatchObject({ code: 'E_NOT_REGULAR_FILE', message: 'landfall.yaml is a folder, not a regular file' })
})

test('a file larger than a manifest may be is not read', () => {
  put('landfall.yaml', 'a'.repeat(10 * 1024 * 1024))
  expect(refusal()?.code).toBe('E_TOO_LARGE')
})

test('what is not UTF-8 is refused with its place', () => {
  put('landfall.yaml', Buffer.concat([Buffer.from('app: shop\nx: é'), Buffer.from([0xff, 0xfe]), Buffer.from('\n')]))
  expect(refusal()).toMatchObject({ code: 'E_ENCODING', at: 'landfall.yaml:2:5' })
  put('landfall.yaml', Buffer.from('\ufeffapp: shop', 'utf16le'))
  expect(refusal()).toMatchObject({ code: 'E_ENCODING', message: 'landfall.yaml is UTF-16' })
  put('landfall.yaml', '\ufeffapp: shop')
  expect(refusal()).toBeUndefined()
})

test('landfall.config.ts is not run here: it needs the data that it gave', () => {
  put('landfall.config.ts', 'process.exit(1)')
  expect(refusal()?.code).toBe('E_CONFIG_NOT_RUN')
  expect(findManifest(folder, { app: 'shop' })).toMatchObject({ content: { type: 'data', data: { app: 'shop' } } })
})

test.runIf(process.getuid?.() !== 0)('a manifest that may not be read says how to let it be', () => {
  put('landfall.yaml')
  chmodSync(join(folder, 'landfall.yaml'), 0o000)
  expect(refusal()).toMatchObject({ code: 'E_UNREADABLE', hint: expect.stringContaining('chmod') })
})
test.runIf(process.getuid?.() === 0)('as root, a manifest without any permission is read all the same', () => {
  put('landfall.yaml')
  chmodSync(join(folder, 'landfall.yaml'), 0o000)
  expect(refusal()).toBeUndefined()
})

test('what the manifest names beside it is looked up, and never outside of the folder', () => {
  const load = (text: string) => {
    put('landfall.yaml', `app: shop\n${text}components: { web: { type: web, source: code } }\n`)
    const { app, findings } = loadManifest({
      files: findManifest(folder),
      environment: 'local',
      folder,
      outputs: () => undefined,
    })
    return { version: app?.version, codes: findings.map((f) => f.code), path: app?.components[0]?.source }
  }
  expect(load('').codes).toEqual(['E_NO_FOLDER'])
  symlinkSync('/etc', join(folder, 'code'))
  expect(load('').codes).toEqual(['E_NO_FOLDER'])
  rmSync(join(folder, 'code'))
  mkdirSync(join(folder, 'code'))
  put('VERSION', '\n2.1.0-rc.1\nmore')
  put('package.json', '{"version": "3.0.0"}')
  expect(load('')).toEqual({ version: undefined, codes: [], path: { type: 'folder', path: join(folder, 'code'), digest: '' } })
  expect(load('version: { file: VERSION }\n').version).toBe('2.1.0-rc.1')
  expect(load('version: { file: package.json }\n').version).toBe('3.0.0')
  expect(load('version: { file: ../VERSION }\n').codes).toEqual(['E_PATH'])
  symlinkSync('/etc/hostname', join(folder, 'HOST'))
  expect(load('version: { file: HOST }\n').codes).toEqual(['E_VERSION'])
  put('VERSION', 'not a version, and\n')
  expect(load('version: { file: VERSION }\n').codes).toEqual(['E_VERSION'])
})
