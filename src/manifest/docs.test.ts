import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { loadText } from './load-text.ts'
import { jsonSchema } from './schema.ts'
import { allKeys } from './schema-walk.ts'
import { parseYaml } from './yaml.ts'

const DOCS = readFileSync('docs/manifest.md', 'utf8')
const examples = [...DOCS.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, text = '']) => text)

/** The same keys stand at several places, and are explained at one. */
function home(path: string): string {
  return path
    .replace(/^components\.\*\.env\.\*\.|^environments\.\*\.env\.\*\./, 'env.*.')
    .replace(/^environments\.\*\.scale\.\*\./, 'components.*.scale.')
    .replace(/^components\.\*\.(?:bootstrap|predeploy|postdeploy)\[\]\./, 'components.*.release[].')
    .replace('.verify.sql[].', '.verify.sql.')
    .replace('checks[].steps[].', 'checks[].')
}

/** `components.*.health.path` for the row `path` under the heading for `components.<name>.health`. */
function documentedKeys(): Set<string> {
  const keys = new Set<string>()
  let under = ''
  for (const line of DOCS.split('\n')) {
    const [, heading] = /^##+ (.+)$/.exec(line) ?? []
    if (heading !== undefined) under = sectionOf(heading)
    const [, cell = ''] = /^\| (.+?) \| .*\|$/.exec(line) ?? []
    const [, key] = /^`([\w.<>[\]]+)`$/.exec(cell) ?? []
    if (key === undefined) continue
    const path = key.replaceAll('<name>', '*')
    const isWhole = under === '' || /^(routes|checks|troubles)\[\]|^environments\.|^components\./.test(path)
    keys.add(isWhole ? path : `${under}.${path}`.replace(/\.release\.release/, '.release'))
  }
  return keys
}

function sectionOf(heading: string): string {
  const [, code] = /^`(.+)`$/.exec(heading) ?? []
  if (code === undefined) return ''
  const path = code.replaceAll('<name>', '*')
  return ['components', 'resources', 'env', 'groups'].includes(path) ? `${path}.*` : path
}

test('every key of the schema is explained, and every key that is explained is in the schema', () => {
  const documented = documentedKeys()
  const known = new Set(allKeys().map((k) => home(k.path)))
  expect(
    [...known].filter((k) => !documented.has(k)),
    'missing in docs/manifest.md',
  ).toEqual([])
  expect(
    [...documented].filter((k) => !known.has(k)),
    'not in the schema',
  ).toEqual([])
})

test('every key of the schema has a description', () => {
  expect(allKeys().filter((k) => k.description === '')).toEqual([])
})

test('every example of the docs is a manifest without a mistake', () => {
  expect(examples.length).toBeGreaterThan(12)
  for (const example of examples) {
    const isFragment = !/^app:/m.test(example)
    const text = isFragment ? `app: shop\n${example}` : example
    for (const environment of ['local', ...Object.keys(environmentsOf(text))]) {
      const { findings } = loadText(text, environment)
      // An example shows what it is about, and mostly no routes.
      expect(
        findings.filter((f) => f.code !== 'W_NO_ROUTE'),
        example,
      ).toEqual([])
    }
  }
})

function environmentsOf(text: string): object {
  const { data } = parseYaml('x', text)
  const all = typeof data === 'object' && data !== null && 'environments' in data ? data.environments : undefined
  return typeof all === 'object' && all !== null ? all : {}
}

test('the JSON Schema knows every key, says what it is for, and lets nothing else pass', () => {
  const schema = JSON.stringify(jsonSchema())
  expect(jsonSchema()).toMatchObject({ type: 'object', additionalProperties: false, required: ['app', 'components'] })
  for (const { path, description } of allKeys()) {
    expect(schema, path).toContain(JSON.stringify(path.split('.').at(-1)!.replace(/\[\]$/, '')))
    expect(schema, path).toContain(JSON.stringify(description))
  }
})
