import { describe, expect, test } from 'vitest'
import type { Component } from '../model/app.ts'
import type { Observed, ReleaseRecord, ServingComponent } from '../model/plan.ts'
import { lossText, schemaChange, wayBack } from './way-back.ts'

const scope = { app: 'shop', environment: 'local' }

/** A release of `web`; `migrates` gives it a release step that changes the schema. */
function release(
  n: number,
  more: { backup?: string; migrates?: boolean; compatible?: Component['compatible'] } = {},
): ReleaseRecord {
  const step = { name: 'migrate', run: [], isRepeatable: false, migrates: true }
  const component = {
    name: 'web',
    type: 'web',
    releaseSteps: more.migrates === false ? [] : [step],
    ...(more.compatible && { compatible: more.compatible }),
  } as unknown as Component // Only what is looked at.
  const web: ServingComponent = { release: `r${n}`, digest: '', artifact: '', component, stored: {} }
  return {
    release: `r${n}`,
    components: { web },
    routes: [],
    operate: { checks: [], resources: [] },
    ...(more.backup && { backup: more.backup }),
  }
}
const seen = (...releases: ReleaseRecord[]): Observed => ({
  serving: {},
  serves: releases.at(-1)?.release ?? 'r1',
  running: [],
  volumes: [],
  artifacts: [],
  routes: [],
  releases,
  data: {},
  snapshots: [{ resource: 'db', volumes: [] }],
})
const restore = { restore: 'restore-1', backup: 'b2', at: '2026-01-01T00:00:00.000Z', resources: ['db'] }
const loss = { backup: 'b2', at: restore.at, seconds: 720, items: [{ resource: 'db', item: 'public.orders', before: 3, now: 6 }] }

describe('what happened to the schema since', () => {
  test('nothing where no backup was needed: every check said that there was nothing to do', () => {
    expect(schemaChange('r1', seen(release(1), release(2)))).toBeUndefined()
  })
  test('the backup before the first change is the data as the release knew it', () => {
    const observed = seen(release(1), release(2, { backup: 'b2' }), release(3), release(4, { backup: 'b4' }))
    expect(schemaChange('r1', observed)).toEqual({ releases: ['r2', 'r4'], compatible: 'unsaid', backup: 'b2' })
    expect(schemaChange('r3', observed)).toEqual({ releases: ['r4'], compatible: 'unsaid', backup: 'b4' })
    expect(schemaChange('r4', observed)).toBeUndefined()
  })
  test('one that breaks outweighs any that only add; one that nobody spoke of outweighs those', () => {
    const said = (a: Component['compatible'], b: Component['compatible']) =>
      schemaChange(
        'r1',
        seen(
          release(1),
          release(2, { backup: 'b2', ...(a && { compatible: a }) }),
          release(3, { backup: 'b3', ...(b && { compatible: b }) }),
        ),
      )
    expect(said('expand', 'expand')?.compatible).toBe('expand')
    expect(said('expand', undefined)?.compatible).toBe('unsaid')
    expect(said(undefined, 'breaking')?.compatible).toBe('breaking')
  })
  test('where no backup would have been taken, a release that can migrate may have', () => {
    const observed = { ...seen(release(1), release(2)), snapshots: [] }
    expect(schemaChange('r1', observed)).toEqual({ releases: ['r2'], compatible: 'unsaid' })
  })
  test('what a restore undid counts no more', () => {
    const undone = { ...release(2, { backup: 'b2', compatible: 'breaking' }), isDataBack: true }
    const observed = seen(release(1), undone, release(3, { backup: 'b3', compatible: 'expand' }))
    expect(schemaChange('r1', observed)).toEqual({ releases: ['r3'], compatible: 'expand', backup: 'b3' })
  })
  test('a release that was gone back from counts no more', () => {
    const observed = { ...seen(release(1), release(2), release(3, { backup: 'b3' })), serves: 'r2' }
    expect(schemaChange('r1', observed)).toBeUndefined()
  })
})

describe('the way back', () => {
  const broken = seen(release(1), release(2, { backup: 'b2', compatible: 'breaking' }))
  const unsaid = seen(release(1), release(2, { backup: 'b2' }))
  const back = { ...scope, type: 'rollback' as const, to: 'r1' }

  test('is not gone before a person has chosen, and both ways are told with their price', () => {
    const { findings } = wayBack({ ...back, loss }, broken)
    expect(findings).toMatchObject([{ level: 'error', code: 'E_SCHEMA_BREAKING' }])
    expect(findings[0]?.hint).toContain('landfall rollback r1 --code ')
    expect(findings[0]?.hint).toContain('12 minutes of writes')
    expect(findings[0]?.hint).toContain('db public.orders (3 rows more)')
    expect(wayBack(back, unsaid).findings[0]?.code).toBe('E_SCHEMA_UNSAID')
  })
  test('is clear where the schema only grew', () => {
    const { findings, warnings } = wayBack(back, seen(release(1), release(2, { backup: 'b2', compatible: 'expand' })))
    expect(findings).toEqual([])
    expect(warnings).toMatchObject([{ type: 'note', code: 'W_SCHEMA_STAYS' }])
  })
  test('with the code alone it says what that risks', () => {
    const { findings, warnings } = wayBack({ ...back, data: 'keep' }, broken)
    expect(findings).toEqual([])
    expect(warnings).toMatchObject([{ type: 'destructive', code: 'W_SCHEMA_STAYS' }])
  })
  test('with the data it says what is set aside; how much is no part of the plan, since it grows', () => {
    const { findings, warnings } = wayBack({ ...back, data: 'restore', restore, loss }, broken)
    expect(findings).toMatchObject([{ level: 'warning', code: 'W_DATA_BACK' }])
    expect(warnings).toMatchObject([{ type: 'destructive', code: 'W_RESTORE' }])
    expect(warnings[0]?.message).not.toContain('minutes')
  })
  test('without a backup the data cannot go back, and with the same schema it need not', () => {
    expect(wayBack({ ...back, data: 'restore' }, broken).findings).toMatchObject([{ code: 'E_UNKNOWN_BACKUP' }])
    expect(wayBack({ ...back, data: 'restore' }, seen(release(1), release(2))).findings).toMatchObject([{ code: 'E_NOT_NEEDED' }])
  })
  test('a long list of differences is cut, and says so', () => {
    const items = Array.from({ length: 8 }, (_, i) => ({ resource: 'db', item: `t${i}`, before: 1, now: 0 }))
    expect(lossText({ ...loss, items })).toContain('t0 (1 row fewer)')
    expect(lossText({ ...loss, items })).toContain('and 3 more')
    expect(lossText({ ...loss, items: [] })).toContain('nothing differs now')
  })
  test('live data that nobody could look at is not called unchanged', () => {
    const text = lossText({ ...loss, items: [], unseen: 'no answer within 5 s' })
    expect(text).toContain('could not be counted: no answer within 5 s')
    expect(text).not.toContain('nothing differs')
  })
})
