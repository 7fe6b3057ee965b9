import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { copyExample, Machine } from '../test/e2e/helpers.ts'
import { startLoad } from './load.ts'
import { countWritten } from './rows.ts'
import { median, ms, type Section, timed } from './section.ts'

const RELEASES = Number(process.env.LANDFALL_BENCH_RELEASES ?? 30)
/** Sockets may stay this long with a release that has been replaced. */
const DRAIN_SECONDS = 10

/** Releases in a row under load: no request may fail because of any of them. */
export default async function releases(): Promise<Section> {
  const machine = await Machine.make()
  try {
    const folder = copyExample('communityrule', machine)
    setDrain(folder)
    await machine.must(['env', 'set', 'RATE_LIMIT=0', 'BENCH=1'], { cwd: folder })
    await machine.must(['up', '--yes'], { cwd: folder })
    const url = await machine.url()
    const load = await startLoad({
      url,
      clients: 16,
      pauseMs: 20,
      reads: ['/', '/api/rules', '/api/templates', '/rules', '/api/health'],
      write: { path: '/api/rules', body: { summary: 'Written under load.', sections: { decisions: 'By consent.' } } },
      slow: { clients: 8, path: '/api/slow?ms=2000' },
      sockets: { count: 200, path: '/api/live' },
    })
    const times: number[] = []
    /** When requests and new sockets went to something newer than this release. */
    const replacedAt = new Map<string, number>()
    const broken: string[] = []
    let serves = (await machine.app()).release ?? ''
    for (let n = 1; n <= RELEASES; n++) {
      change(folder, n)
      const { ms: took, result } = await timed(() => machine.up(folder))
      if (result.code !== 0) throw new Error(`release ${n} ended with ${result.code}: ${result.end?.message}`)
      times.push(took)
      const switched = result.events.find((e) => e.type === 'step' && e.what === 'route' && e.state === 'done')
      replacedAt.set(serves, Date.parse(switched?.at ?? ''))
      serves = result.end?.serving ?? ''
      const { requests, failed } = await load.stats()
      if (n % 5 === 0) console.log(`  ${n} of ${RELEASES} releases: ${requests} requests, ${failed} failed`)
    }
    const result = await load.stop()
    const rows = await countWritten(url)
    const lost = result.accepted.filter((title) => !rows.titles.has(title)).length
    const early = result.sockets.closed.filter(({ release, at }) => {
      const replaced = replacedAt.get(release ?? '')
      return replaced === undefined || at < replaced + DRAIN_SECONDS * 1000 - 250
    })
    const promise = (holds: boolean, what: string) => holds || broken.push(what)
    promise(result.failed === 0, `${result.failed} requests failed: ${result.failures.slice(0, 5).join('; ')}`)
    promise(lost === 0, `${lost} acknowledged writes are not there`)
    promise(rows.twice.length === 0, `${rows.twice.length} writes happened twice`)
    promise(
      rows.rows === result.accepted.length,
      `${result.accepted.length} writes were acknowledged, ${rows.rows} rows are there`,
    )
    const told = early.map(
      ({ release = '?', code, at }) => `${release} with ${code} after ${at - (replacedAt.get(release) ?? Number.NaN)} ms`,
    )
    promise(early.length === 0, `${early.length} sockets were cut before their drain limit: ${told.slice(0, 8).join(', ')}`)
    return {
      title: `${RELEASES} releases in a row under load`,
      text:
        'CommunityRule on its own PostgreSQL, each release a changed source that is built: 16 keep-alive connections (one request in ten writes a ' +
        `row), 8 connections that ask for answers of two seconds, 200 WebSockets with a drain limit of ${DRAIN_SECONDS} s. Nothing is tried twice.`,
      table: [
        ['', 'figure'],
        ['requests', `${result.requests} in ${Math.round(result.seconds)} s`],
        ['failed requests', String(result.failed)],
        ['rows written, acknowledged and there', `${rows.rows} of ${result.accepted.length}, ${rows.twice.length} twice`],
        ['answers of two seconds', String(result.slow)],
        [
          'WebSockets opened / refused / cut before their drain limit',
          `${result.sockets.opened} / ${result.sockets.refused} / ${early.length}`,
        ],
        ['latency, median / p99 / max', `${ms(result.ms.median)} / ${ms(result.ms.p99)} / ${ms(result.ms.max)}`],
        [
          'a release from `landfall up` to the switch, build included',
          `median ${ms(median(times))}, longest ${ms(Math.max(...times))}`,
        ],
      ],
      broken,
    }
  } finally {
    await machine.close()
  }
}

function change(folder: string, n: number): void {
  const file = join(folder, 'src/views/home.ts')
  writeFileSync(file, readFileSync(file, 'utf8').replace(/<h1>[^<]*<\/h1>/, `<h1>Decide together, release ${n}.</h1>`))
}

function setDrain(folder: string): void {
  const file = join(folder, 'landfall.yaml')
  const text = readFileSync(file, 'utf8')
  const next = /drain: *\w+/.test(text)
    ? text.replace(/drain: *\w+/, `drain: ${DRAIN_SECONDS}s`)
    : text.replace(/^( {4})type: web$/m, `$1type: web\n$1stop: { drain: ${DRAIN_SECONDS}s }`)
  if (next === text) throw new Error('the manifest has no place for a drain limit')
  writeFileSync(file, next)
}
