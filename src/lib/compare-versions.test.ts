import { expect, test } from 'vitest'
import { compareVersions } from './compare-versions.ts'

test('versions are ordered by number, and one that is not yet out comes before the one that is', () => {
  const sorted = [
    '0.9.9',
    '1.0.0-alpha',
    '1.0.0-alpha.1',
    '1.0.0-alpha.beta',
    '1.0.0-beta.2',
    '1.0.0-beta.11',
    '1.0.0',
    '1.2.0',
    '1.10.0',
  ]
  expect([...sorted].reverse().sort(compareVersions)).toEqual(sorted)
  expect(compareVersions('1.0.0', '1.0.0')).toBe(0)
  expect(compareVersions('1.0.0+build', '1.0.0')).toBe(0)
})
