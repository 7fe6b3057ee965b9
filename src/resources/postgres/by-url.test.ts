import { once } from 'node:events'
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { needs } from '../../../test/capabilities.ts'
import { errorOf } from '../../../test/process-engine.ts'
import { blocked, loginByUrl, query } from './by-url.ts'
import postgres from './index.ts'
import { freePort, Server } from './server.harness.ts'
import { DEFAULT_MAJOR } from './versions.ts'

const soon = () => AbortSignal.timeout(20_000)

test('a port that nobody listens on, and one behind which nobody answers', async () => {
  const port = await freePort()
  const closed = await errorOf(loginByUrl(`postgresql://app:secret@127.0.0.1:${port}/shop`, soon()))
  expect(closed).toMatchObject({ code: 'E_LOGIN', detail: 'ECONNREFUSED' })
  expect(closed.message).toContain(`as app at 127.0.0.1:${port}`)
  const silent = createServer((socket) => socket.on('error', () => {})).listen(0, '127.0.0.1')
  onTestFinished(() => void silent.close())
  await once(silent, 'listening')
  const { port: at } = silent.address() as AddressInfo
  const hangs = await errorOf(loginByUrl(`postgresql://app:secret@127.0.0.1:${at}/shop`, AbortSignal.timeout(200)))
  expect(hangs.code).toBe('E_LOGIN')
  expect(JSON.stringify([closed, hangs, closed.message, hangs.message])).not.toContain('secret')
})

needs('postgres').describe('with a server', () => {
  let root: string
  let server: Server
  beforeAll(async () => {
    root = mkdtempSync(join(tmpdir(), 'landfall-postgres-'))
    chmodSync(root, 0o755)
    const artifact = join(root, 'artifact')
    mkdirSync(artifact)
    const source = { type: 'server', resource: 'postgres', version: postgres.server!.resolve(DEFAULT_MAJOR) } as const
    await postgres.server!.install(source, artifact, {
      signal: AbortSignal.timeout(100_000),
      say: () => {},
      cache: join(root, 'cache'),
    })
    server = new Server({ root, artifact, port: await freePort() })
  })
  afterAll(() => rmSync(root, { recursive: true, force: true }))

  test('a login, a wrong password, a statement that reads, one that writes, and who holds a lock', async () => {
    await server.up()
    const url = server.output('url')
    await loginByUrl(url, soon())
    const wrong = url.replace(`:${encodeURIComponent(server.password)}@`, ':nonsense@')
    expect(wrong).not.toBe(url)
    const refused = await errorOf(loginByUrl(wrong, soon()))
    expect(refused).toMatchObject({ code: 'E_CREDENTIALS', detail: '28P01' })
    expect((await errorOf(loginByUrl(`${url}-of-another`, soon()))).code).toBe('E_CREDENTIALS')

    await server.query('create table rule (title text); insert into rule values (null)')
    const ask = (statement: string) => query({ url }, statement, soon())
    expect(await ask('select count(*) from rule')).toBe('1')
    expect(await ask('select title from rule')).toBeUndefined()
    expect(await ask('select 1 where false')).toBeUndefined()
    expect(await ask(`select true, 'x'`)).toBe('true')
    expect((await errorOf(ask('delete from rule'))).message).toContain('read-only transaction')
    expect((await errorOf(ask('rollback; delete from rule'))).message).toContain('multiple commands')
    expect(await ask('select count(*) from rule')).toBe('1')

    expect(await blocked({ url }, soon())).toEqual([])
    const holder = new pg.Client({ connectionString: url, application_name: 'holder' })
    const waiter = new pg.Client({ connectionString: url, application_name: 'waiter' })
    await Promise.all([holder.connect(), waiter.connect()])
    const pidOf = async (c: pg.Client) => (await c.query<{ pid: number }>('select pg_backend_pid() as pid')).rows[0]!.pid
    const [has, waits] = [await pidOf(holder), await pidOf(waiter)]
    await holder.query('begin; lock table rule in share mode')
    const altered = waiter.query('alter table rule add column body text')
    let lines: string[] = []
    while (lines.length === 0) lines = await blocked({ url }, soon())
    expect(lines).toEqual([
      expect.stringMatching(
        new RegExp(
          `^session ${has} \\(holder, idle in transaction, its transaction \\d+ s old\\) has the lock that session ${waits} waits for, for \\d+ s$`,
        ),
      ),
    ])
    await holder.end()
    await altered
    await waiter.end()
  })
})
