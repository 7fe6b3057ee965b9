import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { afterAll, beforeAll, expect } from 'vitest'
import { needs } from '../capabilities.ts'
import { Machine, repositoryFolder } from './helpers.ts'

let machine: Machine
beforeAll(async () => {
  machine = await Machine.make()
})
afterAll(() => machine?.close())

const demo = (...args: string[]) => {
  const script = join(repositoryFolder, 'scripts/demo.mjs')
  return spawnSync(process.execPath, [script, ...args], { encoding: 'utf8', env: machine.env, timeout: 280_000 })
}

needs('postgres').test('the demo tells its story twice in a row, and its app goes on until it is stopped', async () => {
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
})

needs('postgres').test('an example that is not there is told, with those that are', () => {
  const { status, stderr } = demo('no-such-thing')
  expect(status).toBe(1)
  expect(stderr).toContain('communityrule')
})
