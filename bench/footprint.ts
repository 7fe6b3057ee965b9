import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { writeApp } from '../test/e2e/an-app.ts'
import { Machine } from '../test/e2e/helpers.ts'
import { medianTime, ms, type ProcessFigures, processesOf, type Section } from './section.ts'

const APPS = 10
const IDLE_SECONDS = Number(process.env.LANDFALL_BENCH_IDLE_SECONDS ?? 300)

const isShell = (p: ProcessFigures) => /^(\/bin\/)?sh /.test(p.command)

/** What Landfall itself takes while nothing happens, and how fast the command line answers. */
export default async function footprint(): Promise<Section> {
  const machine = await Machine.make()
  try {
    for (let n = 1; n <= APPS; n++) {
      const folder = join(machine.folder, `app${n}`)
      writeApp(folder, { name: `app${n}` })
      await machine.must(['up', '--yes'], { cwd: folder })
    }
    const version = await medianTime(9, () => machine.must(['--version']))
    const ps = await medianTime(9, () => machine.must(['ps']))
    const before = processesOf(machine.home)
    await sleep(IDLE_SECONDS * 1000)
    const after = processesOf(machine.home)
    const kinds: Record<string, (p: ProcessFigures) => boolean> = {
      daemon: (p) => p.command.includes('daemon.mjs'),
      edge: (p) => p.command.includes('edge.mjs') && !isShell(p),
      'shells beside instances and edge': isShell,
    }
    const rows = Object.entries(kinds).map(([name, is]) => {
      const own = after.filter(is)
      const pss = own.reduce((sum, p) => sum + p.pssMiB, 0)
      const used = own.reduce((sum, p) => sum + p.cpuSeconds - (before.find((b) => b.pid === p.pid)?.cpuSeconds ?? 0), 0)
      return { name, count: own.length, pss, percent: (used / IDLE_SECONDS) * 100 }
    })
    const pss = rows.reduce((sum, row) => sum + row.pss, 0)
    const percent = rows.reduce((sum, row) => sum + row.percent, 0)
    return {
      title: `At rest, with ${APPS} apps`,
      text:
        `Memory is PSS after ${IDLE_SECONDS} idle seconds, processor time the share of one core over them. The apps and their servers are not ` +
        'counted. The times of the command line are medians, each a whole process from start to end.',
      table: [
        ['', 'processes', 'memory', 'processor'],
        ...rows.map((r) => [r.name, String(r.count), `${r.pss.toFixed(1)} MiB`, `${r.percent.toFixed(2)} %`]),
        ['together', '', `${pss.toFixed(1)} MiB`, `${percent.toFixed(2)} %`],
        ['`landfall --version`', '', ms(version), ''],
        ['`landfall ps`', '', ms(ps), ''],
      ],
      broken: pss < 150 ? [] : [`${pss.toFixed(0)} MiB is more than the 150 MiB that were promised`],
    }
  } finally {
    await machine.close()
  }
}
