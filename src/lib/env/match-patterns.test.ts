import { expect, test } from 'vitest'
import { type Match, matchPatterns } from './match-patterns.ts'

const slow: Match = { pattern: '(a+)+', text: `${'a'.repeat(60)}!` }
const right: Match = { pattern: '[a-z]+', text: 'abc' }
const wrong: Match = { pattern: '[a-z]+', text: 'ab1' }

test('a whole text matches or does not; one that takes for ever keeps none of the others', () => {
  expect(matchPatterns([])).toEqual([])
  expect(matchPatterns([right, wrong, slow, right, wrong])).toEqual(['yes', 'no', 'slow', 'yes', 'no'])
  expect(matchPatterns([{ pattern: 'a|b', text: 'ab' }])).toEqual(['no'])
  expect(matchPatterns([{ pattern: '\\p{L}+', text: 'äé' }])).toEqual(['yes'])
})

test('many that take for ever are not all waited for', () => {
  const found = matchPatterns([right, ...Array.from({ length: 1000 }, () => slow), right])
  expect(found).toHaveLength(1002)
  expect([found[0], found[1], found[1000]]).toEqual(['yes', 'slow', 'slow'])
})
