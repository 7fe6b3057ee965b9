import { get } from 'node:http'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { writeApp } from './an-app.ts'
import { isAlive, Machine, until } from './helpers.ts'
import { Probe } from './probe.ts'

let machine: Machine
let folder: string
let url: string

beforeAll(async () => {
  machine = await Machine.make()
  folder = join(machine.folder, 'small')
  writeApp(folder, { component: ['scale: { instances: 2 }'] })
  await machine.must(['up', '--yes'], { cwd: folder })
  url = await machine.url()
})
afterAll(() => machine?.close())

const instances = async () => (await machine.app()).components.flatMap((c) => c.instances)

test('a daemon that is killed takes nothing with it, and the next one adopts what runs', async () => {
  const probe = new Probe(url)
  const before = (await instances()).map((i) => i.pid)
  const pid = machine.daemonPid() ?? 0
  process.kill(pid, 'SIGKILL')
  await until('it is gone', () => !isAlive(pid) || undefined)
  expect((await instances()).map((i) => i.pid)).toEqual(before)
  expect(machine.daemonPid()).not.toBe(pid)
  expect((await probe.stop()).failures).toEqual([])
})

test('an edge that is killed is back at once, with its table; new connections wait and are not refused', async () => {
  const pid = (await machine.ps()).edge?.pid ?? 0
  process.kill(pid, 'SIGKILL')
  await until('it is dead', () => !isAlive(pid) || undefined)
  // The listening sockets are still there: whoever comes now waits for the new edge.
  const statuses = await Promise.all(Array.from({ length: 20 }, () => askOnce(url)))
  expect(statuses).toEqual(statuses.map(() => 200))
  const after = await until('ps shows the new one', async () => {
    const now = (await machine.ps()).edge?.pid
    return now && now !== pid ? now : undefined
  })
  expect(isAlive(after)).toBe(true)
})

test('an edge that is killed while no daemon runs is back as well', async () => {
  const { edge } = await machine.ps()
  const pid = edge?.pid ?? 0
  await machine.must(['stop'])
  process.kill(pid, 'SIGKILL')
  await until('it is dead', () => !isAlive(pid) || undefined)
  expect(await askOnce(url)).toBe(200)
})

test('one of two instances dies: the other answers, and it comes back', async () => {
  const [first] = await instances()
  process.kill(first?.pid ?? 0, 'SIGKILL')
  const back = await until('two run again', async () => {
    const now = await instances()
    return now.length === 2 && now.every((i) => i.state === 'running' && i.pid !== first?.pid) ? now : undefined
  })
  expect(back.some((i) => i.restarts === 1)).toBe(true)
  expect((await fetch(url)).status).toBe(200)
})

test('with daemon, edge and instances all killed, one command brings everything back', async () => {
  for (const pid of machine.processes()) if (isAlive(pid)) process.kill(pid, 'SIGKILL')
  await until('nothing is left', () => machine.processes().length === 0 || undefined)
  await machine.ps()
  await until('the app answers', async () => (await fetch(url).catch(() => undefined))?.ok || undefined)
})

/** On a connection of its own: a kept one would have died with the edge. */
function askOnce(address: string): Promise<number> {
  return new Promise((resolve, reject) => {
    get(address, { agent: false }, (answer) => {
      answer.resume()
      resolve(answer.statusCode ?? 0)
    }).on('error', reject)
  })
}
