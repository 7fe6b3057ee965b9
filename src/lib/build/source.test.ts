import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { readSource } from './source.ts'
import { closureOf, findWorkspaceRoot, workspacesOf } from './workspaces.ts'

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'landfall-source-'))
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

function write(files: Record<string, string>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true })
    writeFileSync(join(root, name), text)
  }
}
const names = async (folder = root, limits?: { maxFiles: number; maxBytes: number }) =>
  (await readSource(folder, undefined, limits)).list.map((e) => e.path)

test('what git ignores stays out, each file for its own folder, the deepest one first', async () => {
  write({
    '.gitignore': '*.log\n/dist\nLogo\n',
    'a.log': '',
    'dist/x.js': '',
    'src/dist/y.js': '',
    'src/keep.log': '',
    'src/.gitignore': '!keep.log\n!Logo/\n',
    'src/Logo/a.svg': '',
    'logo/a.svg': '',
    'main.js': '',
  })
  expect(await names()).toEqual([
    '.gitignore',
    'logo/a.svg',
    'main.js',
    'src/.gitignore',
    'src/Logo/a.svg',
    'src/dist/y.js',
    'src/keep.log',
  ])
})

test('.landfallignore leaves out more, and takes in what git ignores', async () => {
  write({
    '.gitignore': 'dist\n',
    '.landfallignore': '!dist\ndocs/\n',
    'dist/index.html': '',
    'docs/a.md': '',
    'main.js': '',
  })
  expect(await names()).toEqual(['.gitignore', 'dist/index.html', 'main.js'])
})

test('ignore files of the folders above count up to the repository, except where they would leave out the source itself', async () => {
  write({
    '.git/HEAD': '',
    '.gitignore': '*.sqlite\n/site/dist\n',
    'server/a.sqlite': '',
    'server/a.js': '',
    'site/dist/index.html': '',
  })
  expect(await names(join(root, 'server'))).toEqual(['a.js'])
  expect(await names(join(root, 'site/dist'))).toEqual(['index.html'])
})

test('what tools made, the manifest and values of one machine are never part of it', async () => {
  write({
    '.git/config': '',
    'node_modules/a/index.js': '',
    'app/node_modules/b.js': '',
    'env/pyvenv.cfg': '',
    'env/bin/x': '',
    'home/secrets.key': '',
    'home/state.db': '',
    'home/scratch/b-web/root/main.py': '',
    'app/__pycache__/a.pyc': '',
    'landfall.yaml': '',
    'app/landfall.yaml': '',
    '.env': 'SECRET=1',
    'app/.env.local': '',
    '.env.example': '',
    'main.py': '',
  })
  const { list, notes } = await readSource(root)
  expect(list.map((e) => e.path)).toEqual(['.env.example', 'app/landfall.yaml', 'main.py'])
  expect(notes.map((n) => `${n.code} ${n.at}`).sort()).toEqual(['W_LEFT_OUT .env', 'W_LEFT_OUT app/.env.local'])
})

test('the digest follows path, content and the right to execute, and nothing else', async () => {
  write({ 'a.sh': 'one', 'b.txt': 'two' })
  const digest = async () => (await readSource(root)).digest
  const first = await digest()
  write({ 'a.sh': 'one' })
  expect(await digest()).toBe(first)
  chmodSync(join(root, 'a.sh'), 0o600)
  expect(await digest()).toBe(first)
  chmodSync(join(root, 'a.sh'), 0o755)
  const executable = await digest()
  write({ 'b.txt': 'tvo' })
  const changed = await digest()
  write({ 'b.txt': 'two', 'c.txt': '' })
  expect(new Set([first, executable, changed, await digest()]).size).toBe(4)
})

test('a link that stays inside is kept as a link', async () => {
  write({ 'a/b.txt': 'text' })
  symlinkSync('../a/b.txt', join(root, 'a/c.txt'))
  symlinkSync('a', join(root, 'd'))
  const { list } = await readSource(root)
  expect(list.map((e) => [e.path, e.link])).toEqual([
    ['a/b.txt', undefined],
    ['a/c.txt', '../a/b.txt'],
    ['d', 'a'],
  ])
})

