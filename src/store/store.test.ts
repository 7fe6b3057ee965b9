import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, expect, test } from 'vitest'
import { openAll } from './store.ts'

const shop = { app: 'shop', environment: 'local' }
const secret = { isSecret: true, source: 'set' as const }
const homes: string[] = []
function newHome(): string {
  const home = mkdtempSync(join(tmpdir(), 'landfall-store-'))
  homes.push(home)
  return home
}
afterAll(() => {
  for (const home of homes) rmSync(home, { recursive: true, force: true })
})

test('a stored value comes back byte for byte, and only a new value makes a new version', () => {
  const store = openAll(newHome())
  const odd = '$HOME "quoted" \'single\' back\\slash\nnewline\tтест 🗝'
  expect(store.stored.set(shop, 'KEY', odd, secret, 1)).toBe(1)
  expect(store.stored.set(shop, 'KEY', odd, secret, 2)).toBe(1)
  expect(store.stored.nextVersion(shop, 'KEY')).toBe(2)
  expect(store.stored.set(shop, 'KEY', 'other', secret, 3)).toBe(2)
  expect(store.stored.get(shop, 'KEY', 1)).toBe(odd)
  expect(store.stored.get(shop, 'KEY')).toBe('other')
  store.stored.unset(shop, 'KEY', 4)
  expect(store.stored.get(shop, 'KEY')).toBeUndefined()
  expect(store.stored.list(shop)).toEqual([])
  expect(store.stored.get(shop, 'KEY', 1)).toBe(odd)
})

test('no stored value stands in any file of the home', () => {
  const home = newHome()
  const store = openAll(home)
  store.stored.set(shop, 'KEY', 'canary-5d41402abc4b2a76', secret, 1)
  store.close()
  openAll(home).close()
  for (const file of readdirSync(home))
    expect(readFileSync(join(home, file)).includes('canary-5d41402abc4b2a76'), file).toBe(false)
  expect(statSync(join(home, 'secrets.key')).mode & 0o777).toBe(0o600)
})

test('while the key is missing, open to others or wrong, nothing is read or written, and the store says why', () => {
  const home = newHome()
  const store = openAll(home)
  store.stored.set(shop, 'KEY', 'value', secret, 1)
  const id = store.keys.id()
  store.close()
  const key = join(home, 'secrets.key')
  const right = readFileSync(key)
  const refused = (expected: { code: string; hint?: unknown; message?: unknown }) => {
    const again = openAll(home)
    expect(() => again.stored.get(shop, 'KEY')).toThrow(expect.objectContaining(expected))
    expect(() => again.stored.set(shop, 'OTHER', 'x', secret, 2)).toThrow(expect.objectContaining(expected))
    expect(() => again.keys.refuseWithout()).toThrow(expect.objectContaining(expected))
    expect(again.keys.problem()?.message).toContain('secrets.key')
    expect(again.stored.list(shop).map((e) => e.name)).toEqual(['KEY'])
    return again
  }
  chmodSync(key, 0o644)
  refused({ code: 'E_SECRETS_KEY', hint: expect.stringContaining('chmod 600') }).close()
  writeFileSync(key, `${'0'.repeat(64)}\n`)
  chmodSync(key, 0o600)
  refused({ code: 'E_SECRETS_KEY', message: expect.stringContaining(`were sealed with ${id}`) }).close()
  writeFileSync(key, 'not a key\n')
  refused({ code: 'E_SECRETS_KEY', message: expect.stringContaining('does not hold a 32 byte key') }).close()
  rmSync(key)
  const without = refused({ code: 'E_SECRETS_KEY', message: expect.stringContaining('missing') })
  expect(existsSync(key)).toBe(false)
  // Nothing has to be started anew once it is back.
  writeFileSync(key, right, { mode: 0o600 })
  expect(without.stored.get(shop, 'KEY')).toBe('value')
  expect(without.keys.problem()).toBeUndefined()
  without.close()
})

test('a value moved to another row cannot be read there', () => {
  const home = newHome()
  const store = openAll(home)
  store.stored.set(shop, 'A', 'one', secret, 1)
  store.stored.set(shop, 'B', 'two', secret, 1)
  store.close()
  const db = new DatabaseSync(join(home, 'state.db'))
  db.exec(`update stored set sealed = (select sealed from stored where name = 'A') where name = 'B'`)
  db.close()
  expect(() => openAll(home).stored.get(shop, 'B')).toThrow(expect.objectContaining({ code: 'E_DECRYPT' }))
})

test.each([
  ['cut in half', (path: string) => truncateSync(path, Math.floor(statSync(path).size / 2))],
  ['overwritten', (path: string) => writeFileSync(path, 'no database at all, but long enough to be looked at'.repeat(100))],
])('a state file that was %s is put aside, and the copy of the last start stands in with an alert', (_what, damage) => {
  const home = newHome()
  openAll(home).close()
  const store = openAll(home)
  store.stored.set(shop, 'KEY', 'value', secret, 1)
  store.close()
  openAll(home).close()
  const path = join(home, 'state.db')
  for (const suffix of ['-wal', '-shm']) rmSync(path + suffix, { force: true })
  damage(path)
  const again = openAll(home)
  expect(again.alerts.join()).toMatch(/damaged and is kept as .*state\.db\.damaged-/)
  expect(again.stored.get(shop, 'KEY')).toBe('value')
  expect(readdirSync(home).some((f) => f.startsWith('state.db.damaged-'))).toBe(true)
  expect(existsSync(path)).toBe(true)
})

test('a store of a newer version is refused and left alone', () => {
  const home = newHome()
  openAll(home).close()
  const db = new DatabaseSync(join(home, 'state.db'))
  db.exec('pragma user_version = 999')
  db.close()
  expect(() => openAll(home)).toThrow(expect.objectContaining({ code: 'E_VERSION' }))
})
