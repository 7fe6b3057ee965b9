import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { Machine, repositoryFolder } from './helpers.ts'

// import, export and convert as a person types them: no daemon is started for any of it.
let machine: Machine
let folder = ''
beforeAll(async () => {
  machine = await Machine.make()
})
beforeEach(() => {
  if (folder) rmSync(folder, { recursive: true, force: true })
  folder = mkdtempSync(join(tmpdir(), 'lf-translate-'))
})
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true })
  await machine.close()
})
const fixture = (name: string) =>
  cpSync(join(repositoryFolder, 'src/targets/compose/fixtures/read', name), folder, { recursive: true })
const put = (path: string, text: string | Buffer) => writeFileSync(join(folder, path), text)
const text = (path: string) => readFileSync(join(folder, path), 'utf8')
const COMPOSE = 'services:\n  web:\n    image: shop:1\n    ports: ["80:3000"]\n'

test('import writes the manifest, tells every key, and starts no daemon', async () => {
  fixture('flick')
  const done = await machine.run(['import', folder])
  expect(done.code, done.stderr).toBe(0)
  expect(done.stdout).toMatch(/kept \d+, changed \d+, lost \d+: \d+ % came along/)
  expect(done.stdout).toContain('services.server.build.target')
  expect(text('landfall.yaml')).toContain('DATABASE_URL: { from: postgres.url }')
  expect(text('landfall.yaml') + done.stdout + done.stderr).not.toContain('canary')
  expect(existsSync(join(machine.home, 'run'))).toBe(false)
})

test('import never writes over a manifest unless it is told to', async () => {
  put('compose.yaml', COMPOSE)
  put('landfall.yaml', 'app: mine\n')
  const refused = await machine.run(['import', folder])
  expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining('E_EXISTS')])
  expect(text('landfall.yaml')).toBe('app: mine\n')
  expect((await machine.run(['import', folder, '--force'])).code).toBe(0)
  expect(text('landfall.yaml')).toContain('image: shop:1')
})

test('import of two sources merges them, and names what they disagree on', async () => {
  put('compose.yaml', 'services:\n  web:\n    build: .\n    ports: ["80:3000"]\n')
  put('Dockerfile', 'FROM node:24-bookworm-slim\nCOPY . .\nEXPOSE 8080\nCMD ["node","server.js"]\n')
  put('package.json', '{"name":"shop","version":"1.0.0","scripts":{"start":"node server.js"}}')
  const done = JSON.parse((await machine.must(['import', folder, '--json', '--dry'])).stdout)
  expect(done.sources.map((s: { target: string }) => s.target)).toEqual(['compose', 'dockerfile'])
  expect(done.manifest.components.web).toMatchObject({ type: 'web', port: 3000, run: expect.anything() })
  expect(done.findings.map((f: { code: string }) => f.code)).toContain('W_CONFLICT')
})

test.each([
  ['a link that leads out', () => symlinkSync('/etc/passwd', join(folder, 'compose.yaml')), 'E_NOT_REGULAR_FILE'],
  ['UTF-16', () => put('compose.yaml', Buffer.from('\ufeffservices: {}', 'utf16le')), 'E_ENCODING'],
  ['no UTF-8', () => put('compose.yaml', Buffer.from([0x61, 0x3a, 0x0a, 0xff, 0xfe, 0x80])), 'E_ENCODING'],
  ['a NUL', () => put('compose.yaml', 'services:\n  web: "\0"\n'), 'E_ENCODING'],
  ['2 MB', () => put('compose.yaml', `a: ${'x'.repeat(2_000_000)}\n`), 'E_TOO_LARGE'],
  ['a key twice', () => put('compose.yaml', 'services:\n  web: {}\n  web: {}\n'), 'E_DUPLICATE_KEY'],
  ['10,000 levels', () => put('compose.yaml', `a: ${'['.repeat(10_000)}`), 'E_'],
  ['nothing at all', () => put('readme.txt', 'hello'), 'E_IMPORT_NOTHING'],
  ['nothing that runs', () => put('compose.yaml', 'services: {}\n'), 'E_IMPORT_NOTHING'],
])('import of %s is an error with its place, and writes nothing', async (_title, make, code) => {
  make()
  const done = await machine.run(['import', folder])
  expect(done.code).not.toBe(0)
  expect(done.stderr).toContain(code)
  expect(done.stderr).not.toContain('E_INTERNAL')
  expect(existsSync(join(folder, 'landfall.yaml'))).toBe(false)
})

