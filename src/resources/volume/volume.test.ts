import { expect, test } from 'vitest'
import volume from './index.ts'

const aVolume = (options: Record<string, unknown> = {}) => ({ name: 'uploads', type: 'volume', options })
const codes = (options: Record<string, unknown>) => volume.check(aVolume(options)).map((f) => [f.code, f.at])

test('a volume becomes a folder that apps write to, and no component', () => {
  expect(volume.expand(aVolume())).toEqual({
    components: [],
    provision: [],
    volumes: [{ name: 'uploads', runsAs: 'app' }],
    secrets: [],
  })
})

test('its one output is the path, and another one is named as wrong', () => {
  expect(volume.output(aVolume(), 'path')).toEqual({ type: 'volume', volume: 'uploads' })
  expect(() => volume.output(aVolume(), 'url')).toThrowError(expect.objectContaining({ code: 'E_OUTPUT' }))
})

test('one writer or many, and nothing else', () => {
  expect([codes({}), codes({ writers: 'one' }), codes({ writers: 'many' }), codes({ startEmpty: true })]).toEqual([
    [],
    [],
    [],
    [],
  ])
  for (const writers of ['two', 1, null, ['one'], { one: true }]) expect(codes({ writers })).toEqual([['E_TYPE', 'writers']])
})

test('an unknown option is named with the one that was meant', () => {
  expect(codes({ writer: 'many' })).toEqual([['E_UNKNOWN_KEY', 'writer']])
  expect(volume.check(aVolume({ writer: 'many' }))[0]?.hint).toBe('did you mean `writers`?')
})

test('its data has a type, so that a renamed volume is noticed', () => {
  expect(volume.data?.(aVolume())).toEqual({ type: 'volume', version: '1' })
})
