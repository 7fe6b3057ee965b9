import { expect, test } from 'vitest'
import type { BackupKeep, BackupRecord } from '../model/backup.ts'
import { expired, keptBecause } from './retention.ts'

const DAY = 24 * 3600 * 1000
const NOW = 1000 * DAY
type Made = Partial<BackupRecord> & { days: number }
const aBackup = ({ days, ...rest }: Made): BackupRecord => ({
  app: 'shop',
  environment: 'production',
  id: `d${days}`,
  place: { type: 'folder', path: '/b' },
  state: 'verified',
  why: 'schedule',
  at: NOW - days * DAY,
  bytes: 1,
  ...rest,
})
const gone = (made: Made[], keep: BackupKeep, tied: string[] = []) =>
  expired(made.map(aBackup), keep, new Set(tied), NOW).map((b) => b.id)
const daily = (count: number): Made[] => Array.from({ length: count }, (_, days) => ({ days }))

test('without rules nothing goes', () => {
  expect(gone(daily(400), {})).toEqual([])
})

test('by age, oldest first; but never the only verified one', () => {
  expect(gone(daily(5), { ageSeconds: 2 * 86_400 })).toEqual(['d4', 'd3'])
  expect(gone([{ days: 100 }, { days: 99, state: 'taken' }], { ageSeconds: 86_400 })).toEqual([])
})

test('by count, of verified ones alone', () => {
  expect(
    gone([{ days: 0, state: 'taken' }, { days: 1, state: 'taken' }, { days: 2 }, { days: 3 }, { days: 4 }], { count: 2 }),
  ).toEqual(['d4'])
})

test('age and count together keep what either keeps', () => {
  expect(gone(daily(10), { ageSeconds: 3 * 86_400, count: 7 })).toEqual(['d9', 'd8', 'd7'])
})

test('one that nobody has proven goes only when a newer one is proven', () => {
  expect(gone([{ days: 9, state: 'taken' }, { days: 10 }], { ageSeconds: 86_400 })).toEqual([])
  expect(gone([{ days: 9, state: 'taken' }, { days: 2 }], { ageSeconds: 86_400 })).toEqual(['d9'])
})

test('what is on hold, under way, or the way back of a release stays', () => {
  const made: Made[] = [{ days: 0 }, { days: 50, hold: 'audit' }, { days: 51, state: 'making' }, { days: 52 }, { days: 53 }]
  expect(gone(made, { ageSeconds: 86_400 }, ['d52'])).toEqual(['d53'])
})

test('what another machine made stays: its own rules say when it goes', () => {
  const made: Made[] = [
    { days: 0 },
    { days: 50 },
    { days: 51, folder: 'shop/production/d51' },
    { days: 52, state: 'taken', folder: 'd52' },
  ]
  expect(gone(made, { ageSeconds: 86_400 })).toEqual(['d50'])
})

test('a record of one that failed is kept for a week', () => {
  expect(gone([{ days: 0 }, { days: 6, state: 'failed' }, { days: 8, state: 'failed' }], {})).toEqual(['d8'])
})

test('who asks to delete one hears why it stays, and until when', () => {
  const all = [{ days: 0 }, { days: 1, hold: 'audit' }, { days: 5 }, { days: 9 }, { days: 9.5, state: 'failed' as const }].map(
    aBackup,
  )
  const why = (i: number, keep: BackupKeep, tied: string[] = []) => keptBecause(all[i]!, all, keep, new Set(tied), NOW)
  expect(why(1, {})).toContain('audit')
  expect(why(2, { ageSeconds: 10 * 86_400 })).toContain(new Date(NOW + 5 * DAY).toISOString())
  expect(why(2, { count: 3 })).toContain('newest 3')
  expect(why(3, {}, ['d9'])).toContain('release')
  expect(why(3, { count: 2 })).toBeUndefined()
  expect(why(4, { ageSeconds: 100 * 86_400 })).toBeUndefined()
  expect(keptBecause(all[0]!, [all[0]!], {}, new Set(), NOW)).toContain('only verified')
})
