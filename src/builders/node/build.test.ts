import { existsSync, readdirSync, readFileSync, readlinkSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, test, vi } from 'vitest'
import { needs } from '../../../test/capabilities.ts'
import { makeTestbed } from '../../lib/build/testbed.ts'
import node from './index.ts'

// Real installs: a hang guard, not an expectation.
vi.setConfig({ testTimeout: 300_000 })

const fixtures = fileURLToPath(new URL('fixtures', import.meta.url))
const bed = makeTestbed({ node })
afterAll(() => bed.end())
const text = (t: string) => ({ type: 'text' as const, text: t })

needs('npm').describe('npm', () => {
  test('an app is installed from its lockfile, built, and runs without the packages of development', async () => {
    const path = bed.copyOf(`${fixtures}/npm-app`)
    const component = bed.component(path, { build: { builder: 'node', env: { MESSAGE: text('hello') } } })
    const built = await bed.build(component)
    expect(built.artifact.command).toEqual(['node', 'dist/server.js'])
    const said = JSON.parse(await bed.run(built, built.artifact.command ?? []))
    expect(said).toMatchObject({ kind: 'array', isNumber: true, message: 'hello' })
    expect(said.node).toMatch(/^24\./)
    expect(readdirSync(join(built.root, 'node_modules')).filter((n) => !n.startsWith('.'))).toEqual(['is-number'])
    expect(built.artifact.findings.filter((f) => f.level === 'error')).toEqual([])
    expect(bed.said.join('\n')).toContain('$ npm ci')
  })

  test('a change of the source alone takes the dependencies of the build before, and shares them on the disk', async () => {
    const path = bed.copyOf(`${fixtures}/npm-app`)
    const component = bed.component(path, { build: { builder: 'node' } })
    const first = await bed.build(component)
    writeFileSync(join(path, 'more.js'), 'export {}\n')
    const second = await bed.build(component)
    expect(second.name).not.toBe(first.name)
    expect(bed.said.join('\n')).not.toContain('$ npm ci')
    expect(bed.said.join('\n')).toContain('dependencies are those of an earlier build')
    const file = 'node_modules/is-number/index.js'
    expect(statSync(join(second.root, file)).ino).toBe(statSync(join(first.root, file)).ino)
    expect(JSON.parse(await bed.run(second, ['node', 'dist/server.js'])).isNumber).toBe(true)
  })

  test('a change of the lockfile installs anew', async () => {
    const path = bed.copyOf(`${fixtures}/npm-app`)
    const component = bed.component(path, { build: { builder: 'node' } })
    await bed.build(component)
    const lock = join(path, 'package-lock.json')
    writeFileSync(lock, `${readFileSync(lock, 'utf8')}\n`)
    await bed.build(component)
    expect(bed.said.join('\n')).toContain('$ npm ci')
  })

  test('a package of a monorepo is built at the root and starts in its own folder, without what others need', async () => {
    const path = bed.copyOf(`${fixtures}/npm-workspaces`)
    const component = bed.component(path, { build: { builder: 'node', options: { workspace: 'apps/web' } } })
    const built = await bed.build(component)
    expect(built.artifact.folder).toBe('apps/web')
    expect(await bed.run(built, built.artifact.command ?? [])).toBe('hello true true')
    expect(existsSync(join(built.root, 'apps/admin/index.cjs'))).toBe(false)
    const packages = readdirSync(join(built.root, 'node_modules')).filter((n) => !n.startsWith('.'))
    expect(packages).toEqual(['@demo', 'is-number'])
  })

  test('the Node that .nvmrc names is fetched, and runs the build and what was built', async () => {
    const path = bed.copyOf(`${fixtures}/npm-app`)
    writeFileSync(join(path, '.nvmrc'), '22.11.0\n')
    const built = await bed.build(bed.component(path, { build: { builder: 'node' } }))
    expect(bed.said).toContain('built by node 22.11.0')
    expect(JSON.parse(await bed.run(built, ['node', 'dist/server.js'])).node).toBe('22.11.0')
  })

  test('a Node that nobody has is E_RUNTIME, and says where it was asked for', async () => {
    const path = bed.copyOf(`${fixtures}/npm-app`)
    writeFileSync(join(path, '.nvmrc'), '22.99.99\n')
    const build = bed.build(bed.component(path, { build: { builder: 'node' } }))
    await expect(build).rejects.toMatchObject({ code: 'E_RUNTIME', message: expect.stringContaining('.nvmrc') })
  })

  test('packages of development stay where the app is started by one of them', async () => {
    const path = bed.copyOf(`${fixtures}/npm-app`)
    const command = ['semver', '1.2.3'].map(text)
    const built = await bed.build(bed.component(path, { command, build: { builder: 'node' } }))
    expect(built.artifact.findings.map((f) => f.code)).toEqual(['W_DEVELOPMENT_STAYS'])
    expect(await bed.run(built, ['semver', '1.2.3'])).toBe('1.2.3')
  })
})

needs('npm', 'pnpm').describe('pnpm', () => {
  test('a package of a pnpm workspace runs from its artifact, with links that lead nowhere else', async () => {
    const path = bed.copyOf(`${fixtures}/pnpm-workspace`)
    const component = bed.component(path, { build: { builder: 'node', options: { workspace: 'apps/web' } } })
    const built = await bed.build(component)
    expect(await bed.run(built, built.artifact.command ?? [])).toBe('hello true true')
    const kept = readdirSync(join(built.root, 'node_modules/.pnpm')).filter((n) => /^is-|^kind/.test(n))
    expect(kept).toEqual(['is-number@7.0.0'])
    expect(linksOutOf(built.root)).toEqual([])
    expect(bed.said.some((line) => line.startsWith('pnpm 10.28.1'))).toBe(true)

    writeFileSync(join(path, 'apps/web/more.cjs'), '')
    const again = await bed.build(component)
    expect(bed.said.join('\n')).not.toContain('--prod=false')
    expect(await bed.run(again, again.artifact.command ?? [])).toBe('hello true true')
  })
})

needs('npm').describe('yarn', () => {
  test('an app with a lockfile of the first yarn is built and runs', async () => {
    const path = bed.copyOf(`${fixtures}/yarn-app`)
    const built = await bed.build(bed.component(path, { build: { builder: 'node' } }))
    expect(JSON.parse(await bed.run(built, built.artifact.command ?? [])).isNumber).toBe(true)
    expect(readdirSync(join(built.root, 'node_modules')).filter((n) => !n.startsWith('.'))).toEqual(['is-number'])
  })
})

function linksOutOf(root: string): string[] {
  const entries = readdirSync(root, { recursive: true, withFileTypes: true }).filter((e) => e.isSymbolicLink())
  const links = entries.map((e) => join(e.parentPath, e.name))
  return links.filter((path) => !resolve(dirname(path), readlinkSync(path)).startsWith(root))
}
