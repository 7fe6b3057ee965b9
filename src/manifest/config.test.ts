import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { ErrorShape } from '../model/event.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'landfall-config-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

/** In a process of its own, since the test runner compiles TypeScript in another way than Node does. */
function load(text: string): { data?: unknown; error?: ErrorShape } {
  writeFileSync(join(folder, 'landfall.config.ts'), text)
  const script = [
    `import { loadConfig } from ${JSON.stringify(resolve('src/manifest/config.ts'))}`,
    `import { shapeOf } from ${JSON.stringify(resolve('src/lib/error.ts'))}`,
    `try { console.log(JSON.stringify({ data: await loadConfig(${JSON.stringify(folder)}) })) }`,
    'catch (error) { console.log(JSON.stringify({ error: shapeOf(error) })) }',
  ].join('\n')
  const output = execFileSync(process.execPath, ['--no-warnings', '--input-type=module', '-e', script], {
    encoding: 'utf8',
    timeout: 60_000,
  })
  return JSON.parse(output)
}

test('a config file is TypeScript that imports from landfall without having installed it', () => {
  const text = `
    import { defineApp } from 'landfall'
    const web: string = ['w', 'e', 'b'].join('')
    export default defineApp({ app: 'shop', components: { [web]: { type: 'web' as const } } })`
  expect(load(text)).toEqual({ data: { app: 'shop', components: { web: { type: 'web' } } } })
})

test.each([
  ['enum', 'enum A { B }\nexport default { app: A.B }', 'cannot simply be stripped'],
  [
    'a parameter property',
    'class A { constructor(public b: string) {} }\nexport default new A("x")',
    'cannot simply be stripped',
  ],
  ['an import of what is not there', 'import "./nothing.ts"\nexport default {}', 'imports something that is not there'],
  ['a mistake of its own', 'throw new Error("no colour")', 'failed when it was run'],
  ['no default export', 'export const app = {}', 'no default export'],
  ['a default export that is a function', 'export default () => ({})', 'no default export'],
])('%s is explained', (_title, text, message) => {
  const { error } = load(text)
  expect(error?.code).toBe('E_CONFIG')
  expect(error?.message).toContain(message)
  expect(error?.hint).toBeTruthy()
})
