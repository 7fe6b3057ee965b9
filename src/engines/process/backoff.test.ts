import { expect, test } from 'vitest'
import { isLooping, nextStart, STABLE_MS } from './backoff.ts'

test('the wait doubles from 0.1 s and never exceeds a minute', () => {
  let crashes: number[] = []
  const waits: number[] = []
  for (let i = 0; i < 13; i++) {
    const next = nextStart(crashes, 0, i * 1000)
    crashes = next.crashes
    waits.push(next.delayMs)
  }
  expect(waits).toEqual([100, 200, 400, 800, 1600, 3200, 6400, 12_800, 25_600, 51_200, 60_000, 60_000, 60_000])
})

test('five ends in ten seconds are a loop, four are not, nor are five in a longer time', () => {
  expect(isLooping([0, 1, 2, 3])).toBe(false)
  expect(isLooping([0, 1000, 2000, 3000, 10_000])).toBe(true)
  expect(isLooping([0, 1000, 2000, 3000, 10_001])).toBe(false)
  expect(nextStart([0, 1, 2, 3], 0, 4).isLooping).toBe(true)
})

test('a loop stays one until the instance was stable', () => {
  const loop = [0, 100, 300, 700, 1500]
  expect(nextStart(loop, 1000, 60_000).isLooping).toBe(true)
  expect(nextStart(loop, STABLE_MS, 60_000)).toEqual({ crashes: [60_000], delayMs: 100, isLooping: false })
})
