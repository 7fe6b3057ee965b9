import { afterEach, beforeEach, expect, test } from 'vitest'
import { aWeb, EngineBench, errorOf, processesOf, texts } from '../../../test/process-engine.ts'
import type { ReleaseStep, SqlSource, Verify } from '../../model/app.ts'

let bench: EngineBench
/** What the database answers, by statement; an error is thrown. */
const answers: Record<string, string | undefined | Error> = {}

beforeEach(() => {
  const query = async (_values: unknown, statement: string) => {
    const answer = answers[statement]
    if (answer instanceof Error) throw answer
    return answer
  }
  bench = new EngineBench({
    servers: { postgres: { resolve: (v) => v, install: async () => {}, login: async () => {}, query } },
  })
  bench.artifact('app', { 'migrations/1.sql': '', 'migrations/2.sql': '', 'migrations/note.txt': '' })
})
afterEach(() => bench.close())

const web = aWeb('web')
const db: SqlSource = { resource: 'db', type: 'postgres', values: {} }
let number = 0
/** The message of the refusal, or `well`. */
async function verified(verify: Partial<Verify>, over: Partial<ReleaseStep> = {}): Promise<string> {
  const step: ReleaseStep = {
    name: `step-${++number}`,
    run: texts('true'),
    isRepeatable: false,
    verify: { files: [], ...verify },
    ...over,
  }
  try {
    await bench.once(web, 'r1', step)
    return 'well'
  } catch (error) {
    return (await errorOf(Promise.reject(error))).message.replace(/^step-\d+ ended with 0, but /, '')
  }
}

test('a command must exit 0', async () => {
  expect(await verified({ run: texts('sh', '-c', 'test -d migrations') })).toBe('well')
  expect(await verified({ run: texts('sh', '-c', 'echo why; exit 4') })).toBe('its verification ended with 4')
})

test('a statement must be answered as expected', async () => {
  Object.assign(answers, { 'select 1': '1', 'select none': undefined, 'select wrong': new Error('no such table') })
  expect(await verified({ sql: [{ ...db, query: 'select 1', expect: '1' }] })).toBe('well')
  expect(await verified({ sql: [{ ...db, query: 'select 1', expect: '2' }] })).toBe('db answered 1, expected 2')
  expect(await verified({ sql: [{ ...db, query: 'select none', expect: '2' }] })).toBe('db answered nothing, expected 2')
  expect(await verified({ sql: [{ ...db, query: 'select wrong', expect: '2' }] })).toBe('db could not be asked: no such table')
})

test('as many migrations must be applied as there are, by files or by a count', async () => {
  Object.assign(answers, { two: '2', one: '1', three: '3', words: 'many' })
  const files = { type: 'files', globs: ['migrations/*.sql'] } as const
  const claim = (
    applied: string,
    present: { type: 'files'; globs: string[] } | { type: 'command'; run: ReturnType<typeof texts> },
  ) => verified({ migrations: { ...db, applied, present } })
  expect(await claim('two', { ...files, globs: [...files.globs] })).toBe('well')
  expect(await claim('one', { ...files, globs: [...files.globs] })).toBe('1 of 2 migrations are applied: 1 left out')
  expect(await claim('three', { ...files, globs: [...files.globs] })).toContain('the database is ahead of this code')
  expect(await claim('words', { ...files, globs: [...files.globs] })).toContain('gave no number')
  expect(await claim('two', { type: 'command', run: texts('sh', '-c', 'echo counting; echo 2') })).toBe('well')
  expect(await claim('two', { type: 'command', run: texts('sh', '-c', 'echo two') })).toContain('no number')
})

test('what a check found unnecessary is verified all the same', async () => {
  Object.assign(answers, { one: '1' })
  const migrations = { ...db, applied: 'one', present: { type: 'files' as const, globs: ['migrations/*.sql'] } }
  expect(await verified({ migrations }, { check: texts('true'), run: texts('false') })).toContain('1 left out')
})

test('a command that takes longer than it may is ended with all that it started', async () => {
  const step: ReleaseStep = {
    name: 'slow',
    run: texts('sh', '-c', 'echo begins; sleep 600 & wait'),
    isRepeatable: false,
    timeoutSeconds: 1,
  }
  const error = await errorOf(bench.once(web, 'r1', step))
  expect(error).toMatchObject({
    code: 'E_TIMEOUT',
    message: 'slow of web r1 was ended: it took longer than 1 s',
    detail: 'begins',
  })
  expect(processesOf(bench.home)).toEqual([])
})

test('a migration is told not to wait for locks, before what the component itself tells the database', async () => {
  const locks = { ...db, timeoutSeconds: 5, tries: 1 }
  const step: ReleaseStep = { name: 'migrate', run: texts('sh', '-c', 'echo "[$PGOPTIONS]"'), isRepeatable: false, locks }
  await bench.once(aWeb('web', { PGOPTIONS: '-c search_path=app' }), 'r1', step)
  await bench.once(web, 'r1', { ...step, name: 'other', locks: { ...locks, timeoutSeconds: 0 } })
  expect(bench.said).toEqual(['[-c lock_timeout=5s -c search_path=app]', '[]'])
})

test('runs of a family follow each other in one log, and only the newest is kept in mind', async () => {
  for (const n of [1, 2, 3]) {
    const command = { name: 'cron', run: texts('sh', '-c', `echo line ${n}`), isRepeatable: false }
    const step = { type: 'run-once', component: web, release: 'r1', artifact: 'app', name: `cron@${n}`, command } as const
    await bench.engine.steps['run-once'](step, bench.context({ run: `run-${n}` }))
  }
  expect((await bench.logs()).map((l) => `${l.component} ${l.step}: ${l.text}`)).toEqual(
    [1, 2, 3].map((n) => `web cron: line ${n}`),
  )
  const state = (n: number) => bench.engine.once({ app: 'shop', environment: 'local' }, 'r1', 'web', `cron@${n}`)
  expect(await Promise.all([1, 2, 3].map(state))).toEqual(['never-started', 'never-started', 'ended-0'])
})
