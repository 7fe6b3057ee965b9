import { expect, test } from 'vitest'
import { readEnvFile } from './env-file.ts'

const codes = (name: string, text: string) => readEnvFile(name, text).findings.map((f) => `${f.code} ${f.at}`)

test('a YAML mapping gives texts, numbers and booleans as they are written, each with its place', () => {
  const { values, findings } = readEnvFile('p.yaml', 'A: one\nB: 2\nC: true\nD: "1.10"\nE: |\n  two\n  lines\nF: ""\n')
  expect(findings).toEqual([])
  expect(values.map((v) => `${v.name}=${v.value}`)).toEqual(['A=one', 'B=2', 'C=true', 'D=1.10', 'E=two\nlines\n', 'F='])
  expect(values[1]?.at).toBe('p.yaml:2:4')
})

test('what is no value is told with its line, all of it', () => {
  expect(codes('p.yml', 'A: [1]\nB: { c: d }\nC: ~\n1D: x\nE: 1.10\nF: "a\\0b"\nG: fine\n')).toEqual([
    'E_TYPE p.yml:1:4',
    'E_TYPE p.yml:2:4',
    'E_TYPE p.yml:3:4',
    'E_ENV_KEY p.yml:4:5',
    'E_TYPE p.yml:5:4',
    'E_ENV_VALUE p.yml:6:4',
  ])
  expect(codes('p.yml', '- A\n')).toEqual(['E_TYPE p.yml:1'])
  expect(codes('p.yml', 'A: 1\nA: 2\n')).toEqual(['E_DUPLICATE_KEY p.yml:2:1'])
})

test.each(['A: "hunter2\nB: 1', 'A: !hunter2 x', 'A: *hunter2', 'A: hunter2: x', '? hunter2\n: [', 'A: &hunter2 x\nB: *hunter3'])(
  'what the parser says of %j holds nothing of it',
  (text) => {
    const { values, findings } = readEnvFile('p.yaml', text)
    if (values.length === 0) expect(findings.some((f) => f.level === 'error')).toBe(true)
    expect(JSON.stringify(findings)).not.toContain('hunter')
  },
)

test('what Landfall gives by itself is left out, and said', () => {
  const { values, findings } = readEnvFile('.env', 'PORT=80\nLD_PRELOAD=/x.so\nA=1\n')
  expect(values.map((v) => v.name)).toEqual(['A'])
  expect(findings.map((f) => `${f.level} ${f.code} ${f.at}`)).toEqual([
    'lost W_ENV_RESERVED .env:1',
    'lost W_ENV_RESERVED .env:2',
  ])
})
