import assert from 'node:assert/strict'
import { test } from 'node:test'
import { renderApp } from '../../shared/test/smoke.ts'
import { byDay, dayOf, lastDays } from '../src/days.ts'

test('the planner draws its first page', async () => {
  assert.match(await renderApp(import.meta.url), /aria-current="page">Planner</)
})

test('events stand under their day, what takes the whole day first', () => {
  const at = (title: string, startsAt: string) => ({ key: title, title, startsAt, endsAt: null })
  const later = at('later', new Date(2026, 3, 2, 18).toISOString())
  const early = at('early', new Date(2026, 3, 2, 7).toISOString())
  const days = byDay([later, at('next', new Date(2026, 3, 3, 1).toISOString()), early, at('all day', '2026-04-02')])
  assert.deepEqual(
    days.map(({ day, entries }) => [day, entries.map(({ title }) => title)]),
    [
      ['2026-04-02', ['all day', 'early', 'later']],
      ['2026-04-03', ['next']],
    ],
  )
  assert.equal(dayOf('2026-04-02'), '2026-04-02')
})

test('the heatmap has every day up to today', () => {
  const days = lastDays([{ day: '2026-03-31', count: 4 }], new Date('2026-04-01T12:00:00Z'), 2)
  assert.equal(days.length, 14)
  assert.deepEqual(days.slice(-2), [
    { day: '2026-03-31', count: 4 },
    { day: '2026-04-01', count: 0 },
  ])
})