test('export writes, finds drift, and refuses files of others', async () => {
  cpSync(join(repositoryFolder, 'test/corpus/targets/shop'), folder, { recursive: true })
  const out = join(folder, 'deploy')
  const exported = (...more: string[]) => machine.run(['export', 'compose', '-C', folder, '--out', out, ...more])
  expect((await exported('--check')).code).toBe(1)
  const first = await exported()
  expect(first.code, first.stderr).toBe(0)
  expect(first.stdout).toMatch(/lost \d+/)
  expect((await exported('--check')).code).toBe(0)
  const before = readFileSync(join(out, 'compose.yaml'), 'utf8')
  writeFileSync(join(out, 'compose.yaml'), before.replace('replicas: 2', 'replicas: 5'))
  const drift = await exported('--check')
  expect([drift.code, drift.stdout]).toEqual([1, expect.stringContaining('compose.yaml: differs')])
  expect((await exported()).code).toBe(0)
  expect(readFileSync(join(out, 'compose.yaml'), 'utf8')).toBe(before)
  writeFileSync(join(out, 'compose.yaml'), 'services: {}\n')
  const foreign = await exported()
  expect([foreign.code, foreign.stderr]).toEqual([2, expect.stringContaining('E_EXISTS')])
  expect((await exported('--force')).code).toBe(0)
  const elsewhere = mkdtempSync(join(tmpdir(), 'lf-elsewhere-'))
  rmSync(join(out, 'gateway'), { recursive: true })
  symlinkSync(elsewhere, join(out, 'gateway'))
  const led = await exported()
  expect([led.code, led.stderr]).toEqual([2, expect.stringContaining('E_PATH')])
  expect(readdirSync(elsewhere)).toEqual([])
  rmSync(elsewhere, { recursive: true })
})

test('export --strict fails where anything is lost, --check where versions disagree', async () => {
  cpSync(join(repositoryFolder, 'test/corpus/targets/shop'), folder, { recursive: true })
  expect((await machine.run(['export', 'compose', '-C', folder, '--strict'])).code).toBe(1)
  expect((await machine.run(['export', 'compose', '-C', folder, '--check'])).code).toBe(0)
  put('package.json', '{"name":"shop","version":"1.5.0"}')
  const done = await machine.run(['export', 'compose', '-C', folder, '--check', '--json'])
  expect(done.code).toBe(1)
  expect(JSON.parse(done.stdout).versions).toEqual([expect.objectContaining({ code: 'E_VERSION_DRIFT', at: 'package.json' })])
})

test('what cannot be is said with what there is', async () => {
  put('landfall.yaml', 'app: shop\ncomponents:\n  web: { type: web, run: ./web, build: { type: command } }\n')
  const unknown = await machine.run(['export', 'nomad', '-C', folder])
  expect([unknown.code, unknown.stderr]).toEqual([expect.any(Number), expect.stringContaining('compose')])
  const option = await machine.run(['export', 'compose', '-C', folder, '--option', 'gatway=none'])
  expect(option.stderr).toContain('per-component')
  expect(option.code).not.toBe(0)
})

test('convert goes from one to the other without a manifest on the disk', async () => {
  fixture('platform')
  const out = join(folder, 'out')
  mkdirSync(out)
  const done = await machine.run(['convert', folder, '--to', 'compose', '--out', out])
  expect(done.code, done.stderr).toBe(0)
  expect(existsSync(join(folder, 'landfall.yaml'))).toBe(false)
  expect(readFileSync(join(out, 'compose.yaml'), 'utf8')).toContain('accounts:')
  expect(done.stdout).toContain('read: kept')
})
