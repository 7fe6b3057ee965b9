import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { generateIdentity } from '../lib/age/keys.ts'
import { openAll } from './store.ts'

const shop = { app: 'shop', environment: 'local' }
const VALUES = Object.fromEntries(Array.from({ length: 7 }, (_, i) => [`KEY_${i}`, `value ${i}\n"$'\\`]))
const root = mkdtempSync(join(tmpdir(), 'landfall-keys-'))
const template = join(root, 'template')
let homes = 0

function newHome(): string {
  const home = join(root, `home-${homes++}`)
  cpSync(template, home, { recursive: true })
  return home
}
function valuesOf(home: string): Record<string, string | undefined> {
  const store = openAll(home)
  const found = Object.fromEntries(Object.keys(VALUES).map((name) => [name, store.stored.get(shop, name)]))
  expect(store.stored.get(shop, 'KEY_0', 1)).toBe('old')
  store.close()
  return found
}
const keyOf = (home: string) => readFileSync(join(home, 'secrets.key'), 'utf8')

beforeAll(() => {
  const store = openAll(template)
  const secret = { isSecret: true, source: 'set' as const }
  store.stored.set(shop, 'KEY_0', 'old', secret, 1)
  for (const [name, value] of Object.entries(VALUES)) store.stored.set(shop, name, value, secret, 2)
  store.close()
})
afterAll(() => rmSync(root, { recursive: true, force: true }))

test('a change of keys seals every version anew; the old key opens nothing any more, and the copy goes along', async () => {
  const home = newHome()
  const before = keyOf(home)
  const store = openAll(home)
  const done = await store.keys.rotate()
  expect(done).toMatchObject({ values: 8 })
  expect(done.to).toBe(store.keys.id())
  expect(done.from).not.toBe(done.to)
  store.close()
  expect(valuesOf(home)).toEqual(VALUES)
  expect(keyOf(home)).toMatch(/^[0-9a-f]{64}\n$/)
  expect(keyOf(home)).not.toBe(before)
  expect(statSync(join(home, 'secrets.key')).mode & 0o777).toBe(0o600)
  for (const suffix of ['-wal', '-shm']) rmSync(join(home, `state.db${suffix}`), { force: true })
  truncateSync(join(home, 'state.db'), 5000)
  expect(valuesOf(home)).toEqual(VALUES)
  writeFileSync(join(home, 'secrets.key'), before)
  expect(() => valuesOf(home)).toThrow(expect.objectContaining({ code: 'E_SECRETS_KEY' }))
})

// Every point at which the process may die, in a process of its own that does.
const ROTATE = `import { openAll } from ${JSON.stringify(join(import.meta.dirname, 'store.ts'))}
await openAll(process.argv[1]).keys.rotate()`
test.each([
  'seal:both',
  'seal:value#1',
  'seal:value#5',
  'seal:value#8',
  'seal:before-commit',
  'seal:committed',
  'seal:resealed',
  'seal:done',
])('a death at %s leaves a store that opens, with one key', (point) => {
  const home = newHome()
  const died = spawnSync(process.execPath, ['--input-type=module', '-e', ROTATE, home], {
    env: { ...process.env, LANDFALL_FAIL: point },
    encoding: 'utf8',
  })
  expect(died.signal, died.stderr).toBe('SIGKILL')
  const isNew = ['seal:committed', 'seal:resealed', 'seal:done'].includes(point)
  expect(valuesOf(home)).toEqual(VALUES)
  expect(keyOf(home)).toMatch(/^[0-9a-f]{64}\n$/)
  expect(keyOf(home) === keyOf(template)).toBe(!isNew)
  expect(valuesOf(home)).toEqual(VALUES)
})

test('one value that does not open keeps all of them and the key as they were', async () => {
  const home = newHome()
  const { DatabaseSync } = await import('node:sqlite')
  const db = new DatabaseSync(join(home, 'state.db'))
  db.exec(`update stored set sealed = x'00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff' where name = 'KEY_6'`)
  db.close()
  const store = openAll(home)
  await expect(store.keys.rotate()).rejects.toMatchObject({ code: 'E_DECRYPT', message: expect.stringContaining('KEY_6') })
  expect(keyOf(home)).toBe(keyOf(template))
  expect(store.stored.get(shop, 'KEY_1')).toBe(VALUES.KEY_1)
  store.close()
})

test('the recovery key brings a lost key back, also after the key was changed; the one before it does not', async () => {
  const home = newHome()
  const store = openAll(home)
  expect(store.keys.recovery()).toBeUndefined()
  await expect(store.keys.restore(generateIdentity())).rejects.toMatchObject({ code: 'E_DECRYPT' })
  const first = await store.keys.makeRecovery(1)
  const second = await store.keys.makeRecovery(2)
  expect(second).toMatch(/^AGE-SECRET-KEY-1/)
  expect(store.keys.recovery()).toMatchObject({ recipient: expect.stringMatching(/^age1/), madeAt: 2 })
  await store.keys.rotate()
  const key = keyOf(home)
  store.close()
  rmSync(join(home, 'secrets.key'))
  const without = openAll(home)
  await expect(without.keys.restore(first)).rejects.toMatchObject({ code: 'E_DECRYPT' })
  await expect(without.keys.restore('AGE-SECRET-KEY-1NONSENSE')).rejects.toMatchObject({ code: expect.stringMatching(/^E_/) })
  await without.keys.restore(`# kept in the safe\n${second}\n`)
  expect(keyOf(home)).toBe(key)
  expect(without.stored.get(shop, 'KEY_3')).toBe(VALUES.KEY_3)
  without.close()
  for (const file of ['state.db', 'state.db.prev']) expect(readFileSync(join(home, file)).includes(second), file).toBe(false)
})

test('a death in the middle of many values leaves none of them', () => {
  const home = newHome()
  const program = `import { openAll } from ${JSON.stringify(join(import.meta.dirname, 'store.ts'))}
    const values = ['A', 'B', 'C'].map((name) => ({ name, value: 'x', isSecret: true, source: 'set' }))
    openAll(process.argv[1]).stored.setAll({ app: 'shop', environment: 'local' }, values, 3)`
  const env = { ...process.env, LANDFALL_FAIL: 'stored:value#3' }
  const died = spawnSync(process.execPath, ['--input-type=module', '-e', program, home], { env, encoding: 'utf8' })
  expect(died.signal, died.stderr).toBe('SIGKILL')
  const store = openAll(home)
  expect(store.stored.list(shop).map((e) => e.name)).toEqual(Object.keys(VALUES))
  store.close()
})
