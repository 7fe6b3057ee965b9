import { mkdirSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { basename, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { buildSync } from 'esbuild'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { PlanAnswer, RunRow } from '../../src/ops/contract.ts'
import { needs } from '../capabilities.ts'
import { writeApp } from './an-app.ts'
import { freePort, isAlive, Machine, repositoryFolder, until } from './helpers.ts'
import { Probe } from './probe.ts'

let machine: Machine
let folder: string
let number = 0

beforeAll(async () => {
  machine = await Machine.make()
  folder = join(machine.folder, 'shop')
})
afterAll(() => machine?.close())

/** What the commands of the app share: statements for its database, and a note in a file of HOME for whoever ran. */
const TOOL = `import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import pg from './pg.cjs'
const [what, ...words] = process.argv.slice(2)
appendFileSync(join(process.env.HOME, 'notes'), what + ' ' + process.env.LANDFALL_RELEASE + '\\n')
if (what === 'sql') {
  const client = new pg.Client({ connectionString: process.env.DATABASE_URL, application_name: 'the-migration' })
  await client.connect()
  for (const statement of words) await client.query(statement)
  await client.end()
}
if (what === 'fail') { console.error(words.join(' ')); process.exit(3) }
if (what === 'hang') setInterval(() => {}, 1000)
console.log('did ' + what)
`

interface Written {
  /** Of the web component, as YAML lines. */
  component?: string[]
  others?: string[]
  text?: string
  /** Of the database, as YAML. */
  db?: string
  migrations?: number
}

/** The small app with a database and commands of its own. Writing it again changes it. */
function write(
  { component = [], others = [], text = `text ${++number}`, db = '{ type: postgres }', migrations = 1 }: Written = {},
  at = folder,
): void {
  const more = ['resources:', `  db: ${db}`, 'env:', '  DATABASE_URL: { from: db.url }']
  writeApp(at, { name: basename(at), text, component, others, more })
  writeFileSync(join(at, 'tool.mjs'), TOOL)
  mkdirSync(join(at, 'migrations'), { recursive: true })
  for (let n = 1; n <= migrations; n++) writeFileSync(join(at, `migrations/${n}.sql`), '-- applied by the test')
  buildSync({
    stdin: { contents: `module.exports = require('pg')`, resolveDir: repositoryFolder },
    bundle: true,
    platform: 'node',
    format: 'cjs',
    external: ['pg-native'],
    outfile: join(at, 'pg.cjs'),
    logLevel: 'error',
  })
}

const sql = (...statements: string[]) => JSON.stringify(['node', 'tool.mjs', 'sql', ...statements])
const MIGRATE = `  - { name: migrate, repeatable: true, run: ${sql(
  'create table if not exists migration (name text primary key)',
  'create table if not exists rule (title text)',
  `insert into migration values ('1') on conflict do nothing`,
)}, verify: { sql: { resource: db, query: "select count(*) from rule", expect: 0 }, migrations: { table: migration, present: "migrations/*.sql" } } }`

/** Lines of the commands' own notes, since the last look. */
const notes = async () => {
  const { stdout } = await machine.must(['exec', 'web', '-C', folder, '--', 'sh', '-c', 'cat "$HOME/notes"; : >"$HOME/notes"'])
  return stdout.split('\n').filter(Boolean)
}
const url = async () => {
  const { stdout } = await machine.must(['exec', 'web', '-C', folder, '--', 'sh', '-c', 'echo "$DATABASE_URL"'])
  return stdout.trim()
}
const planOf = async () => (await machine.json<PlanAnswer>(['plan'], { cwd: folder })).plan
const stages = async () =>
  (await planOf())?.stages.map((s) => `${s.name}: ${s.steps.map((x) => (x.type === 'run-once' ? x.name : x.type)).join(' ')}`)
const lastRun = async () => (await machine.json<RunRow[]>(['runs']))[0]

needs('postgres').describe('around a release', () => {
  test('bootstrap once per environment, seed when asked, steps before and after, all in their order', async () => {
    write({
      component: [
        'release:',
        MIGRATE,
        'predeploy: node tool.mjs before',
        'postdeploy: node tool.mjs after',
        'bootstrap:',
        '  - { name: admin, run: node tool.mjs admin }',
        'seed: node tool.mjs seed',
      ],
    })
    expect((await machine.up(folder)).end?.message).toBe('r1 serves')
    expect(await notes()).toEqual(['sql r1', 'admin r1', 'after r1'])
    const { code } = await machine.run(['up', '--yes'], { cwd: folder })
    expect(code).toBe(0)
    expect(await notes()).toEqual([])

    // With another bootstrap command and a new release: what serves runs `predeploy`, and nobody is bootstrapped twice.
    write({
      component: [
        'release:',
        MIGRATE,
        'predeploy: node tool.mjs before',
        'bootstrap:',
        '  - { name: admin, run: node tool.mjs another-admin }',
        'seed: node tool.mjs seed',
      ],
    })
    expect((await machine.up(folder)).end?.message).toBe('r2 serves')
    expect(await notes()).toEqual(['before r1', 'sql r2'])

    await machine.must(['run', 'seed'], { cwd: folder })
    await machine.must(['run', 'web.seed'], { cwd: folder })
    const refused = await machine.run(['run', 'web.bootstrap'], { cwd: folder })
    expect(refused.code).toBe(2)
    expect(refused.stderr).toContain('E_DONE_ONCE')
    expect(refused.stderr).toContain('landfall run web.bootstrap --again')
    await machine.must(['run', 'web.bootstrap', '--again'], { cwd: folder })
    expect(await notes()).toEqual(['seed r2', 'seed r2', 'another-admin r2'])
    const tasks = (await machine.json<RunRow[]>(['runs'])).filter((r) => r.intent === 'task').map((r) => r.of)
    expect(tasks).toEqual(['web.admin', 'web.seed', 'web.seed'])
  })

  test('a failing postdeploy is told and undoes nothing', async () => {
    write({ component: ['release:', MIGRATE, 'postdeploy: node tool.mjs fail the cache is cold'] })
    const { code, end, events } = await machine.up(folder)
    expect(code).toBe(0)
    expect(end?.state).toBe('done')
    expect(end?.message).toMatch(/^r3 serves; postdeploy-1 of web r3 ended with 3/)
    expect(events.flatMap((e) => (e.type === 'line' ? [e.text] : []))).toContain('the cache is cold')
    expect((await machine.app('shop')).release).toBe('r3')
    expect((await machine.app('shop')).notices.some((n) => n.message.includes('postdeploy-1'))).toBe(true)
  })

  test('what everybody will feel stands in the plan: sessions that end', async () => {
    write({ component: ['release:', MIGRATE, '  - { name: sign-out, run: node tool.mjs wipe, endsSessions: true }'] })
    const plan = await planOf()
    expect(plan?.warnings).toContainEqual(expect.objectContaining({ code: 'W_ENDS_SESSIONS' }))
    const shown = await machine.must(['plan'], { cwd: folder })
    expect(shown.stdout + shown.stderr).toContain('everybody is logged out: sign-out of web')
    expect(await stages()).toContain('release: migrate sign-out')
  })

  test('a migration that reports success and left one out is refused; the old release serves', async () => {
    write({ component: ['release:', MIGRATE], migrations: 2 })
    const probe = new Probe(await machine.url('shop'))
    const { code, end } = await machine.up(folder)
    expect(code).toBe(1)
    expect(end?.error).toMatchObject({ code: 'E_RELEASE_STEP' })
    expect(end?.error?.message).toContain('1 of 2 migrations are applied: 1 left out')
    expect((await probe.stop()).failures).toEqual([])
    expect((await machine.app('shop')).release).toBe('r3')
  })

  test('a migration with a mistake in its SQL leaves the old release serving', async () => {
    write({ component: ['release:', `  - { name: migrate, run: ${sql('alter table nowhere add column x int')} }`] })
    const probe = new Probe(await machine.url('shop'))
    const { code, end } = await machine.up(folder)
    expect(code).toBe(1)
    expect(end?.error?.code).toBe('E_RELEASE_STEP')
    expect(end?.error?.detail).toContain('nowhere')
    expect((await probe.stop()).failures).toEqual([])
  })

  test('a migration that waits for a lock gives up, and names the session that has it; nobody piles up behind it', async () => {
    const holder = new pg.Client({ connectionString: await url(), application_name: 'a-forgotten-session' })
    // Reads as the app would: it may wait as long as the migration does, and no longer.
    const reader = new pg.Client({ connectionString: await url(), statement_timeout: 4000 })
    await Promise.all([holder.connect(), reader.connect()])
    let isOver = false
    const reads = (async () => {
      let count = 0
      for (; !isOver; count++) await reader.query('select count(*) from rule')
      return count
    })()
    try {
      await holder.query('begin; lock table rule in access share mode')
      write({
        component: ['release:', `  - { name: migrate, lockTimeout: 1s, run: ${sql('alter table rule add column body text')} }`],
      })
      const { code, end, events } = await machine.up(folder)
      expect(code).toBe(1)
      expect(end?.error).toMatchObject({ code: 'E_LOCK_TIMEOUT' })
      const pid = (await holder.query<{ pid: number }>('select pg_backend_pid() as pid')).rows[0]?.pid
      expect(end?.error?.message).toContain(`session ${pid} (a-forgotten-session, idle in transaction`)
      const lines = events.flatMap((e) => (e.type === 'line' ? [e.text] : []))
      expect(lines.filter((l) => /try \d of 3/.test(l))).toHaveLength(2)
      isOver = true
      expect(await reads).toBeGreaterThan(0)
    } finally {
      isOver = true
      await Promise.all([holder.end(), reader.end()])
    }
    expect((await machine.up(folder)).end?.state).toBe('done')
  })

  test('a database of somebody else is waited for, told while waiting; wrong credentials are not', async () => {
    const elsewhere = join(machine.folder, 'elsewhere')
    write(
      { component: ['release:', '  - node tool.mjs sql "select 1"'], db: '{ type: postgres, url: { env: SHARED_URL } }' },
      elsewhere,
    )
    const real = new URL(await url())
    const port = await freePort()
    const address = new URL(real)
    address.port = String(port)
    const set = (value: string) => machine.must(['env', 'set', `SHARED_URL=${value}`, '-C', elsewhere])
    await set(address.href)
    const up = machine.start(['up', '--yes'], { cwd: elsewhere })
    let said = ''
    up.child.stderr?.on('data', (text: string) => {
      said += text
    })
    await until('it is told who is waited for', () => /wait +waiting for db, for \d+ s: .*ECONNREFUSED/.test(said) || undefined)
    const proxy = createServer((socket) => {
      const there = connect(Number(real.port), '127.0.0.1')
      socket
        .on('error', () => {})
        .pipe(there.on('error', () => {}))
        .pipe(socket)
    }).listen(port, '127.0.0.1')
    try {
      expect((await up.done).code).toBe(0)
      address.password = 'nonsense'
      await set(address.href)
      const { code, end } = await machine.up(elsewhere)
      expect(code).toBe(1)
      expect(end?.error).toMatchObject({ code: 'E_NEEDS' })
      expect(end?.error?.message).toContain('db refuses these credentials')
      expect(JSON.stringify(end)).not.toContain('nonsense')
      expect((await machine.app('elsewhere')).release).toBe('r1')
    } finally {
      await machine.run(['down', '--yes'], { cwd: elsewhere })
      proxy.close()
    }
  })

  test('a bootstrap that was cut off in the dark waits for a decision, and prints both commands', async () => {
    write({ component: ['bootstrap:', '  - { name: slow, run: node tool.mjs hang }'] })
    const before = (await machine.app('shop')).release
    const up = machine.start(['up', '--yes'], { cwd: folder })
    const command = () => machine.processes().filter((pid) => / hang$/.test(machine.commandOf(pid)))
    await until('the command runs', () => command()[0])
    const pids = command()
    process.kill(machine.daemonPid() ?? 0, 'SIGKILL')
    for (const pid of pids) if (isAlive(pid)) process.kill(pid, 'SIGKILL')
    const answer = await up.done
    const run = await lastRun()
    expect(run?.state).toBe('waiting')
    expect(answer.stderr).toContain(`landfall resume ${run?.run}`)
    expect(answer.stderr).toContain(`landfall cancel ${run?.run}`)
    await machine.must(['cancel', run?.run ?? ''])
    await until('the run ends', async () => ((await lastRun())?.state !== 'waiting' ? true : undefined))
    expect((await machine.app('shop')).release).toBe(before)
    // It never ended, so the environment has not had it.
    expect(await stages()).toContain('release: slow')
  })
})

describe('what runs by a schedule', () => {
  const cron = (schedule: string, run = 'node tool.mjs report') => [
    'report:',
    '  type: cron',
    '  build: { type: command, command: [node, --version], output: . }',
    `  run: ${run}`,
    `  schedule: ${schedule}`,
  ]
  const rows = async () => (await machine.json<RunRow[]>(['runs', '--limit', '100'])).filter((r) => r.intent === 'cron')
  const report = async () => (await machine.app('shop')).components.find((c) => c.name === 'report')
  /** As after hours in which the machine was off: the daemon finds firings that were missed. */
  const missed = async () => {
    await machine.must(['stop'])
    const db = new DatabaseSync(join(machine.home, 'state.db'))
    const { changes } = db.prepare(`update schedule set fired_at = fired_at - 86400000 where job like 'cron:%'`).run()
    db.close()
    expect(Number(changes)).toBeGreaterThan(0)
  }

  test('a firing is a run with a journal and a log; however many were missed, one is made up for', async () => {
    write({ others: cron('"17 * * * *"') })
    await machine.must(['up', '--yes'], { cwd: folder })
    expect(await report()).toMatchObject({ type: 'cron', instances: [], cron: { expression: '17 * * * *', timeZone: 'UTC' } })
    expect(await rows()).toEqual([])
    await missed()
    await machine.ps()
    const [run] = await until('it fired', async () => ((await rows())[0]?.state ? rows() : undefined))
    expect(run).toMatchObject({ intent: 'cron', of: 'report', state: 'done' })
    expect(await rows()).toHaveLength(1)
    const { stdout } = await machine.must(['logs', 'report', '-C', folder])
    expect(stdout).toContain('did report')
    expect((await report())?.cron).toMatchObject({ isRunning: false, last: { run: run?.run, state: 'done' } })
    expect(Date.parse((await report())?.cron?.nextAt ?? '')).toBeGreaterThan(Date.now())
    const shown = await machine.must(['ps'])
    expect(shown.stdout).toContain('(17 * * * *)')
  })

  test('one that still runs is not run twice, goes on over a death of the daemon, and a release goes on beside it', async () => {
    write({ others: cron('{ cron: "17 * * * *", overlap: skip }', 'node tool.mjs hang') })
    await machine.must(['up', '--yes'], { cwd: folder })
    await missed()
    await machine.ps()
    const running = () => machine.processes().filter((pid) => /^node tool.mjs hang$/.test(machine.commandOf(pid)))
    await until('it runs', () => running()[0])
    process.kill(machine.daemonPid() ?? 0, 'SIGKILL')
    const pid = running()[0]
    await machine.ps()
    await missed()
    await machine.ps()
    await until('the firing is left out', async () =>
      (await machine.app('shop')).notices.find((n) => n.message.includes('left out')),
    )
    expect(running()).toEqual([pid])
    write({ others: cron('{ cron: "17 * * * *", overlap: skip }', 'node tool.mjs hang'), text: 'beside it' })
    expect((await machine.up(folder)).end?.state).toBe('done')
    expect(running()).toEqual([pid])
    // What takes the app down ends it.
    await machine.must(['down', '--yes'], { cwd: folder })
    expect(running()).toEqual([])
    await until('its run ends', async () => ((await rows()).every((r) => r.state) ? true : undefined))
  })

  test('the next one takes the place of one that runs, where that is said; a time limit ends it too', async () => {
    const running = () => machine.processes().filter((pid) => /^node tool.mjs hang$/.test(machine.commandOf(pid)))
    const begun = async (others: string[]) => {
      write({ others })
      await machine.must(['up', '--yes'], { cwd: folder })
      await missed()
      await machine.ps()
      return until('it runs', () => running()[0])
    }
    const first = await begun(cron('{ cron: "17 * * * *", overlap: replace }', 'node tool.mjs hang'))
    await missed()
    await machine.ps()
    const second = await until('the next one runs', () => running().find((pid) => pid !== first))
    expect(running()).toEqual([second])
    expect((await rows()).map((r) => r.state).slice(0, 2)).toEqual([undefined, 'cancelled'])
    // Without a replacement, and with a limit: it ends by that, and ps tells.
    await machine.must(['down', '--yes'], { cwd: folder })
    await begun(cron('{ cron: "17 * * * *", timeout: 1s }', 'node tool.mjs hang'))
    const last = await until('its time is over', async () => {
      const cronNow = (await report())?.cron
      return cronNow?.last?.state === 'failed' ? cronNow.last : undefined
    })
    expect(last.message).toContain('it took longer than 1 s')
    expect(running()).toEqual([])
    expect((await machine.app('shop')).notices.some((n) => n.message.includes('it took longer than 1 s'))).toBe(true)
  })

  test('another schedule needs no release, and is on record all the same', async () => {
    write({ others: cron('"17 * * * *"'), text: 'the same' })
    await machine.must(['up', '--yes'], { cwd: folder })
    const { release } = await machine.app('shop')
    write({ others: cron('{ cron: "0 3 * * *", timeZone: Europe/Berlin }'), text: 'the same' })
    const { end } = await machine.up(folder)
    expect(end?.message).toContain('on record')
    expect((await machine.app('shop')).release).toBe(release)
    expect((await report())?.cron).toMatchObject({ expression: '0 3 * * *', timeZone: 'Europe/Berlin' })
    expect((await machine.up(folder)).end?.message).not.toContain('on record')
  })
})

test('a visitor of a sticky component stays with one of its instances, until a release takes it', async () => {
  write({ component: ['scale: { instances: 2, sticky: true }'] })
  await machine.must(['up', '--yes'], { cwd: folder })
  const visit = async (cookie = '') => {
    const answer = await fetch(`${await machine.url('shop')}/env`, { headers: { cookie } })
    const { LANDFALL_INSTANCE: instance } = (await answer.json()) as Record<string, string> // What the app answers there.
    return { instance, cookie: answer.headers.get('set-cookie')?.split(';')[0] }
  }
  const first = await visit()
  expect(first.cookie).toMatch(/^lf-web=/)
  for (let n = 0; n < 6; n++) expect(await visit(first.cookie)).toEqual({ instance: first.instance, cookie: undefined })
  write({ component: ['scale: { instances: 2, sticky: true }'] })
  await machine.must(['up', '--yes'], { cwd: folder })
  const moved = await visit(first.cookie)
  expect(moved.cookie).toMatch(/^lf-web=/)
  expect(moved.cookie).not.toBe(first.cookie)
})
