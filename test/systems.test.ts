import { existsSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const CLAIMS = 248
const rows = readFileSync('docs/systems.md', 'utf8')
  .split('\n')
  .filter((line) => /^\| S\d+ /.test(line))
  .map((line) => {
    const [, id = '', claim = '', verdict = '', how = '', tests = ''] = line.split('|').map((cell) => cell.trim())
    return { id, claim, verdict, how, tests: [...tests.matchAll(/`([^`]+)`/g)].map(([, path = '']) => path) }
  })

test('every claim has one row, in order, with a verdict', () => {
  expect(rows.map(({ id }) => id)).toEqual(Array.from({ length: CLAIMS }, (_, i) => `S${i + 1}`))
  const odd = rows.filter(({ verdict }) => !['runs', 'written', 'warned', 'documented', 'refuted'].includes(verdict))
  expect(odd).toEqual([])
  expect(rows.filter(({ claim, how }) => !claim || !how)).toEqual([])
})

test('what runs, is written or is warned of names the test that proves it', () => {
  const claimed = rows.filter((row) => ['runs', 'written', 'warned'].includes(row.verdict))
  expect(claimed.filter(({ tests }) => tests.length === 0).map(({ id }) => id)).toEqual([])
  const gone = rows.flatMap(({ id, tests }) => tests.filter((path) => !existsSync(path)).map((path) => `${id}: ${path}`))
  expect(gone).toEqual([])
})
