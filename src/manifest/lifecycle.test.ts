import { describe, expect, test } from 'vitest'
import { codes, loadText } from './load-text.ts'

const withWeb = (lines: string[], top: string[] = []) =>
  loadText(['app: shop', 'components:', '  web:', '    type: web', ...lines.map((l) => `    ${l}`), ...top].join('\n'))
const webOf = (lines: string[], top: string[] = []) => {
  const { app, findings } = withWeb(lines, top)
  expect(findings).toEqual([])
  return app!.components[0]!
}
const cron = (...lines: string[]) =>
  loadText(['app: shop', 'components:', '  report:', '    type: cron', ...lines.map((l) => `    ${l}`)].join('\n'))
const DB = ['resources:', '  db: { type: postgres }']

describe('steps around a release', () => {
  test('each list has its own names; a text is one step', () => {
    const web = webOf([
      'predeploy: node a.js',
      'bootstrap: [node b.js, { name: admin, run: node c.js }]',
      'postdeploy: [[node, d.js]]',
    ])
    expect(web.predeploy?.map((s) => s.name)).toEqual(['predeploy-1'])
    expect(web.bootstrap?.map((s) => s.name)).toEqual(['bootstrap-1', 'admin'])
    expect(web.postdeploy?.map((s) => s.run.map((v) => v.type === 'text' && v.text))).toEqual([['node', 'd.js']])
    expect(webOf([])).not.toHaveProperty('bootstrap')
  })

  test('what a step says of itself', () => {
    const said = '{ run: node m.js, migrates: true, endsSessions: true, timeout: 5m, lockTimeout: 30s, repeatable: true }'
    expect(webOf(['release:', `  - ${said}`], DB).releaseSteps[0]).toMatchObject({
      migrates: true,
      endsSessions: true,
      timeoutSeconds: 300,
      lockTimeoutSeconds: 30,
      isRepeatable: true,
    })
    expect(webOf(['compatible: breaking']).compatible).toBe('breaking')
    expect(codes(withWeb(['compatible: perhaps']))).toEqual(['E_TYPE 5:17'])
  })

  test('claims about a database are about the only one, or about one that is named', () => {
    const step = webOf(
      [
        'release:',
        '  - { run: node m.js, verify: { run: node v.js, sql: { resource: db, query: select 1, expect: 1 }, migrations: { table: drizzle.__m, present: "m/*.sql" } } }',
      ],
      DB,
    ).releaseSteps[0]
    const source = { resource: 'db', type: 'postgres', values: { url: { type: 'output', resource: 'db', field: 'url' } } }
    expect(step?.verify).toMatchObject({
      files: [],
      sql: [{ ...source, query: 'select 1', expect: '1' }],
      migrations: { ...source, applied: 'select count(*) from "drizzle"."__m"', present: { type: 'files', globs: ['m/*.sql'] } },
    })
    const wrong = (verify: string, top = DB) =>
      codes(withWeb(['release:', `  - { run: node m.js, verify: { ${verify} } }`], top)).map((c) => c.split(' ')[0])
    expect(wrong('sql: { resource: other, query: select 1, expect: 1 }')).toEqual(['E_UNKNOWN_REF'])
    expect(wrong('sql: { resource: cache, query: select 1, expect: 1 }', ['resources:', '  cache: { type: redis }'])).toEqual([
      'E_UNKNOWN_REF',
    ])
    expect(wrong('migrations: { table: m, present: "*.sql" }', [])).toEqual(['E_MISSING'])
    expect(wrong('migrations: { present: "*.sql" }')).toEqual(['E_MISSING'])
    expect(wrong('migrations: { table: m, applied: select 1, present: "*.sql" }')).toEqual(['E_CONFLICT'])
    expect(wrong('migrations: { table: "m; drop table x", present: "*.sql" }')).toEqual(['E_NAME'])
    expect(wrong('migrations: { table: m, present: ../*.sql }')).toEqual(['E_PATH'])
  })
})

describe('schedules', () => {
  test('five fields in UTC, or a mapping', () => {
    expect(cron('run: node r.js', 'schedule: "0 3 * * *"').app?.components[0]).toMatchObject({
      type: 'cron',
      schedule: { expression: '0 3 * * *', timeZone: 'UTC', overlap: 'skip', timeoutSeconds: 3600 },
    })
    const said = 'schedule: { cron: " 30  3 * * 1-5", timeZone: Europe/Berlin, overlap: replace, timeout: 2h }'
    expect(cron('run: node r.js', said).app?.components[0]?.schedule).toEqual({
      expression: '30 3 * * 1-5',
      timeZone: 'Europe/Berlin',
      overlap: 'replace',
      timeoutSeconds: 7200,
    })
    expect(cron('run: node r.js', 'schedule: "@daily"').findings).toEqual([])
  })

  test.each([
    '99 * * * *',
    '0 0 * * * *',
    '@every -1s',
    '@reboot',
    '* * * *',
    '*/0 * * * *',
    '0 0 31 2 *',
    '; rm -rf /',
    '$(id) * * * *',
    '* * * * *\\n* * * * * rm',
    '',
  ])('%j is no cron expression', (text) => {
    const { findings } = cron('run: node r.js', `schedule: "${text}"`)
    expect(findings).toHaveLength(1)
    expect(findings[0]).toMatchObject({ level: 'error', code: 'E_CRON' })
    expect(findings[0]?.at).toMatch(/^landfall.yaml:6:\d+$/)
  })

  test('a time zone that nobody has, no schedule, one at the wrong component, a shell', () => {
    const first = (...lines: string[]) => cron(...lines).findings[0]
    expect(first('schedule: { cron: "0 3 * * *", timeZone: Mars/Olympus }')).toMatchObject({ code: 'E_TIME_ZONE' })
    expect(first('run: node r.js')).toMatchObject({ code: 'E_CRON' })
    expect(first('run: node r.js > /tmp/x', 'schedule: "0 3 * * *"')).toMatchObject({ code: 'E_COMMAND' })
    expect(first('health: /x', 'schedule: "0 3 * * *"')).toMatchObject({ code: 'E_NOT_HERE' })
    expect(first('scale: { instances: 2 }', 'schedule: "0 3 * * *"')).toMatchObject({ code: 'E_RANGE' })
    expect(withWeb(['schedule: "0 3 * * *"']).findings[0]).toMatchObject({ code: 'E_NOT_HERE' })
  })
})
