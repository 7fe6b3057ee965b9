import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { needs } from '../../../test/capabilities.ts'
import type { RuntimeWish } from '../../model/plug.ts'
import { exec } from '../exec.ts'
import { closedTo } from './closed-to.ts'
import { endOfLife } from './end-of-life.ts'
import { provideRuntime } from './runtimes.ts'
import { isRoot } from './testbed.ts'

// Real installs: a hang guard, not an expectation.
vi.setConfig({ testTimeout: 300_000 })

let home: string
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'landfall-runtimes-'))
  chmodSync(home, 0o755)
})
afterAll(() => rmSync(home, { recursive: true, force: true }))
afterEach(() => vi.unstubAllEnvs())

const options = { signal: new AbortController().signal, say: () => {} }
const provide = (name: RuntimeWish['name'], version: string, more: object = {}) =>
  provideRuntime({ name, version }, home, { ...options, ...more })
const run = async (bin: string, ...argv: string[]) =>
  (await exec('/usr/bin/env', argv, { env: { PATH: `${bin}:/usr/bin:/bin`, HOME: home } })).stdout.trim()

test('the Node that runs us is taken where it is in the range, under a name of its own, once for all who ask', async () => {
  const { bin, version } = await provide('node', `>=${process.versions.node}`)
  expect(version).toBe(process.versions.node)
  expect(bin.startsWith(home)).toBe(true)
  expect(await run(bin, 'node', '-p', 'process.execPath')).toBe(join(bin, 'node'))
  expect(await run(bin, 'npm', '--version')).toMatch(/^\d+\./)
  const both = await Promise.all([provide('node', version), provide('node', version)])
  expect(both).toEqual([
    { bin, version },
    { bin, version },
  ])
  expect(readdirSync(join(home, 'runtimes')).filter((n) => n.startsWith('.make'))).toEqual([])
})

needs('npm').test('a package manager comes in the wanted version, and runs with the Node of PATH', async () => {
  const node = await provide('node', process.versions.node)
  const yarn = await provide('yarn', '1.22.22')
  expect(await run(`${yarn.bin}:${node.bin}`, 'yarn', '--version')).toBe('1.22.22')
  expect(await provide('yarn', '1')).toEqual(yarn)
})

needs('npm').test('a version that no registry has is E_RUNTIME', async () => {
  await expect(provide('yarn', '1.99.99')).rejects.toMatchObject({
    code: 'E_RUNTIME',
    message: expect.stringContaining('1.99.99'),
  })
})

needs('python').test('Python is one of this machine, under the names that builds ask for', async () => {
  const { bin, version } = await provide('python', '>=3.6')
  expect(await run(bin, 'python', '-c', 'import sys; print("%d.%d.%d" % sys.version_info[:3])')).toBe(version)
  expect(await run(bin, 'python3', '-c', 'import sys; print(sys.prefix == sys.base_prefix)')).toBe('True')
})

test('a Python that is not here is named with those that are, and with what installs it', async () => {
  const wish: RuntimeWish = { name: 'python', version: '~3.4.1', from: '.python-version' }
  await expect(provideRuntime(wish, home, options)).rejects.toMatchObject({
    code: 'E_RUNTIME',
    message: 'Python ~3.4.1 (.python-version) is not on this machine',
    hint: expect.stringContaining('apt-get install python3.4 python3.4-venv'),
  })
})

test('a Python that the builder may not enter is not taken', async () => {
  const closed = join(home, 'closed')
  mkdirSync(closed, { mode: 0o700 })
  const fake = '#!/bin/sh\necho \'["\'"$0"\'", "3.4.9", true]\'\n'
  writeFileSync(join(closed, 'python3'), fake, { mode: 0o755 })
  vi.stubEnv('PATH', `${closed}:${process.env.PATH}`)
  const wish: RuntimeWish = { name: 'python', version: '3.4' }
  const someoneElse = { identity: { uid: 61_001, gid: 61_001 } }
  await expect(provideRuntime(wish, home, { ...options, ...someoneElse })).rejects.toMatchObject({
    code: 'E_RUNTIME',
    detail: expect.stringContaining(`only its owner may use ${closed}`),
  })
  expect(await provideRuntime(wish, home, options)).toMatchObject({ version: '3.4.9' })
  expect(readFileSync(join(home, 'runtimes/python-3.4.9/bin/python'), 'utf8')).toContain(closed)
})

test('who may not enter a folder on the way is told which', () => {
  const folder = join(home, 'a/b')
  mkdirSync(folder, { recursive: true })
  chmodSync(join(home, 'a'), 0o700)
  expect(closedTo({ uid: 61_001, gid: 61_001 }, folder)).toBe(join(home, 'a'))
  const own = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 }
  expect(isRoot || existsSync(folder)).toBe(true)
  expect(closedTo(own, folder)).toBeUndefined()
})

test('a range has reached its end of life when every line that it allows has', () => {
  const today = new Date('2026-11-21')
  expect(endOfLife('node', '20', today)).toEqual({ what: 'Node 20', since: '2026-04-30' })
  expect(endOfLife('node', '>=18', today)).toBeUndefined()
  expect(endOfLife('node', '18 || 20', today)?.what).toBe('Node 20')
  expect(endOfLife('node', '24', today)).toBeUndefined()
  expect(endOfLife('node', '12.3.0', today)?.what).toBe('Node 12')
  expect(endOfLife('node', '20', new Date('2026-04-30'))).toBeUndefined()
  expect(endOfLife('python', '~3.9.1', today)).toEqual({ what: 'Python 3.9', since: '2025-10-31' })
  expect(endOfLife('python', '>=3.9', today)).toBeUndefined()
})
