import { expect, test } from 'vitest'
import type { Build } from '../../model/app.ts'
import type { ArtifactUse, SourceFiles } from '../../model/plug.ts'
import { check } from './check.ts'
import node from './index.ts'

const filesOf = (texts: Record<string, string | object>): SourceFiles => {
  const plain = Object.fromEntries(Object.entries(texts).map(([k, v]) => [k, typeof v === 'string' ? v : JSON.stringify(v)]))
  return { names: new Set(Object.keys(plain)), text: (path) => plain[path] }
}
const aBuild = (options: Build['options'] = {}, env: Build['env'] = {}): Build => ({
  builder: 'node',
  options,
  env,
  timeoutSeconds: 60,
  limits: {},
})
const web: ArtifactUse = { type: 'web', commands: [] }
const codes = (files: SourceFiles, options?: Build['options'], use?: ArtifactUse) =>
  check(files, aBuild(options), use)
    .map((f) => f.code)
    .sort()
const LOCK = { 'package-lock.json': '{}', '.nvmrc': '24' }
const commands = (files: SourceFiles, options?: Build['options'], use = web) =>
  node.recipe(files, aBuild(options), use).steps.map((s) => `${s.cwd}: ${s.command.join(' ')}`)

test('each package manager installs from its lockfile as it stands', () => {
  const json = { scripts: { start: 'node a.js' } }
  const first = (files: Record<string, string | object>) => commands(filesOf({ 'package.json': json, ...files }))[0]
  expect(first({ 'package-lock.json': '{}' })).toBe('.: npm ci --include=dev --no-audit --no-fund')
  expect(first({ 'pnpm-lock.yaml': "lockfileVersion: '9.0'" })).toBe('.: pnpm install --frozen-lockfile --prod=false')
  expect(first({ 'yarn.lock': '# yarn lockfile v1' })).toContain('yarn install --frozen-lockfile')
  expect(first({ 'yarn.lock': '__metadata:\n  version: 8' })).toBe('.: yarn install --immutable')
  expect(first({})).toContain('npm install')
})

test('a missing lockfile, two of them, and one of another package manager are findings', () => {
  const json = { scripts: { start: 'node a.js' } }
  expect(codes(filesOf({ 'package.json': json, '.nvmrc': '24' }))).toEqual(['W_NO_LOCKFILE'])
  expect(codes(filesOf({ 'package.json': json, 'yarn.lock': '', ...LOCK }))).toEqual(['E_TWO_LOCKFILES'])
  expect(codes(filesOf({ 'package.json': { ...json, packageManager: 'npm@11.0.0' }, 'yarn.lock': '', ...LOCK }))).toEqual([])
  expect(codes(filesOf({ 'package.json': { ...json, packageManager: 'pnpm@10.0.0' }, ...LOCK }))).toEqual(['E_LOCKFILE_OTHER'])
  expect(codes(filesOf({ 'package.json': json, 'bun.lock': '', '.nvmrc': '24' }))).toEqual(['E_PACKAGE_MANAGER'])
})

test('the version of Node comes from where it is said, and nowhere silently', () => {
  const wish = (files: Record<string, string | object>, options = {}) => node.runtimes(filesOf(files), aBuild(options))[0]
  const json = { engines: { node: '>=20 <23' } }
  expect(wish({ '.nvmrc': 'v22.11.0\n', 'package.json': json })).toEqual({ name: 'node', version: '22.11.0', from: '.nvmrc' })
  expect(wish({ '.node-version': '20', 'package.json': json })).toMatchObject({ version: '20', from: '.node-version' })
  expect(wish({ 'package.json': json })).toMatchObject({ version: '>=20 <23', from: 'package.json' })
  expect(wish({ '.nvmrc': 'lts/jod' })).toMatchObject({ version: '22' })
  expect(wish({ '.nvmrc': '22' }, { runtime: 'node@24' })).toMatchObject({ version: '24', from: 'build.runtime' })
  expect(wish({ 'apps/a/.nvmrc': '22', '.nvmrc': '24' }, { workspace: 'apps/a' })).toMatchObject({ version: '22' })
  expect(wish({})).toEqual({ name: 'node', version: '24' })
  const found = (files: Record<string, string>) => codes(filesOf({ 'package.json': '{}', 'package-lock.json': '{}', ...files }))
  expect(found({})).toEqual(['W_RUNTIME_UNPINNED'])
  expect(found({ '.nvmrc': 'latest' })).toEqual(['E_RUNTIME_VERSION'])
  expect(found({ '.nvmrc': '24', 'package.json': JSON.stringify(json) })).toEqual(['W_RUNTIME_CONTRADICTION'])
})

