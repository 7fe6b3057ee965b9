import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Catalog } from './catalog.ts'
import { listKeys, successor } from './list.ts'

let folder: string
let catalog: Catalog
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'catalog-'))
  catalog = new Catalog(join(folder, 'catalog.db'))
})
afterEach(() => {
  catalog.close()
  rmSync(folder, { recursive: true })
})
const put = (key: string) => catalog.put({ key, size: 0, etag: '', modified: 0, headers: {}, pieces: [] })
const byBytes = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b))

/** What the manual says, without any cleverness. */
function naive(keys: string[], prefix: string, delimiter: string): string[] {
  const shown = keys
    .filter((key) => key.startsWith(prefix))
    .map((key) => {
      const cut = delimiter ? key.indexOf(delimiter, prefix.length) : -1
      return cut < 0 ? key : `${key.slice(0, cut + delimiter.length)}…`
    })
  return [...new Set(shown)].sort(byBytes)
}

const alphabet = fc.constantFrom('a', 'b', '/', 'ü', '\ud7ff', '\ue000', '\u{1f40b}', '\u{10ffff}', ' ')
const key = fc.string({ unit: alphabet, minLength: 1, maxLength: 5 })

test('pages of any size together are the whole list, for any keys, prefix and delimiter', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(key, { maxLength: 25 }),
      fc.string({ unit: alphabet, maxLength: 2 }),
      fc.constantFrom('', '/', 'a', '\u{10ffff}', 'ab'),
      fc.integer({ min: 1, max: 7 }),
      (keys, prefix, delimiter, limit) => {
        for (const each of keys) put(each)
        const found: string[] = []
        let after = ''
        for (let page = 0; page < 100; page++) {
          const { objects, prefixes, next } = listKeys({ catalog }, { prefix, delimiter, after, limit })
          expect(objects.length + prefixes.length).toBeLessThanOrEqual(limit)
          found.push(...[...objects.map((o) => o.key), ...prefixes.map((p) => `${p}…`)].sort(byBytes))
          if (next === undefined) break
          after = next
        }
        expect(found).toEqual(naive(keys, prefix, delimiter))
        catalog.remove(keys)
      },
    ),
    { numRuns: 300 },
  )
})

test('what lies behind a prefix is behind all that begin with it', () => {
  fc.assert(
    fc.property(key, key, (prefix, rest) => {
      const beyond = successor(prefix)
      if (beyond === undefined) return
      expect(byBytes(prefix + rest, beyond)).toBeLessThan(0)
      expect(byBytes(prefix, beyond)).toBeLessThan(0)
    }),
  )
  expect([successor(''), successor('\u{10ffff}'), successor('a\u{10ffff}')]).toEqual([undefined, undefined, 'b'])
})
