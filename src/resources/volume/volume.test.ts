import { expect, test } from 'vitest'
import { readRights } from '../../lib/read-rights.ts'
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

test('owner, mode and size are read, and what YAML makes of 0o770 is refused', () => {
  for (const options of [
    { owner: 1000 },
    { owner: '1000:1001' },
    { mode: '0770' },
    { mode: 770 },
    { mode: '2770' },
    { size: '10Gi' },
  ])
    expect(codes(options), JSON.stringify(options)).toEqual([])
  for (const owner of ['node', -1, '1000:', '1:2:3', {}]) expect(codes({ owner })).toEqual([['E_TYPE', 'owner']])
  for (const mode of [0o770, '0', 'rwx', '0170', '4770', 7]) expect(codes({ mode })).toEqual([['E_TYPE', 'mode']])
  for (const size of [10, '10', '10 GB', 'big']) expect(codes({ size })).toEqual([['E_RANGE', 'size']])
  expect(readRights({ owner: '1000:1001', mode: '0750' })).toEqual({ uid: 1000, gid: 1001, mode: 0o750 })
  expect(readRights({ writers: 'many' })).toBeUndefined()
})

test('an unknown option is named with the one that was meant', () => {
  expect(codes({ writer: 'many' })).toEqual([['E_UNKNOWN_KEY', 'writer']])
  expect(volume.check(aVolume({ writer: 'many' }))[0]?.hint).toBe('did you mean `writers`?')
})

test('its data has a type, so that a renamed volume is noticed', () => {
  expect(volume.data?.(aVolume())).toEqual({ type: 'volume', version: '1' })
})
