import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseYamlAll } from '../manifest/yaml.ts'
import { FOREIGN } from './limits.ts'
import { parseJson } from './parse-json.ts'
import { parseToml } from './parse-toml.ts'

const parseYaml = (name: string, text: string) => {
  const [first] = parseYamlAll(name, text, { ...FOREIGN, noun: 'the file' })
  return { data: first?.data, at: (path: (string | number)[]) => first!.places.at(path, 'key'), findings: first?.findings ?? [] }
}
const formats = { 'f.yaml': parseYaml, 'f.json': parseJson, 'f.toml': parseToml }
const first = (name: keyof typeof formats, text: string) => {
  const [finding] = formats[name](name, text).findings
  return finding && `${finding.code} ${finding.at}`
}

test('places are those of keys, in every format', () => {
  expect(parseYaml('f.yaml', 'a:\n  b: [1, {c: 2}]\n').at(['a', 'b', 1, 'c'])).toBe('f.yaml:2:11')
  expect(parseJson('f.json', '{\n  "a": {\n    "b": [1, {"c": 2}] // why\n  },\n}').at(['a', 'b', 1, 'c'])).toBe('f.json:3:15')
  const toml = parseToml('f.toml', 'x = 1\n[a.b]\nc = "2"\n[[d]]\ne = [1, { f = 2 }]\n')
  expect([toml.at(['a', 'b', 'c']), toml.at(['d', 0, 'e']), toml.at(['d', 0, 'e', 1, 'f']), toml.at(['x'])]).toEqual([
    'f.toml:3:1',
    'f.toml:5:1',
    'f.toml:5:11',
    'f.toml:1:1',
  ])
  expect(toml.data).toEqual({ x: 1, a: { b: { c: '2' } }, d: [{ e: [1, { f: 2 }] }] })
})

describe('hostile files', () => {
  test.each([
    ['B6 a key twice', 'f.yaml', 'a: 1\na: 2\n', 'E_DUPLICATE_KEY f.yaml:2:1'],
    ['B6 a key twice', 'f.json', '{"a": 1,\n "a": 2}', 'E_DUPLICATE_KEY f.json:2:2'],
    ['B6 a key twice', 'f.toml', 'a = 1\na = 2\n', 'E_DUPLICATE_KEY f.toml:2:1'],
    ['B8 a tag of code', 'f.yaml', 'a: !!js/function "x"\n', 'E_YAML_TAG f.yaml:1:4'],
    ['B9 a key of JavaScript', 'f.yaml', '__proto__: { x: 1 }\n', 'E_UNKNOWN_KEY f.yaml:1:1'],
    ['B9 a key of JavaScript', 'f.json', '{"a": {"__proto__": {"x": 1}}}', 'E_UNKNOWN_KEY f.json:1:8'],
    ['B9 a key of JavaScript', 'f.toml', '[__proto__]\nx = 1\n', 'E_UNKNOWN_KEY f.toml:1:1'],
    ['B10 a NUL', 'f.yaml', 'a: 1\nb: "\0"\n', 'E_ENCODING f.yaml:2:5'],
    ['B10 a NUL', 'f.json', '{"a": "\0"}', 'E_ENCODING f.json:1:8'],
    ['B10 a NUL', 'f.toml', 'a = "\0"', 'E_ENCODING f.toml:1:6'],
    ['B10 a tab as indent', 'f.yaml', 'a:\n\tb: 1\n', 'E_SYNTAX f.yaml:2:1'],
    ['B10 cut off', 'f.json', '{"a": [1, 2', 'E_SYNTAX f.json:1:12'],
    ['B10 cut off', 'f.toml', 'a = [1,\n', 'E_SYNTAX f.toml:2:1'],
    ['B10 10,000 levels', 'f.yaml', '['.repeat(10_000), 'E_'],
    ['B10 10,000 levels', 'f.json', '['.repeat(10_000), 'E_DEPTH f.json:1:65'],
    ['B10 10,000 levels', 'f.toml', `a = ${'['.repeat(10_000)}`, 'E_DEPTH f.toml:1:69'],
    ['B10 10 MB', 'f.yaml', `a: ${'x'.repeat(10_000_000)}`, 'E_TOO_LARGE f.yaml:1:1'],
    ['B10 10 MB', 'f.json', `"${'x'.repeat(10_000_000)}"`, 'E_TOO_LARGE f.json:1:1'],
    ['B10 10 MB', 'f.toml', `a = "${'x'.repeat(10_000_000)}"`, 'E_TOO_LARGE f.toml:1:1'],
  ] as const)('%s in %s', (_title, name, text, expected) => {
    expect(first(name, text)).toContain(expected)
    expect(({} as Record<string, unknown>).x).toBeUndefined()
  })

  test('B7 aliases that unfold to more than a machine has memory', () => {
    const bomb = [
      'a: &a [x, x, x, x, x, x, x, x, x, x]',
      ...'bcdefghi'.split('').map((c, i) => `${c}: &${c} [${Array(10).fill(`*${'abcdefgh'[i]}`).join(', ')}]`),
    ]
    expect(first('f.yaml', bomb.join('\n'))).toContain('E_TOO_COMPLEX f.yaml:')
  })

  test('any text is data or findings, and never an exception', () => {
    const text = fc.oneof(
      fc.string({ maxLength: 200 }),
      fc.json(),
      fc.string({
        unit: fc.constantFrom('[', ']', '{', '}', '"', "'", '=', '.', '\n', 'a', '1', '#', ',', ':', '-', ' ', '&', '*'),
        maxLength: 80,
      }),
    )
    fc.assert(
      fc.property(text, (t) => {
        for (const [name, parse] of Object.entries(formats)) {
          const { data, findings, at } = parse(name, t)
          expect(data !== undefined || findings.length >= 0).toBe(true)
          expect(at(['a', 0, 'b'])).toMatch(/^f\.(yaml|json|toml):\d+:\d+$/)
        }
      }),
      { numRuns: 1500 },
    )
  })
})
