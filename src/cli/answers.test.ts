import { afterAll, beforeAll, expect, test } from 'vitest'
import { buildCli, landfall, removeCli } from '../../test/wire/command-line.ts'
import { aHome, callsIn, until } from '../../test/wire/home.ts'
import { aPlace, plan, upScenario } from '../../test/wire/place.ts'
import { findDaemon } from '../daemon/start.ts'

beforeAll(buildCli)
afterAll(removeCli)

test('ps starts a daemon that is not there, and one that was killed', async () => {
  const home = aHome({ ops: { ps: { answer: { apps: [], daemon: { pid: 1, version: '0', memoryMiB: 1 } } } } })
  expect((await landfall(['ps'], { home })).code).toBe(0)
  const first = await findDaemon(home)
  process.kill(first?.pid ?? 0, 'SIGKILL')
  await until(async () => (await findDaemon(home, ['E_DAEMON_LOST'])) === undefined)
  expect((await landfall(['ps'], { home })).code).toBe(0)
  expect((await findDaemon(home))?.pid).not.toBe(first?.pid)
})

test('a daemon that cannot start says why, from its own log', async () => {
  const { code, stderr } = await landfall(['ps'], { home: aHome({ openError: 'state.db is torn at page 7' }) })
  expect(code).toBe(1)
  expect(stderr).toContain('error E_DAEMON: the daemon did not start')
  expect(stderr).toMatch(/│ .*state\.db is torn at page 7/)
  expect(stderr).toContain('next: `landfall serve --foreground`')
})

test('a home that cannot be written to is named, with what to do', async () => {
  const { code, stderr } = await landfall(['ps'], { home: aHome(), env: { LANDFALL_HOME: '/dev/null/landfall' } })
  expect(code).toBe(1)
  expect(stderr).toContain('error E_HOME: /dev/null/landfall, where Landfall keeps everything, cannot be written to: ENOTDIR')
  expect(stderr).toContain('set LANDFALL_HOME')
})

test('B55: what apps and servers say reaches the terminal without escapes, and cut', async () => {
  const evil = '\u001b]0;owned\u0007\u001b[2J'
  const lines = [
    { at: '2026-11-21T10:00:00Z', component: 'web', release: 'r1', instance: 0, text: `${evil}hello` },
    { at: '2026-11-21T10:00:01Z', component: 'web', release: 'r1', instance: 0, text: 'x'.repeat(1024 * 1024) },
  ]
  const error = { code: 'E_LOCKED', message: `locked ${evil}`, detail: `${evil}detail`, hint: `${evil}hint` }
  const { home, cwd } = await aPlace({ ops: { ps: { error } }, streams: { logs: { lines } } })
  const logs = await landfall(['logs'], { home, cwd })
  expect(logs.stdout).toContain('2026-11-21T10:00:00Z web.0 r1 hello\n')
  expect(logs.stdout).not.toContain('\u001b')
  expect(logs.stdout.length).toBeLessThan(5_000)
  const ps = await landfall(['ps'], { home, env: { FORCE_COLOR: '1' } })
  expect(ps.stderr).toContain('detail')
  expect(ps.stderr).not.toContain('\u001b]')
  expect(ps.stderr).not.toContain('\u001b[2J')
})

test('env set takes values from the line or from stdin, and keeps them out of what it prints', async () => {
  const answer = { set: ['A', 'B'], next: ['landfall up'], rebuild: [], findings: [] }
  const { home, cwd } = await aPlace({ ops: { 'env-set': { answer } } })
  const two = await landfall(['env', 'set', 'A=1=2', 'B=hunter2'], { home, cwd })
  expect(two.code).toBe(0)
  expect(two.stdout).toBe('✓ A, B stored for local\n  next: landfall up\n')
  await landfall(['env', 'set', 'KEY'], { home, cwd, input: 'line one\nline two\n' })
  expect(callsIn(home).map((c) => c.input?.values)).toEqual([
    [
      { name: 'A', value: '1=2' },
      { name: 'B', value: 'hunter2' },
    ],
    [{ name: 'KEY', value: 'line one\nline two' }],
  ])
  const wrong = await landfall(['env', 'set', 'not a name=hunter2'], { home, cwd })
  expect(wrong.code).toBe(2)
  expect(wrong.stderr).not.toContain('hunter2')
  expect((await landfall(['env', 'set', 'A', 'B'], { home, cwd })).stderr).toContain('stdin holds one value')
})

test('exec gives stdin to the command and ends with its code', async () => {
  const { home, cwd } = await aPlace({ streams: { exec: { echoes: true } } })
  const { code, stdout } = await landfall(['exec', 'web', '--', 'cat', '--json', '-y'], {
    home,
    cwd,
    input: 'bytes \u001b[2J pass in a pipe',
  })
  expect([code, stdout]).toEqual([7, 'bytes \u001b[2J pass in a pipe'])
  expect(callsIn(home)[0]?.input).toMatchObject({ component: 'web', command: ['cat', '--json', '-y'], folder: cwd })
})

test('answers are one document with --json', async () => {
  const ps = { apps: [], daemon: { pid: 1, version: '0.1.0', memoryMiB: 1 } }
  const { home, cwd } = await aPlace({ ops: { ...upScenario.ops, ps: { answer: ps }, runs: { answer: [] } } })
  expect(JSON.parse((await landfall(['ps', '--json'], { home })).stdout)).toEqual(ps)
  expect(JSON.parse((await landfall(['runs', '--json'], { home })).stdout)).toEqual([])
  expect(JSON.parse((await landfall(['plan', '--json'], { home, cwd })).stdout).plan.id).toBe(plan.id)
})

test('open prints the URL, and names the hosts there are when it is another', async () => {
  const urls = [{ host: 'shop.example', url: 'http://localhost:18000' }]
  const app = { app: 'shop', environment: 'local', folder: '', urls, components: [], openRuns: [], notices: [] }
  const { home, cwd } = await aPlace({ ops: { ps: { answer: { apps: [app], daemon: {} } } } })
  expect((await landfall(['open'], { home, cwd })).stdout).toBe('http://localhost:18000\n')
  const other = await landfall(['open', 'other.example'], { home, cwd })
  expect([other.code, other.stderr]).toEqual([2, expect.stringContaining('there are: shop.example')])
})

test('smoke ends with 1 when a check fails', async () => {
  const result = { name: 'healthy', state: 'failed' as const, isPassed: false, request: 'GET /', ms: 3, because: 'refused' }
  const { home, cwd } = await aPlace({ ops: { smoke: { answer: { release: 'r1', results: [result] } } } })
  expect(await landfall(['smoke'], { home, cwd })).toMatchObject({
    code: 1,
    stdout: expect.stringContaining('1 of 1 failed on r1'),
  })
})

test('stop ends the daemon, and says so when there is none', async () => {
  const { home } = await aPlace()
  expect((await landfall(['stop'], { home })).stdout).toBe('stopped: daemon; apps and edge go on\n')
  expect(await findDaemon(home)).toBeUndefined()
  expect((await landfall(['stop', '--json'], { home })).stdout).toContain('"stopped": []')
})
