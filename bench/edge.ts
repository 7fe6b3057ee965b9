import { rmSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Contestant, startContestants } from './edge/contestants.ts'
import { hasWrk, type Measured, wrk } from './edge/wrk.ts'
import { median, type Section } from './section.ts'

const ROUNDS = Number(process.env.LANDFALL_BENCH_ROUNDS ?? 3)
const SECONDS = Number(process.env.LANDFALL_BENCH_SECONDS ?? 4)
const TIMES_CADDY = 1.3

interface Task {
  name: string
  path: string
  /** Files are served by each contestant itself, where it can; else each asks the same instance. */
  isFile: boolean
}
const TASKS: Task[] = [
  { name: 'small answer', path: '/small', isFile: false },
  { name: '100 KiB answer', path: '/large', isFile: false },
  { name: 'small file', path: '/files/page.html', isFile: true },
]

/** Requests a second through the edge, beside other proxies in front of the same instance. */
export default async function edge(): Promise<Section> {
  const title = 'The edge beside other proxies'
  if (!hasWrk()) return { title, text: 'Not run: `wrk` is not installed.', table: [['', '']], broken: [] }
  const { folder, all, missing, close } = await startContestants()
  try {
    const figures = new Map<string, Measured[]>()
    for (let round = 0; round < ROUNDS; round++) {
      // Everyone in turn within a round, so that a busy moment of the machine meets all of them.
      for (const task of TASKS) {
        for (const one of all) {
          if (task.isFile && !one.servesFiles) continue
          await wrk(one.url + task.path, one.host, 1, one.pid)
          const key = `${task.name} ${one.name}`
          figures.set(key, [...(figures.get(key) ?? []), await wrk(one.url + task.path, one.host, SECONDS, one.pid)])
          await sleep(200)
        }
      }
    }
    const middle = (task: Task, one: Contestant) => {
      const found = figures.get(`${task.name} ${one.name}`) ?? []
      return {
        rate: median(found.map((f) => f.rate)),
        p99: median(found.map((f) => f.p99Ms)),
        cpu: median(found.map((f) => f.cpuMicros)),
        failed: found.reduce((s, f) => s + f.failed, 0),
      }
    }
    const rows: string[][] = [['', '', 'requests/s', 'of Caddy', 'p99', 'processor per request', 'failed']]
    const broken: string[] = []
    const caddy = all.find((one) => one.name.startsWith('Caddy'))
    for (const task of TASKS) {
      for (const one of all.filter((c) => !task.isFile || c.servesFiles)) {
        const { rate, p99, cpu, failed } = middle(task, one)
        const ratio = caddy ? rate / middle(task, caddy).rate : Number.NaN
        rows.push([
          task.name,
          one.name,
          Math.round(rate).toLocaleString('en'),
          ratio ? ratio.toFixed(2) : '-',
          `${p99.toFixed(1)} ms`,
          `${cpu.toFixed(1)} µs`,
          String(failed),
        ])
        if (one.name !== 'Landfall') continue
        if (failed > 0) broken.push(`${failed} requests failed at the edge (${task.name})`)
        if (!task.isFile && ratio < TIMES_CADDY) broken.push(`${ratio.toFixed(2)} times Caddy (${task.name}), not ${TIMES_CADDY}`)
      }
    }
    return {
      title,
      text:
        `wrk with 50 kept connections, one instance (${all[0]?.about ?? ''}), all on this one machine; medians of ${ROUNDS} rounds of ${SECONDS} s in ` +
        'which everyone has a turn. Landfall is one process and writes its access log; nginx, HAProxy and Caddy use all cores and write none.' +
        (missing.length > 0 ? ` Not installed, so not run: ${missing.join(', ')}.` : ''),
      table: rows,
      broken,
    }
  } finally {
    await close()
    rmSync(folder, { recursive: true, force: true })
  }
}
