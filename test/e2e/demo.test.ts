import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { afterAll, beforeAll, expect } from 'vitest'
import { needs } from '../capabilities.ts'
import { Machine, repositoryFolder } from './helpers.ts'

// Up to five builds with the load beside them, on whatever machine this is.
const HANG_MS = 600_000
let machine: Machine
beforeAll(async () => {
  machine = await Machine.make()
})
afterAll(() => machine?.close())

const demo = (...args: string[]) => {
  const script = join(repositoryFolder, 'scripts/demo.mjs')
  return spawnSync(process.execPath, [script, ...args], { encoding: 'utf8', env: machine.env, timeout: HANG_MS - 20_000 })
}

needs('postgres').test(
  'the demo tells its story twice in a row, and its app goes on until it is stopped',
  async () => {
    for (const round of [1, 2]) {
      const { status, stdout, stderr } = demo()
      expect(status, `round ${round}\n${stdout}\n${stderr}`).toBe(0)
      const [first = ''] = /https?:\/\/[^\s]+/.exec(stdout) ?? []
      expect(first).toMatch(/^http:\/\/localhost:\d+$/)
      expect(await (await fetch(`${first}/api/health`)).json()).toEqual({ ok: true, database: 'connected' })
      expect(stdout).toMatch(/\b[1-9]\d{2,} requests, 0 failed, r\d+ still serving/)
      if (round === 1) expect(stdout).toContain('0 failed, r2 still serving')
      expect(stdout).toMatch(/refused: .*smoke checks failed/)
      expect(stdout).toMatch(/requests, 0 failed, r1 serves again; \d+ rows written, each there once/)
    }
    const stopped = demo('stop')
    expect(stopped.status, stopped.stderr).toBe(0)
    expect(machine.processes()).toEqual([])
  },
  2 * HANG_MS,
)

/** Told once; what its last lines say. */
function story(name: string): string {
  const { status, stdout, stderr } = demo(name)
  expect(status, `${stdout}\n${stderr}`).toBe(0)
  expect(/https?:\/\/[^\s]+/.exec(stdout)?.[0]).toMatch(/^http:\/\/localhost:\d+$/)
  return stdout
}

needs('postgres', 'npm').test(
  'Notechondria: four parts at once, sessions that a release ends, rows that are each there once',
  () => {
    const told = story('notechondria')
    expect(told).toMatch(/refused: 1 of \d+ smoke checks failed on r3: courses for everybody/)
    expect(told).toMatch(/[1-9]\d{2,} requests, 0 failed, r1 serves again; [1-9]\d* rows written, each there once/)
    expect(told).toContain('the release ended all sessions, as the manifest says, and the API key went on')
  },
  HANG_MS,
)

needs('python').test(
  'All You Can Get: its one writer is replaced while requests wait, and none fails',
  () => {
    const told = story('allucanget')
    expect(told).toMatch(/[1-9]\d+ requests, 0 failed, r2 serves; the longest waited \d+\.\d s/)
    expect(told).toContain('the account, its session and its video are in the file as before')
  },
  HANG_MS,
)

needs('postgres', 'redis', 'npm').test(
  'Flick: two servers and their sockets are released anew, and a broken version is refused',
  () => {
    const told = story('flick')
    expect(told).toMatch(/refused: 1 of \d+ smoke checks failed on r3: moderation is closed/)
    expect(told).toMatch(/[1-9]\d{2,} requests, 0 failed, r1 serves again/)
    const stopped = demo('stop')
    expect(stopped.status, stopped.stderr).toBe(0)
    expect(machine.processes()).toEqual([])
  },
  HANG_MS,
)

needs('postgres').test('an example that is not there is told, with those that are', () => {
  const { status, stderr } = demo('no-such-thing')
  expect(status).toBe(1)
  expect(stderr).toContain('communityrule')
})