test('a link that leads out is refused, also through another link, absolute, or to what is not there', async () => {
  write({ 'src/deep/x.txt': '' })
  for (const [link, target] of [
    ['src/out', '../../etc/passwd'],
    ['src/abs', '/etc/passwd'],
    ['src/own', join(root, 'src/deep/x.txt')],
    ['src/gone', '../../nowhere/x'],
  ] as const) {
    symlinkSync(target, join(root, link))
    await expect(readSource(root)).rejects.toMatchObject({ code: 'E_SOURCE_UNSAFE', message: expect.stringContaining(link) })
    rmSync(join(root, link))
  }
  // `p/z` lies inside to the eye; through the link it is a level above the source.
  symlinkSync('..', join(root, 'src/up'))
  symlinkSync('src/up/../hidden', join(root, 'through'))
  await expect(readSource(root)).rejects.toMatchObject({ code: 'E_SOURCE_UNSAFE' })
})

test('a source that is too large is refused, and its largest folders are named', async () => {
  write({ 'data/a.bin': 'x'.repeat(5000), 'main.js': '' })
  await expect(names(root, { maxFiles: 10, maxBytes: 4000 })).rejects.toMatchObject({
    code: 'E_SOURCE_TOO_LARGE',
    detail: expect.stringContaining('data/a.bin'),
    hint: expect.stringContaining('.landfallignore'),
  })
  await expect(names(root, { maxFiles: 1, maxBytes: 1e9 })).rejects.toMatchObject({ code: 'E_SOURCE_TOO_LARGE' })
})

test('a source that is not there, or is a file, is named', async () => {
  write({ 'file.txt': '' })
  for (const name of ['nowhere', 'file.txt']) {
    await expect(readSource(join(root, name))).rejects.toMatchObject({ code: 'E_SOURCE_MISSING' })
  }
})

const MONOREPO = {
  'package.json': '{"workspaces":["apps/*","packages/*"]}',
  'apps/web/package.json': '{"name":"web","dependencies":{"@x/lib":"*"}}',
  'apps/web/a.js': '',
  'apps/admin/package.json': '{"name":"admin"}',
  'apps/admin/a.js': '',
  'packages/lib/package.json': '{"name":"@x/lib","devDependencies":{"base":"workspace:*"}}',
  'packages/lib/a.js': '',
  'packages/base/package.json': '{"name":"base"}',
  'packages/base/a.js': '',
  'tsconfig.json': '{}',
}

test('a package of a monorepo brings what it needs, and nothing else of the others than their package.json', async () => {
  write(MONOREPO)
  const read = async () => readSource(join(root, 'apps/web'), root)
  const before = await read()
  expect(before.list.map((e) => e.path)).toEqual([
    'apps/admin/package.json',
    'apps/web/a.js',
    'apps/web/package.json',
    'package.json',
    'packages/base/a.js',
    'packages/base/package.json',
    'packages/lib/a.js',
    'packages/lib/package.json',
    'tsconfig.json',
  ])
  write({ 'apps/admin/a.js': 'changed' })
  expect((await read()).digest).toBe(before.digest)
  write({ 'packages/base/a.js': 'changed' })
  expect((await read()).digest).not.toBe(before.digest)
})

test('the root of a monorepo is found for its packages alone', async () => {
  write({ ...MONOREPO, 'tools/package.json': '{}' })
  expect(findWorkspaceRoot(join(root, 'apps/web'), root)).toBe(root)
  expect(findWorkspaceRoot(join(root, 'tools'), root)).toBeUndefined()
})

test('pnpm names its packages in a file of its own, with exceptions; needs come before those that need them', () => {
  const files: Record<string, string> = {
    'pnpm-workspace.yaml': 'packages:\n  - "{apps,packages}/**"\n  - "!**/test/**"\n',
    'apps/web/package.json': '{"name":"web","dependencies":{"lib":"workspace:*"}}',
    'packages/lib/package.json': '{"name":"lib"}',
    'packages/lib/test/app/package.json': '{"name":"inner"}',
  }
  const lookup = { names: new Set(Object.keys(files)), text: (path: string) => files[path] }
  expect(workspacesOf(lookup)).toEqual(['apps/web', 'packages/lib'])
  expect(closureOf(lookup, 'apps/web')).toEqual(['packages/lib', 'apps/web'])
})
