import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { RunRow } from '../../src/ops/contract.ts'
import { writeApp } from './an-app.ts'
import { isAlive, Machine, until } from './helpers.ts'
import { Probe } from './probe.ts'

// Kills at instants that a seed chooses, in the middle of releases and of the recovery from earlier kills. `npm run soak` makes a
// thousand of them and hits the edge as well; a failure prints the seed, which brings the same instants back.
const KILLS = Number(process.env.LANDFALL_KILLS ?? 50)
const SEED = Number(process.env.LANDFALL_SEED ?? 20_261_121)
const hitsEdge = process.env.LANDFALL_KILL_EDGE === '1'
const GUARD_MS = 120_000 + KILLS * 6_000

let machine: Machine
let folder: string

beforeAll(async () => {
  machine = await Machine.make()
  folder = join(machine.folder, 'small')
  writeApp(folder, { text: 'text 0' })
  await machine.must(['up', '--yes'], { cwd: folder })
})
afterAll(() => machine?.close())

test(
  `${KILLS} kills at seeded instants: every run ends, one whole release serves, nothing is left over`,
  async () => {
    const random = seeded(SEED)
    const url = await machine.url()
    const probe = new Probe(url)
    let cuts = 0
    for (let n = 1; n <= KILLS; n++) {
      const where = `seed ${SEED}, kill ${n}`
      writeApp(folder, { text: `text ${n}` })
      const up = machine.start(['up', '--yes', '--json'], { cwd: folder })
      await sleep(60 + random() * 900)
      if (hitsEdge && random() < 0.3) {
        cuts += await killEdge()
        await up.done
      } else {
        const pid = machine.daemonPid()
        if (pid !== undefined && isAlive(pid)) process.kill(pid, 'SIGKILL')
        await up.done
      }
      const last = await until(`${where}: the run ends`, async () => {
        const [run] = await machine.json<RunRow[]>(['runs'])
        return run?.state ? run : undefined
      })
      expect(['done', 'undone', 'failed'], `${where}: ${last.message}`).toContain(last.state)
      expect(await textOf(url), where).toMatch(/^text \d+$/)
    }
    await machine.must(['up', '--yes'], { cwd: folder })
    expect(await textOf(url)).toBe(`text ${KILLS}`)
    const { asked, failures } = await probe.stop()
    // A killed edge cuts what it has in hand, three requests at most, and nothing else.
    expect(failures.length, `seed ${SEED}: ${failures.slice(0, 5).join('\n')}`).toBeLessThanOrEqual(cuts * 3)
    expect(asked).toBeGreaterThan(KILLS)
    await until('drains end, and nothing is left', async () => {
      const servers = machine.processes().filter((pid) => isAlive(pid) && machine.commandOf(pid).startsWith('node server.mjs'))
      return servers.length === 1 ? true : undefined
    })
  },
  GUARD_MS,
)

async function killEdge(): Promise<number> {
  const pid = (await machine.ps()).edge?.pid
  if (pid === undefined || !isAlive(pid)) return 0
  process.kill(pid, 'SIGKILL')
  return 1
}

async function textOf(url: string): Promise<string> {
  return (await fetch(url)).text()
}

/** Mulberry32: small, and the same everywhere. */
function seeded(seed: number): () => number {
  let a = seed >>> 0
  return () => {
    a = (a + 0x6d2b79f5) >>> 0
    let t = Math.imul(a ^ (a >>> 15), 1 | a)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}
