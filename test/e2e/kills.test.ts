import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { RunRow } from '../../src/ops/contract.ts'
import { writeApp } from './an-app.ts'
import { isAlive, Machine, until } from './helpers.ts'
import { Probe } from './probe.ts'

let machine: Machine
let folder: string
let number = 0
const next = (text = `text ${++number}`) => {
  writeApp(folder, { text, component: ['release:', '  - { name: note, run: node --version }'] })
  return text
}

beforeAll(async () => {
  machine = await Machine.make()
  folder = join(machine.folder, 'small')
  next()
  await machine.must(['up', '--yes'], { cwd: folder })
})
afterAll(() => machine?.close())

const startsOfDaemon = () => readFileSync(join(machine.home, 'logs/daemon.log'), 'utf8').split(' serves ').length - 1

/** The names under which the journal's entries of an ordinary release can be hit, in their order. */
const POINTS = [
  'start',
  ...['build', 'run-once', 'start', 'await-healthy', 'smoke', 'route', 'retire'].flatMap((s) => [`${s}:started`, `${s}:done`]),
  'end',
]

describe('a daemon that is killed in the middle of a release', () => {
  test.each(POINTS.flatMap((point) => [`${point}:before`, `${point}:after`]))('at %s', async (point) => {
    const before = (await machine.app()).release
    const url = await machine.url()
    const old = await (await fetch(url)).text()
    const probe = new Probe(url)
    const wanted = next()
    await machine.must(['stop'])
    const starts = startsOfDaemon()
    // This daemon dies at that point, once; the command that waits for it starts the next one, which recovers.
    await machine.run(['ps'], { env: { LANDFALL_FAIL: `journal:${point}` } })
    const hurt = await machine.run(['up', '--yes'], { cwd: folder })
    expect(startsOfDaemon() - starts, `nothing was killed\n${hurt.stderr}`).toBe(2)
    const run = await until('the run ends', async () => {
      const [last] = await machine.json<RunRow[]>(['runs'])
      return last?.state ? last : undefined
    })
    expect(['done', 'undone', 'failed', 'waiting']).toContain(run.state)
    expect(run.state, 'a command that is seen to have ended needs no decision').not.toBe('waiting')
    const { release } = await machine.app()
    expect(release === before, 'done means that the new one serves').toBe(run.state !== 'done')
    expect(await (await fetch(url)).text()).toBe(release === before ? old : wanted)
    if (run.state === 'done') expect(hurt.code).toBe(0)
    // The same wish again, now without a kill, leads to what was wanted.
    await machine.must(['up', '--yes'], { cwd: folder })
    expect(await (await fetch(url)).text()).toBe(wanted)
    const { plan } = await machine.json<{ plan: { stages: unknown[] } }>(['plan'], { cwd: folder })
    expect(plan.stages).toEqual([])
    const { asked, failures } = await probe.stop()
    expect(failures).toEqual([])
    expect(asked).toBeGreaterThan(10)
  })

  test('leaves nothing behind: in the end one instance runs, of the release that serves', async () => {
    const one = await until('drains end', async () => {
      const app = await machine.app()
      const instances = app.components.flatMap((c) => c.instances)
      return instances.length === 1 ? instances[0] : undefined
    })
    expect(one.release).toBe((await machine.app()).release)
    const programs = machine.processes().filter((pid) => isAlive(pid) && pid !== machine.daemonPid())
    const servers = programs.filter((pid) => machine.commandOf(pid).startsWith('node server.mjs'))
    expect(servers.length).toBe(1)
  })
})

test('a command of the app that was cut off in the dark is asked about, and both answers work', async () => {
  for (const decision of ['resume', 'cancel'] as const) {
    const before = (await machine.app()).release
    writeApp(folder, {
      text: `decided ${decision} ${++number}`,
      component: ['release:', '  - { name: slow, run: [node, -e, "setTimeout(() => {}, 60000)"] }'],
    })
    await machine.must(['stop'])
    const up = machine.start(['up', '--yes'], { cwd: folder, env: {} })
    await until('the command runs', () => machine.processes().find((pid) => machine.commandOf(pid).includes('setTimeout')))
    // Both at once, as a power cut would: nobody sees how the command ended.
    const command = machine.processes().filter((pid) => /setTimeout/.test(machine.commandOf(pid)))
    process.kill(machine.daemonPid() ?? 0, 'SIGKILL')
    for (const pid of command) if (isAlive(pid)) process.kill(pid, 'SIGKILL')
    await up.done
    const [run] = await machine.json<RunRow[]>(['runs'])
    expect(run?.state).toBe('waiting')
    const locked = await machine.run(['up', '--yes'], { cwd: folder })
    expect(locked.code).toBe(75)
    expect(locked.stderr).toContain(`landfall resume ${run?.run}`)
    expect(locked.stderr).toContain(`landfall cancel ${run?.run}`)
    if (decision === 'resume') {
      const again = machine.start(['resume', run?.run ?? ''])
      await until('it runs again', () => machine.processes().find((pid) => machine.commandOf(pid).includes('setTimeout')))
      await machine.must(['cancel', run?.run ?? ''])
      await again.done
    } else await machine.must(['cancel', run?.run ?? ''])
    const ended = await until('the run ends', async () => {
      const [last] = await machine.json<RunRow[]>(['runs'])
      return last?.state && last.state !== 'waiting' ? last : undefined
    })
    expect(['cancelled', 'undone']).toContain(ended.state)
    expect((await machine.app()).release).toBe(before)
  }
})
