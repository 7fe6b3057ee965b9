import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { LIMITS } from './limits.ts'
import { codes, loadText } from './load-text.ts'
import { parseYaml } from './yaml.ts'

const EVERYTHING = readFileSync('test/corpus/manifest/everything.yaml', 'utf8')
const K = 1024

/** Nine lists of nine, each of the one before: a billion values in 300 characters. */
function laughs(): string {
  const names = 'abcdefghi'
  const lines = [...names].map((name, i) => {
    const inner = i === 0 ? 'lol' : `*${names[i - 1]}`
    return `${name}: &${name} [${Array(9).fill(inner).join(', ')}]`
  })
  return lines.join('\n')
}

test.each([
  ['a billion laughs', laughs(), 'E_TOO_COMPLEX'],
  ['aliases without end', `a: &a x\nb: [${'*a,'.repeat(12_000)}]`, 'E_TOO_COMPLEX'],
  ['one merge, repeated', `a: &a { x: 1, y: 2 }\nb:\n  <<: [${'*a,'.repeat(12_000)}]`, 'E_TOO_COMPLEX'],
  ['a list that holds itself', 'a: &a [*a]', 'E_TOO_COMPLEX'],
  ['a mapping that merges itself', 'a: &a\n  <<: *a', 'E_TYPE'],
  ['ten thousand levels', '['.repeat(10_000), 'E_DEPTH'],
  ['five thousand levels in blocks', '- '.repeat(5_000), 'E_DEPTH'],
  ['five thousand keys that ask', '? '.repeat(5_000), 'E_DEPTH'],
  ['levels by indentation', Array.from({ length: 60 }, (_, i) => `${' '.repeat(i)}a:`).join('\n'), 'E_DEPTH'],
  ['ten megabytes', 'a'.repeat(10 * K * K), 'E_TOO_LARGE'],
  ['too many tokens', '- a\n'.repeat(60_000), 'E_TOO_COMPLEX'],
  ['only closing brackets', ']'.repeat(200_000), 'E_TOO_COMPLEX'],
  ['only anchors', '&a '.repeat(80_000), 'E_TOO_COMPLEX'],
  ['only documents', '---\n'.repeat(60_000), 'E_TOO_COMPLEX'],
])('%s: refused, and at little cost', (_title, text, code) => {
  const heap = process.memoryUsage().heapUsed
  const from = process.cpuUsage()
  expect(loadText(text).findings.map((f) => f.code)).toContain(code)
  // Guards far above what was measured (35 ms, 20 MB): the naive way takes minutes and gigabytes.
  expect(process.cpuUsage(from).user).toBeLessThan(5_000_000)
  expect(process.memoryUsage().heapUsed - heap).toBeLessThan(300 * K * K)
})

test.each([
  ['a NUL', 'app: a\0b', 'E_ENCODING 1:7'],
  ['a control character', 'app: shop\nx: \u0007', 'E_ENCODING 2:4'],
  ['half a pair of UTF-16', 'app: \ud800', 'E_ENCODING 1:6'],
  ['a tab as indentation', 'app: shop\ncomponents:\n\tweb: {}', 'E_SYNTAX 3:1'],
  ['an open quote', 'app: "shop\ncomponents: {}', 'E_SYNTAX 2:15'],
  ['a second document', 'app: shop\n---\napp: other', 'E_SYNTAX 2:1'],
  ['a directive', '%YAML 1.1\n---\napp: shop', 'E_SYNTAX 1:1'],
  ['an alias of nothing', 'app: *x', 'E_SYNTAX 1:6'],
  ['a key that is a list', '[a]: b', 'E_TYPE 1:1'],
])('%s: refused with its place', (_title, text, expected) => {
  expect(codes(loadText(text))).toContain(expected)
})

test.each(['', '# only a comment', 'null', '5', '[]', 'text'])('%j is no manifest, and says so', (text) => {
  expect(loadText(text).findings.map((f) => f.code)).toEqual(['E_TYPE'])
})

test('aliases and merge keys are unfolded, and what stands in the mapping itself wins', () => {
  const { data, findings } = parseYaml('x', 'a: &a { x: 1, y: 2 }\nb: { <<: *a, y: 3 }\nc: *a\nd: { <<: [{ z: 1 }, *a], z: 2 }')
  expect(findings).toEqual([])
  expect(data).toEqual({ a: { x: 1, y: 2 }, b: { x: 1, y: 3 }, c: { x: 1, y: 2 }, d: { x: 1, y: 2, z: 2 } })
})

test('a byte order mark at the start is no mistake', () => {
  expect(parseYaml('x', '\ufeffapp: shop').data).toEqual({ app: 'shop' })
})

test('a value that comes through an alias is reported where it is written', () => {
  const text = 'app: shop\ncomponents:\n  aa: &a { type: web, port: 0 }\n  bb: *a'
  expect(codes(loadText(text)).filter((c) => c.startsWith('E'))).toEqual(['E_PORT 3:29', 'E_PORT 3:29'])
})

const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 400 }),
  fc.string({ unit: fc.constantFrom(...'abc:{}[],-?&*!|>%@`"\'#\n\t \\$<~'), maxLength: 400 }),
  fc
    .array(
      fc.constantFrom(
        'app: shop\n',
        'components:\n',
        '  web:\n',
        '    type: web\n',
        '- a\n',
        '&x ',
        '*x',
        '<<: ',
        '{',
        '}',
        '? ',
        ': ',
        '!!str ',
        '"',
        "'",
        '|\n',
        '---\n',
      ),
      { maxLength: 60 },
    )
    .map((parts) => parts.join('')),
)

/** The large manifest with pieces cut out, doubled or replaced. */
const mutant = fc
  .array(
    fc.record({
      at: fc.nat(EVERYTHING.length),
      length: fc.nat(40),
      put: fc.oneof(
        fc.constant(''),
        fc.string({ unit: 'binary', maxLength: 12 }),
        fc.constantFrom(' [', '{', '&a ', '*a', '"', ': ', '\n  ', '!!x ', '${', '}'),
      ),
    }),
    { minLength: 1, maxLength: 4 },
  )
  .map((cuts) => cuts.reduce((text, { at, length, put }) => text.slice(0, at) + put + text.slice(at + length), EVERYTHING))

/** What holds for every text: an app or an error, never an exception, and messages that no terminal chokes on. */
function holds(text: string): void {
  for (const environment of ['local', 'staging']) {
    const { app, findings } = loadText(text, environment)
    expect(app === undefined).toBe(findings.some((f) => f.level === 'error'))
    if (app) expect(JSON.parse(JSON.stringify(app))).toEqual(app)
    for (const finding of findings) {
      expect(finding.at).toMatch(/^landfall\.yaml:\d+:\d+$/)
      expect(finding.code).toMatch(/^[EW]_[A-Z_]+$/)
      expect(`${finding.message}${finding.hint ?? ''}`).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u)
      expect(finding.message.length).toBeLessThan(600)
    }
  }
}

test('any text gives an app or findings', () => {
  fc.assert(fc.property(anyText, holds), { numRuns: 1500 })
}, 120_000)

test('any damage to a real manifest gives an app or findings', () => {
  fc.assert(fc.property(mutant, holds), { numRuns: 400 })
}, 120_000)

test('the limits leave room for the largest manifest that we know', () => {
  const text = EVERYTHING
  expect(loadText(text).findings.filter((f) => f.level === 'error')).toEqual([])
  expect(text.length * 20).toBeLessThan(LIMITS.bytes)
})
