// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references as they stand in such files
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readDotenv, writeDotenv } from './dotenv.ts'

const valuesOf = (text: string) => Object.fromEntries(readDotenv(text).values.map((v) => [v.name, v.value]))
const problemsOf = (text: string) => readDotenv(text).problems.map((p) => `${p.line} ${p.code}`)

test.each([
  ['A=1', { A: '1' }],
  ['export A=1\n  B = two words  # a remark\n\n# C=3\nD=a#b', { A: '1', B: 'two words', D: 'a#b' }],
  ['A=\nB=""\nC=# nothing', { A: '', B: '', C: '' }],
  [`A='$HOME \\n "x" # no remark'`, { A: '$HOME \\n "x" # no remark' }],
  ['A="one\\ntwo \\"three\\" \\\\ \\$four \\x" # remark', { A: 'one\ntwo "three" \\ $four \\x' }],
  ['A=`it\'s "both"`', { A: `it's "both"` }],
  ['KEY="-----BEGIN KEY-----\nabc\n-----END KEY-----\n"\nB=2', { KEY: '-----BEGIN KEY-----\nabc\n-----END KEY-----\n', B: '2' }],
  ['\uFEFFA=1\r\nB=2\r\n', { A: '1', B: '2' }],
  ['URL=postgres://u:p@h/db?x=1&y=2', { URL: 'postgres://u:p@h/db?x=1&y=2' }],
])('%j is read as most programs do', (text, expected) => {
  expect(readDotenv(text).problems).toEqual([])
  expect(valuesOf(text)).toEqual(expected)
})

test('every bad line is told with its number', () => {
  expect(problemsOf('A=1\nB\n=C\nexport D="x\n')).toEqual(['2 E_ENV_LINE', '3 E_ENV_LINE', '4 E_ENV_LINE'])
  expect(problemsOf('A=1\nA=2\nB-C=1\n1A=2\nE="x" y\n')).toEqual(['2 E_DUPLICATE', '3 E_ENV_KEY', '4 E_ENV_KEY', '5 E_ENV_LINE'])
  expect(problemsOf('A="x\ny"\nB\n')).toEqual(['3 E_ENV_LINE'])
  expect(problemsOf('A=x\0y')).toEqual(['1 E_ENV_VALUE'])
})

test('what may be the rest of a secret is not shown', () => {
  expect(JSON.stringify(readDotenv('A=1\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQ/+x').problems)).not.toContain('MIIE')
})

test('a reference is taken as it is written, and that is said', () => {
  const { values, remarks } = readDotenv("A=${HOME}/x\nB='${HOME}'\nC=5$")
  expect(values.map((v) => v.value)).toEqual(['${HOME}/x', '${HOME}', '5$'])
  expect(remarks).toMatchObject([{ line: 1, code: 'W_ENV_LITERAL' }])
})

test('whatever is written reads back as it was', () => {
  const value = fc.string({
    unit: fc.oneof(fc.constantFrom(...`$"'\\\n\r\t #=\`{}!`), fc.string({ minLength: 1, maxLength: 1 })),
  })
  fc.assert(
    fc.property(fc.array(value, { maxLength: 8 }), (values) => {
      const plain = values.map((v) => v.replaceAll('\0', '').replaceAll('\uFEFF', ''))
      const text = plain.map((v, i) => writeDotenv(`V${i}`, v)).join('\n')
      const read = readDotenv(text)
      expect(read.problems).toEqual([])
      expect(read.values.map((v) => v.value)).toEqual(plain)
    }),
    { numRuns: 500 },
  )
})
