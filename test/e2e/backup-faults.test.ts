import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { OpAnswers, RunRow } from '../../src/ops/contract.ts'
import { needs } from '../capabilities.ts'
import { writeApp } from './an-app.ts'
import { Machine, until } from './helpers.ts'

type List = OpAnswers['backup-list']

let machine: Machine
let folder: string

/** A release step that counts how often it ran, in the database, and says what it found there. */
const MIGRATE = (text: string) => ({
  name: 'till',
  text,
  component: [
    'env: { DATABASE_URL: { from: db.url } }',
    `release: [{ name: migrate, run: [node, -e, "console.log('${text}')"] }]`,
  ],
  more: ['resources:', '  db: { type: postgres }', '  files: { type: volume }', 'backup: { keep: { count: 2 } }'],
})
async function query<T>(sql: string): Promise<T[]> {
  const { stdout } = await machine.must(['exec', 'web', '--', 'node', '-p', 'process.env.DATABASE_URL'], { cwd: folder })
  const client = new pg.Client({ connectionString: stdout.trim() })
  await client.connect()
  const results = [await client.query<{ v: T }>(sql)].flat()
  await client.end()
  return results.at(-1)!.rows.map((row) => row.v)
}
const list = () => machine.json<List>(['backup', 'list'], { cwd: folder })
const ids = async () => (await list()).backups.filter((b) => b.state === 'taken' || b.state === 'verified').map((b) => b.id)
const folders = () => {
  const path = join(machine.home, 'backups/till/local')
  return existsSync(path) ? readdirSync(path).sort() : []
}
const lastRun = async () => (await machine.json<RunRow[]>(['runs']))[0]!
/** The daemon of the next command has these failpoints in it. */
async function withFault(fault: string, args: string[]) {
  await machine.must(['stop'])
  const answer = await machine.run(args, { cwd: folder, env: { LANDFALL_FAIL: fault } })
  await machine.run(['stop'])
  return answer
}
const serves = async () => (await fetch(await machine.url())).status

needs('postgres').describe('backups that are cut off', () => {
  beforeAll(async () => {
    machine = await Machine.make()
    folder = join(machine.folder, 'till')
    writeApp(folder, MIGRATE('one'))
    await machine.must(['up', '--yes'], { cwd: folder })
    await query('create table sale (id int primary key); insert into sale select generate_series(1, 5000)')
  })
  afterAll(() => machine?.close())

  test('a first release has nothing to back up; one that migrates is backed up before, and remembers it', async () => {
    expect(await ids()).toEqual([])
    writeApp(folder, MIGRATE('two'))
    const up = await machine.must(['up', '--yes'], { cwd: folder })
    expect(up.stderr.indexOf('back up db')).toBeGreaterThan(-1)
    expect(up.stderr.indexOf('back up db')).toBeLessThan(up.stderr.indexOf('run migrate of web'))
    expect((await list()).backups).toMatchObject([{ why: 'release', before: 'r2', holds: ['db', 'files'] }])
  })

  test.each(['backup:part:begun', 'backup:manifest:before'])(
    'whoever works on it dies at %s: there is no backup and nothing is left',
    async (fault) => {
      const before = { ids: await ids(), folders: folders() }
      const answer = await withFault(fault, ['backup', 'create', '--yes'])
      expect(answer.code).toBe(1)
      expect(answer.stderr).toContain('SIGKILL')
      expect(await ids()).toEqual(before.ids)
      expect(folders()).toEqual(before.folders)
      expect((await list()).backups[0]).toMatchObject({ state: 'failed' })
      expect(await serves()).toBe(200)
    },
  )

  test('a release whose backup fails has not migrated, and what served serves', async () => {
    writeApp(folder, MIGRATE('three'))
    const answer = await withFault('backup:part:begun', ['up', '--yes'])
    expect(answer.code).toBe(1)
    expect(answer.stderr).not.toContain('run migrate of web, once, with r3 (')
    expect(await (await fetch(await machine.url())).text()).toBe('two')
  })

  test('the daemon dies in the middle: the next one makes the backup whole', async () => {
    const before = await ids()
    await machine.must(['stop'])
    const answer = await machine.run(['backup', 'create', '--yes'], {
      cwd: folder,
      env: { LANDFALL_FAIL: 'journal:backup:started:after' },
    })
    expect(answer.code).not.toBe(0)
    await machine.must(['ps'])
    await until('the run has ended', async () => (await lastRun()).state)
    expect(await lastRun()).toMatchObject({ intent: 'backup', state: 'done' })
    expect(await ids()).toHaveLength(before.length + 1)
    expect((await list()).backups[0]).toMatchObject({ state: 'verified' })
  })

  test('a restore that is cut off never serves, and is gone on with', async () => {
    const [id = ''] = await ids()
    await query('delete from sale where id > 10')
    const answer = await withFault('backup:restore:filled', ['backup', 'restore', id, '--yes'])
    expect(answer.code).toBe(1)
    expect(await query<string>('select count(*) as v from sale')).toEqual(['10'])
    expect((await list()).restores[0]).toMatchObject({ state: 'undone' })
    expect(await query(`select datname as v from pg_database where datname like 'landfall_restore%'`)).toEqual([])
    await machine.must(['stop'])
    const died = await machine.run(['backup', 'restore', id, '--yes'], {
      cwd: folder,
      env: { LANDFALL_FAIL: 'journal:restore:started:after' },
    })
    expect(died.code).not.toBe(0)
    await machine.must(['ps'])
    await until('the run has ended', async () => (await lastRun()).state)
    expect(await lastRun()).toMatchObject({ intent: 'restore', state: 'done' })
    expect(await query<string>('select count(*) as v from sale')).toEqual(['5000'])
    expect(await serves()).toBe(200)
  })

  test('old ones go by the rules, and the rest of a release that can be gone back to stays', async () => {
    for (let i = 0; i < 2; i++) await machine.must(['backup', 'create', '--yes'], { cwd: folder })
    const { backups } = await list()
    const proven = backups.filter((b) => b.state === 'verified')
    expect(proven.filter((b) => !b.before)).toHaveLength(2)
    expect(backups.some((b) => b.before === 'r2')).toBe(true)
    expect(folders()).toEqual((await ids()).sort())
  })
})