test('a Node without security fixes is named with the day since when', () => {
  const files = filesOf({ 'package.json': {}, 'package-lock.json': '{}', '.nvmrc': '18' })
  expect(check(files, aBuild())).toMatchObject([
    {
      code: 'W_END_OF_LIFE',
      at: '.nvmrc',
      message: expect.stringContaining('2025-04-30'),
      hint: expect.stringContaining('.nvmrc'),
    },
  ])
})

test('packages of development stay where a command of the running app uses them, with a finding', () => {
  const files = filesOf({
    'package.json': {
      scripts: { start: 'node dist/a.js', migrate: 'npm run generate && prisma migrate deploy', generate: 'echo' },
      dependencies: { pg: '1' },
      devDependencies: { prisma: '6', tsx: '4', node: '24' },
    },
    ...LOCK,
  })
  expect(commands(files).at(-1)).toContain('npm prune --omit=dev')
  for (const command of [
    ['npx', 'prisma', 'migrate', 'deploy'],
    ['npm', 'run', 'migrate'],
    ['node', '--import', 'tsx', 'a.ts'],
  ]) {
    const use: ArtifactUse = { type: 'web', commands: [command] }
    expect(commands(files, {}, use).join('\n'), command.join(' ')).not.toContain('prune')
    expect(codes(files, {}, use)).toEqual(['W_DEVELOPMENT_STAYS'])
  }
  const env = { npm_config_include: { type: 'text' as const, text: 'dev' } }
  expect(node.recipe(files, aBuild({}, env), web).steps.at(-1)?.stage).toBe('install')
})

test('what starts the app is taken from its scripts without a shell where none is needed', () => {
  const start = (json: object, more: Record<string, string> = {}) =>
    node.recipe(filesOf({ 'package.json': json, ...more }), aBuild(), web).command
  expect(start({ scripts: { start: 'node dist/server.js --fast' } })).toEqual(['node', 'dist/server.js', '--fast'])
  expect(start({ scripts: { start: 'NODE_ENV=production node a.js' } })).toEqual(['npm', 'run', 'start'])
  expect(start({ scripts: { prestart: 'x', start: 'node a.js' } })).toEqual(['npm', 'run', 'start'])
  expect(start({ scripts: { start: 'nodemon a.js', 'start:prod': 'node a.js' } })).toEqual(['node', 'a.js'])
  expect(start({ dependencies: { next: '16' }, scripts: { dev: 'next dev', start: 'next start' } })).toEqual(['next', 'start'])
  expect(start({ dependencies: { nuxt: '4' } })).toEqual(['node', '.output/server/index.mjs'])
  expect(start({ main: 'lib/a.js' }, { 'lib/a.js': '' })).toEqual(['node', 'lib/a.js'])
  expect(start({})).toBeUndefined()
})

test('a package of a monorepo installs at its root, for itself and what it needs, which is built before it', () => {
  const files = filesOf({
    'package.json': { workspaces: ['apps/*', 'packages/*'] },
    ...LOCK,
    'apps/web/package.json': { name: 'web', scripts: { build: 'tsc' }, dependencies: { lib: '*' } },
    'apps/other/package.json': { name: 'other', scripts: { build: 'x' } },
    'packages/lib/package.json': { name: 'lib', scripts: { build: 'tsc' } },
  })
  expect(commands(files, { workspace: 'apps/web' })).toEqual([
    '.: npm ci --include=dev --no-audit --no-fund --workspace=packages/lib --workspace=apps/web --include-workspace-root',
    'packages/lib: npm run build',
    'apps/web: npm run build',
  ])
  expect(node.recipe(files, aBuild({ workspace: 'apps/web' }), web).path).toEqual([
    'apps/web/node_modules/.bin',
    'node_modules/.bin',
  ])
})

