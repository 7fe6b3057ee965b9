import { mkdirSync, mkdtempSync, readdirSync, readlinkSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { errorOf } from '../../../test/process-engine.ts'
import { uidOf } from './uids.ts'

let place: string
let links: string
beforeEach(() => {
  place = mkdtempSync(join(tmpdir(), 'landfall-uids-'))
  links = join(place, 'links')
})
afterEach(() => rmSync(place, { recursive: true }))
const range = { first: 100, last: 103 }
function home(name: string, used: (owner: string) => boolean = () => true) {
  const path = join(place, name)
  mkdirSync(path, { recursive: true })
  const options = { home: path, file: join(path, 'uids.json'), folder: links, range, isUsed: used }
  return { path, uid: (owner: string) => uidOf(owner, options) }
}

test('an owner keeps its uid, other owners and other homes get others', () => {
  const [a, b] = [home('a'), home('b')]
  expect(a.uid('shop/local/app')).toBe(100)
  expect(b.uid('shop/local/app')).toBe(101)
  expect(a.uid('shop/local/server')).toBe(102)
  expect(a.uid('shop/local/app')).toBe(100)
  expect(readlinkSync(join(links, '101'))).toBe(b.path)
})

test('the uids of a home that is gone are free again', () => {
  for (const uid of [100, 101, 102]) {
    mkdirSync(links, { recursive: true })
    symlinkSync(join(place, 'gone'), join(links, String(uid)))
  }
  expect(home('a').uid('x')).toBe(100)
  expect(home('b').uid('x')).toBe(101)
  expect(readdirSync(links).sort()).toEqual(['100', '101', '102'])
})

test('a lost link is made again; one that another home made meanwhile is respected', () => {
  const a = home('a')
  expect(a.uid('x')).toBe(100)
  rmSync(join(links, '100'))
  expect(a.uid('x')).toBe(100)
  rmSync(join(links, '100'))
  expect(home('b').uid('x')).toBe(100)
  expect(a.uid('x')).toBe(101)
})

test('when none is left, an owner that has nothing any more gives its uid back, and otherwise it is said', async () => {
  const left = new Set(['a', 'b', 'c', 'd'])
  const a = home('a', (owner) => left.has(owner))
  for (const owner of left) a.uid(owner)
  const error = await errorOf((async () => a.uid('e'))())
  expect(error).toMatchObject({ code: 'E_UID', message: 'none of the uids 100–103 is free for e' })
  left.delete('b')
  expect(a.uid('e')).toBe(101)
  expect(a.uid('a')).toBe(100)
})
