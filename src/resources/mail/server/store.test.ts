import { appendFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { indexFile, messageFile, messagesFolder, readLine } from '../mailbox-format.ts'
import { MailStore } from './store.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mail-store-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const BOUNDS = { messages: 20, bytes: 10_000, messageBytes: 5000, recipients: 10 }
const open = () => new MailStore(folder, BOUNDS)
function add(store: MailStore, text: string) {
  const file = store.incoming()
  writeFileSync(file, text)
  return store.add(file, { at: '2026-01-01T00:00:00Z', from: 'a@b.c', to: ['x@y.z'], user: 'web', sizeBytes: text.length })
}
const files = () => readdirSync(messagesFolder(folder)).sort()
const ids = () =>
  readFileSync(indexFile(folder), 'utf8')
    .split('\n')
    .flatMap((line) => readLine(line)?.id ?? [])

test('messages are counted on over a restart', () => {
  expect([add(open(), 'one').id, add(open(), 'two').id]).toEqual([1, 2])
  expect(readFileSync(messageFile(folder, 2), 'utf8')).toBe('two')
  expect([files(), ids()]).toEqual([
    ['1.eml', '2.eml'],
    [1, 2],
  ])
})

test('the oldest go when there are too many, and their numbers do not come again', () => {
  const store = open()
  for (let i = 1; i <= 100; i++) add(store, `message ${i}`)
  expect(ids().length).toBeLessThanOrEqual(20)
  expect(ids().at(-1)).toBe(100)
  expect(files()).toEqual(
    ids()
      .map((id) => `${id}.eml`)
      .sort(),
  )
  expect(add(open(), 'next').id).toBe(101)
})

test('the oldest go when they take too much space', () => {
  const store = open()
  for (let i = 1; i <= 10; i++) add(store, 'x'.repeat(3000))
  const bytes = ids().length * 3000
  expect(bytes).toBeLessThanOrEqual(10_000)
  expect(ids()).toContain(10)
  expect(files()).toHaveLength(ids().length)
})

test('what a crash left half done is nothing: a torn line, a line without its message, a message on its way', () => {
  add(open(), 'one')
  const line = readFileSync(indexFile(folder), 'utf8').replace('"id":1', '"id":7')
  appendFileSync(indexFile(folder), `${line}{"id":8,"at":"20`)
  writeFileSync(join(messagesFolder(folder), '.abc.tmp'), 'half')
  writeFileSync(messageFile(folder, 9), 'without a line')
  const store = open()
  expect([files(), ids()]).toEqual([['1.eml'], [1]])
  // Number 7 may have been told to somebody.
  expect(add(store, 'next').id).toBe(8)
  expect(ids()).toEqual([1, 8])
})

test('a message whose line cannot be written leaves nothing behind', () => {
  const store = open()
  add(store, 'one')
  rmSync(indexFile(folder))
  mkdirSync(indexFile(folder))
  expect(() => add(store, 'two')).toThrow()
  expect(existsSync(messageFile(folder, 2))).toBe(false)
})

test('lines that are no lines are told apart', () => {
  const good = { id: 1, at: 'x', from: '', to: ['a'], user: 'u', sizeBytes: 0 }
  expect(readLine(JSON.stringify({ ...good, more: 1 }))).toEqual(good)
  for (const bad of [{ id: 0 }, { id: '1' }, { id: 1.5 }, { to: 'a' }, { to: [1] }, { sizeBytes: -1 }, { at: null }]) {
    expect(readLine(JSON.stringify({ ...good, ...bad })), JSON.stringify(bad)).toBeUndefined()
  }
  for (const text of ['', 'null', '[]', '{', '7']) expect(readLine(text), text).toBeUndefined()
})
