import { readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { needs } from '../../../test/capabilities.ts'
import { makeTestbed } from '../../lib/build/testbed.ts'
import node from './index.ts'

const fixtures = new URL('fixtures', import.meta.url).pathname
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
})
