import { createHash } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { pack } from 'tar-stream'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { fetchPackage } from './fetch-package.ts'
import { findNpm } from './find-npm.ts'

type Entry = {
  name: string
  type?: 'file' | 'symlink' | 'link' | 'directory' | 'fifo'
  mode?: number
  linkname?: string
  text?: string
}

// A registry of our own, so that npm itself is what is tested, and no network is needed.
const tarballs = new Map<string, Buffer>()
let registry: Server
let home: string
let requests = 0

beforeAll(async () => {
  registry = createServer((request, response) => {
    requests += 1
    const path = decodeURIComponent(request.url ?? '').slice(1)
    const tarball = tarballs.get(path)
    if (tarball) return response.end(tarball)
    const versions = [...tarballs.keys()].filter((key) => key.startsWith(`${path}/-/`))
    if (versions.length === 0) return response.writeHead(404).end('{}')
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify(packument(path, versions)))
  })
  await new Promise<void>((resolve) => registry.listen(0, '127.0.0.1', resolve))
})
afterAll(() => registry.close())
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'landfall-fetch-'))
  vi.stubEnv('npm_config_registry', address())
  vi.stubEnv('npm_config_cache', join(home, 'npm-cache'))
  requests = 0
})
afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(home, { recursive: true, force: true })
})

const address = () => `http://127.0.0.1:${(registry.address() as AddressInfo).port}`
const sha512 = (bytes: Buffer) => `sha512-${createHash('sha512').update(bytes).digest('base64')}`

function packument(name: string, keys: string[]) {
  const versions = Object.fromEntries(
    keys.map((key) => {
      const version = key.slice(`${name}/-/`.length, -'.tgz'.length)
      const dist = { tarball: `${address()}/${key}`, integrity: sha512(tarballs.get(key)!) }
      return [version, { name, version, dist, scripts: { preinstall: 'touch ran', prepare: 'touch ran' } }]
    }),
  )
  return { name, 'dist-tags': { latest: Object.keys(versions).at(-1) }, versions }
}

async function publish(name: string, version: string, entries: Entry[]): Promise<string> {
  const tar = pack()
  const manifest = { name: 'package/package.json', text: JSON.stringify({ name, version, scripts: { prepare: 'touch ran' } }) }
  for (const { text, ...header } of [manifest, ...entries]) tar.entry({ mtime: new Date(0), ...header }, text ?? '')
  tar.finalize()
  const chunks: Uint8Array[] = []
  for await (const chunk of tar as AsyncIterable<Uint8Array>) chunks.push(chunk)
  const bytes = gzipSync(Buffer.concat(chunks))
  tarballs.set(`${name}/-/${version}.tgz`, bytes)
  return sha512(bytes)
}

function get(name: string, version: string, integrity?: string) {
  const options = { into: join(home, 'runtimes'), cache: join(home, 'cache'), signal: AbortSignal.timeout(60_000), say: () => {} }
  return fetchPackage({ name, version, ...(integrity && { integrity }), ...options })
}
const left = () => readdirSync(join(home, 'runtimes')).concat(readdirSync(join(home, 'cache')))

test('a package arrives whole, readable for everyone, with the right modes, and none of its scripts ran', async () => {
  const integrity = await publish('@scope/tool', '1.2.3', [
    { name: 'package/bin/tool', mode: 0o700, text: '#!/bin/sh\n' },
    { name: 'package/share/very/deep/text', mode: 0o600, text: 'x'.repeat(100_000) },
  ])
  const { version, folder } = await get('@scope/tool', '1.2.3', integrity)
  expect([version, folder]).toEqual(['1.2.3', join(home, 'runtimes/@scope+tool@1.2.3')])
  const mode = (path: string) => (statSync(join(folder, path)).mode & 0o7777).toString(8)
  expect([mode('.'), mode('bin'), mode('bin/tool'), mode('share/very/deep/text')]).toEqual(['755', '755', '755', '644'])
  expect(readFileSync(join(folder, 'share/very/deep/text'), 'utf8')).toBe('x'.repeat(100_000))
  expect(existsSync(join(folder, 'ran'))).toBe(false)
  expect(left()).toEqual(['@scope+tool@1.2.3'])
})

test('an exact version that is there is not asked for again, and a range takes the newest that fits', async () => {
  await publish('ranged', '24.1.0', [])
  await publish('ranged', '24.3.0', [])
  await publish('ranged', '25.0.0', [])
  expect((await get('ranged', '24')).version).toBe('24.3.0')
  const before = requests
  expect((await get('ranged', '24.3.0')).folder).toBe(join(home, 'runtimes/ranged@24.3.0'))
  expect(requests).toBe(before)
})

