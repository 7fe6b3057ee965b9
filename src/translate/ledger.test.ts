import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Entry } from '../model/target.ts'
import { countLeaves, Ledger, tally, unmarkedFindings } from './ledger.ts'

const open = (data: unknown) => new Ledger({ data, at: (path) => `f:1:1 ${path.join('.')}` })
const shop = {
  services: { web: { image: 'web:1', ports: ['80:80', '443:443'], labels: {} }, db: { image: 'postgres' } },
  version: 3,
}

test('what nobody marked is lost, as one part where all of it is', () => {
  const ledger = open(shop)
  ledger.root().get('services', 'web', 'image').kept('components.web.source')
  const verdicts = ledger.verdicts()
  expect(verdicts.map((v) => [v.type, v.path, v.leaves])).toEqual([
    ['kept', 'services.web.image', 1],
    ['lost', 'services.web.ports', 2],
    ['lost', 'services.web.labels', 1],
    ['lost', 'services.db', 1],
    ['lost', 'version', 1],
  ])
  expect(unmarkedFindings(verdicts).map((f) => f.code)).toEqual(Array(4).fill('W_NOT_CARRIED'))
  expect(tally(verdicts)).toEqual({ kept: 1, changed: 0, lost: 5, share: 1 / 6 })
})

test('a mark speaks for what lies below it and has none of its own; the worse of two counts', () => {
  const ledger = open(shop)
  const web = ledger.root().get('services', 'web')
  ledger.root().get('services').kept()
  web.get('ports', 1).lost('the edge has the one port', 'leave it out')
  web.get('image').lost('no')
  web.get('image').kept('yes')
  expect(ledger.verdicts().map((v) => [v.type, v.path, v.leaves])).toEqual([
    ['kept', 'services', 3],
    ['lost', 'services.web.image', 1],
    ['lost', 'services.web.ports[1]', 1],
    ['lost', 'version', 1],
  ])
})

test('an entry that is not there takes no mark, and one may go on asking it', () => {
  const ledger = open({ a: 1 })
  const nothing = ledger.root().get('b', 'c', 0)
  nothing.kept()
  expect([nothing.isThere, nothing.text(), nothing.entries(), nothing.items()]).toEqual([false, undefined, [], []])
  expect(ledger.verdicts()).toHaveLength(1)
})

test('whatever is marked, the verdicts speak for each leaf once', () => {
  const marks = fc.array(
    fc.record({ path: fc.array(fc.nat(3), { maxLength: 4 }), kind: fc.constantFrom('kept', 'changed', 'lost') }),
    { maxLength: 12 },
  )
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 4 }), { minKeys: 1 }), marks, (data, all) => {
      const ledger = open(data)
      for (const { path, kind } of all) {
        let entry: Entry = ledger.root()
        for (const step of path) entry = [...entry.entries(), ...(Array.isArray(entry.value) ? entry.items() : [])][step] ?? entry
        if (kind === 'kept') entry.kept()
        else if (kind === 'changed') entry.changed('so')
        else entry.lost('why')
      }
      const { kept, changed, lost } = tally(ledger.verdicts())
      expect(kept + changed + lost).toBe(countLeaves(data))
    }),
  )
})
