import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { RunRow } from '../../src/ops/contract.ts'
import { writeApp } from './an-app.ts'
import { eventsOf, Machine, until } from './helpers.ts'
import { Probe } from './probe.ts'

let machine: Machine
let folder: string
let number = 0
/** A release that takes a while: there is time to do something else meanwhile. */
const next = (seconds = 2) => {
  const text = `text ${++number}`
  const wait = `setTimeout(() => {}, ${seconds * 1000})`
  writeApp(folder, { text, component: ['release:', `  - { name: slow, repeatable: true, run: [node, -e, "${wait}"] }`] })
  return text
}
const openRun = async () => (await machine.json<RunRow[]>(['runs'])).find((run) => !run.state)

beforeAll(async () => {
  machine = await Machine.make()
  folder = join(machine.folder, 'small')
  next(0)
  await machine.must(['up', '--yes'], { cwd: folder })
})
afterAll(() => machine?.close())

test('of two releases at once the second is told who is at it, since when and where, and nothing is mixed', async () => {
  const text = next()
  const first = machine.start(['up', '--yes'], { cwd: folder })
  await until('the first is under way', openRun)
  const second = await machine.run(['up', '--yes'], { cwd: folder })
  expect(second.code).toBe(75)
  expect(second.stderr).toContain('E_LOCKED')
  expect(second.stderr).toMatch(/run-\d+ \(up\)/)
  expect(second.stderr).toContain('landfall attach')
  expect((await first.done).code).toBe(0)
  expect(await (await fetch(await machine.url())).text()).toBe(text)
})

test('the same key twice is the same run', async () => {
  next(3)
  const [one, two] = await Promise.all([
    machine.run(['up', '--yes', '--json', '--key', 'build-4711'], { cwd: folder }),
    machine.run(['up', '--yes', '--json', '--key', 'build-4711'], { cwd: folder }),
  ])
  const runs = [one, two].map((answer) => new Set(eventsOf(answer.stdout).map((e) => e.run)))
  const said = [one, two].map(({ stdout, stderr }) => `${stdout.slice(0, 400)}\n${stderr}`).join('\n---\n')
  expect(runs[0]?.size, said).toBe(1)
  expect(runs[0], said).toEqual(runs[1])
  expect([one.code, two.code]).toEqual([0, 0])
})

test('a rollback during a release is refused', async () => {
  next()
  const up = machine.start(['up', '--yes'], { cwd: folder })
  await until('it is under way', openRun)
  const back = await machine.run(['rollback', '--yes'], { cwd: folder })
  expect(back.code).toBe(75)
  expect(back.stderr).toContain('E_LOCKED')
  expect((await up.done).code).toBe(0)
})

test('a release that is cancelled leaves the old one serving', async () => {
  const old = await (await fetch(await machine.url())).text()
  next(30)
  const up = machine.start(['up', '--yes', '--json'], { cwd: folder })
  const run = await until('it is under way', openRun)
  await machine.must(['cancel', run.run])
  const { code, stdout } = await up.done
  expect(code).toBe(3)
  expect(eventsOf(stdout).findLast((e) => e.type === 'end')).toMatchObject({ state: 'cancelled' })
  expect(await (await fetch(await machine.url())).text()).toBe(old)
})

test('a daemon that is told to end in the middle of a release goes on with it after its next start', async () => {
  const text = next(3)
  const url = await machine.url()
  const probe = new Probe(url)
  const up = machine.start(['up', '--yes'], { cwd: folder })
  await until('it is under way', openRun)
  const pid = machine.daemonPid() ?? 0
  process.kill(pid, 'SIGTERM')
  await up.done
  const run = await until('the run has ended', async () => {
    const [last] = await machine.json<RunRow[]>(['runs'])
    return last?.state ? last : undefined
  })
  expect(run.state).toBe('done')
  expect(await (await fetch(url)).text()).toBe(text)
  expect((await probe.stop()).failures).toEqual([])
})

test('Ctrl-C leaves the release to the daemon and says how to come back to it', async () => {
  const text = next(3)
  const up = machine.start(['up', '--yes'], { cwd: folder })
  const run = await until('it is under way', openRun)
  await sleep(200)
  up.child.kill('SIGINT')
  const { code, stderr } = await up.done
  expect(code).toBe(130)
  expect(stderr).toContain(`landfall attach ${run.run}`)
  await machine.must(['attach', run.run])
  expect(await (await fetch(await machine.url())).text()).toBe(text)
})