test('several at once get the same folder and leave nothing else', async () => {
  await publish('popular', '1.0.0', [{ name: 'package/file', text: 'whole' }])
  const found = await Promise.all([1, 2, 3].map(() => get('popular', '1.0.0')))
  expect(new Set(found.map((f) => f.folder)).size).toBe(1)
  expect(readFileSync(join(found[0]!.folder, 'file'), 'utf8')).toBe('whole')
  expect(left()).toEqual(['popular@1.0.0'])
})

test('a tarball that is not the pinned one is refused and nothing of it is kept', async () => {
  await publish('pinned', '1.0.0', [])
  await expect(get('pinned', '1.0.0', sha512(Buffer.from('another')))).rejects.toMatchObject({
    code: 'E_INTEGRITY',
    detail: expect.stringContaining(sha512(Buffer.from('another'))),
  })
  expect(left()).toEqual([])
})

test.each<[string, Entry]>([
  ['a path that leads out', { name: 'package/../../../escaped', text: 'x' }],
  ['an absolute path', { name: '/tmp/landfall-escaped', text: 'x' }],
  ['a symbolic link', { name: 'package/link', type: 'symlink', linkname: '/etc/passwd' }],
  ['a hard link', { name: 'package/hard', type: 'link', linkname: '/etc/passwd' }],
  ['a pipe', { name: 'package/fifo', type: 'fifo' }],
])('an archive with %s is refused and nothing of it is kept', async (_, entry) => {
  await publish('hostile', '1.0.0', [{ name: 'package/fine', text: 'x' }, entry])
  await expect(get('hostile', '1.0.0')).rejects.toMatchObject({ code: 'E_ARCHIVE' })
  expect(left()).toEqual([])
})

test('a version that the registry lacks says so', async () => {
  await publish('known', '1.0.0', [])
  await expect(get('known', '7.0.0')).rejects.toMatchObject({ code: 'E_FETCH', message: expect.stringContaining('known@7.0.0') })
  await expect(get('unknown-to-all', '1.0.0')).rejects.toMatchObject({ code: 'E_FETCH' })
})

test('without registry and cache the error says how to get the package, and with a filled cache it works', async () => {
  await publish('cached', '1.0.0', [])
  vi.stubEnv('npm_config_offline', 'true')
  await expect(get('cached', '1.0.0')).rejects.toMatchObject({
    code: 'E_FETCH',
    hint: expect.stringContaining("npm cache add 'cached@1.0.0'"),
  })
  vi.stubEnv('npm_config_offline', 'false')
  await get('cached', '1.0.0')
  rmSync(join(home, 'runtimes'), { recursive: true })
  vi.stubEnv('npm_config_offline', 'true')
  expect((await get('cached', '1.0.0')).version).toBe('1.0.0')
})

test('a wish that is a link, a folder or an option never reaches npm', async () => {
  for (const version of ['file:/etc', 'git+ssh://x/y', '../..', 'https://x/y.tgz', '']) {
    await expect(get('fine', version), version).rejects.toMatchObject({ code: 'E_VERSION' })
  }
  for (const name of ['../x', '/etc', 'a b', 'git@x', 'npm:x']) {
    await expect(get(name, '1.0.0'), name).rejects.toMatchObject({ code: 'E_NAME' })
  }
  expect(requests).toBe(0)
})

test('npm is found beside Node first, then on PATH, and a script of Node is run by our own Node', () => {
  const node = join(home, 'node/bin/node')
  mkdirSync(join(home, 'node/bin'), { recursive: true })
  mkdirSync(join(home, 'path'))
  writeFileSync(node, '')
  expect(() => findNpm(node, `${home}/path:relative`)).toThrowError(expect.objectContaining({ code: 'E_NO_NPM' }))
  writeFileSync(join(home, 'path/real'), '#!/usr/bin/env node\n')
  symlinkSync('real', join(home, 'path/npm'))
  expect(findNpm(node, join(home, 'path'))).toEqual({ file: node, args: [join(home, 'path/real')] })
  mkdirSync(join(home, 'etc'))
  writeFileSync(join(home, 'etc/npmrc'), '')
  expect(findNpm(node, join(home, 'path')).globalConfig).toBe(join(home, 'etc/npmrc'))
  writeFileSync(join(home, 'path/real'), '#!/bin/sh\n')
  expect(findNpm(node, join(home, 'path'))).toEqual({ file: join(home, 'path/real'), args: [] })
  mkdirSync(join(home, 'node/lib/node_modules/npm/bin'), { recursive: true })
  writeFileSync(join(home, 'node/lib/node_modules/npm/bin/npm-cli.js'), '')
  expect(findNpm(node, join(home, 'path')).args).toEqual([join(home, 'node/lib/node_modules/npm/bin/npm-cli.js')])
})