test('a folder that is no package of the monorepo is installed in by itself', () => {
  const files = filesOf({ 'package.json': { workspaces: ['apps/*'] }, 'tools/package.json': {}, 'tools/yarn.lock': '' })
  expect(commands(files, { workspace: 'tools' })).toEqual([expect.stringMatching(/^tools: yarn install/)])
})

test('dependencies are taken from an earlier build only where nothing reads the source when they are installed', () => {
  const keeps = (json: object, more: Record<string, string> = {}) =>
    node.recipe(filesOf({ 'package.json': json, ...LOCK, ...more }), aBuild(), web).steps[0]?.keeps?.from
  expect(keeps({})).toEqual(['package-lock.json', 'package.json'])
  expect(keeps({ scripts: { postinstall: 'node setup.js' } })).toBeUndefined()
  expect(keeps({ scripts: { prepare: 'husky', postinstall: 'patch-package' } }, { 'patches/a.patch': '' })).toContain(
    'patches/a.patch',
  )
  const prisma = { scripts: { postinstall: 'prisma generate' }, dependencies: { '@prisma/client': '^6.0.0' } }
  expect(keeps(prisma, { 'prisma/schema.prisma': 'generator client {}' })).toContain('prisma/schema.prisma')
  expect(keeps(prisma, { 'prisma/schema.prisma': '  output = "../src/generated"' })).toBeUndefined()
})

test('a site is kept without its packages, and must say where its build leaves it', () => {
  const vite = filesOf({ 'package.json': { scripts: { build: 'vite build' }, devDependencies: { vite: '8' } }, ...LOCK })
  const site: ArtifactUse = { type: 'static', commands: [] }
  expect(node.recipe(vite, aBuild(), site)).toMatchObject({ output: 'dist', path: [] })
  expect(node.recipe(vite, aBuild({ output: 'public/out' }), site).output).toBe('public/out')
  const plain = filesOf({ 'package.json': { scripts: { build: 'make' } }, ...LOCK })
  expect(codes(plain, {}, site)).toEqual(['E_NO_OUTPUT'])
})

test('a folder is recognised by what its package.json names', () => {
  const found = node.detect(
    filesOf({
      'package.json': { workspaces: ['apps/*', 'packages/*'], scripts: { build: 'x', start: 'x' } },
      'package-lock.json': '{}',
      '.nvmrc': '24',
      'apps/api/package.json': { dependencies: { express: '5' }, scripts: { start: 'node src/index.js' } },
      'apps/site/package.json': { devDependencies: { vite: '8' }, scripts: { build: 'vite build', dev: 'vite' } },
      'apps/www/package.json': { dependencies: { next: '16' }, scripts: { build: 'next build', start: 'next start' } },
      'apps/jobs/package.json': { dependencies: { bullmq: '5' }, scripts: { start: 'node jobs.js' } },
      'apps/plain/package.json': { scripts: { start: 'node server.mjs' } },
      'apps/plain/server.mjs': 'createServer(handle).listen(process.env.PORT)',
      'packages/lib/package.json': { name: 'lib', main: 'index.js' },
      'packages/lib/index.js': '',
    }),
  )
  expect(found.map((d) => [d.folder, d.component.type, d.component.run?.join(' ') ?? d.component.options.output])).toEqual([
    ['apps/api', 'web', 'node src/index.js'],
    ['apps/jobs', 'worker', 'node jobs.js'],
    ['apps/plain', 'web', 'node server.mjs'],
    ['apps/site', 'static', 'dist'],
    ['apps/www', 'web', 'next start'],
  ])
  expect(found[0]?.because[0]).toContain('apps/api/package.json names express')
  expect(found[4]?.component.port).toBe(3000)
})

test('a source without package.json, or with one that cannot be read, is refused before anything runs', () => {
  expect(codes(filesOf({ 'index.html': '' }))).toEqual(['E_NO_PACKAGE_JSON'])
  expect(codes(filesOf({ 'package.json': '{' }))).toEqual(['E_PACKAGE_JSON'])
  expect(codes(filesOf({ 'package.json': {}, ...LOCK }), {}, web)).toEqual(['E_NO_COMMAND'])
})
