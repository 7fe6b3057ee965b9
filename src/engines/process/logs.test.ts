import { execFileSync } from 'node:child_process'
import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { aWeb, EngineBench, get, shop, texts, until } from '../../../test/process-engine.ts'
import type { LogLine, LogQuery } from '../../model/plug.ts'
import { linesBetween } from './log-lines.ts'
import { addMark, dater, readMarks } from './log-marks.ts'
import { lookAtLog, watchLog } from './log-ring.ts'

describe('logs of instances', () => {
  let bench: EngineBench
  beforeEach(() => {
    bench = new EngineBench()
    bench.artifact('app')
  })
  afterEach(() => bench.close())
  const say = (endpoint: string, line: string) => get(endpoint, `/log/${encodeURIComponent(line)}`)
  const alive = { type: 'alive', settleSeconds: 0, timeoutSeconds: 5 } as const

  test('lines are dated when they came, and those of several components are merged by time', async () => {
    const [a, b] = [await bench.up(aWeb('a'), 'r1'), await bench.up(aWeb('b'), 'r1')]
    const times: [number, number][] = []
    for (const [i, to] of [a, b, a, b].entries()) {
      await new Promise((resolve) => setTimeout(resolve, 600))
      const before = Date.now()
      await say(to, `line ${i}`)
      times.push([before, Date.now()])
    }
    await new Promise((resolve) => setTimeout(resolve, 600))
    const lines = (await bench.logs()).filter((l) => l.text.startsWith('line'))
    expect(lines.map((l) => `${l.component} ${l.text}`)).toEqual(['a line 0', 'b line 1', 'a line 2', 'b line 3'])
    for (const [i, l] of lines.entries()) {
      expect(Date.parse(l.at)).toBeGreaterThan(times[i]![0] - 20)
      expect(Date.parse(l.at)).toBeLessThan(times[i]![1] + 20)
    }
  })

  test('components, release, moment and number of lines can be chosen', async () => {
    const a = await bench.up(aWeb('a'), 'r1')
    await bench.up(aWeb('a'), 'r2')
    await bench.up(aWeb('b'), 'r1')
    expect(new Set((await bench.logs({ components: ['a'] })).map((l) => l.component))).toEqual(new Set(['a']))
    expect(new Set((await bench.logs({ release: 'r2' })).map((l) => l.release))).toEqual(new Set(['r2']))
    await new Promise((resolve) => setTimeout(resolve, 700))
    // The kernel's times of files are a few milliseconds behind.
    const since = Date.now() - 10
    await say(a, 'late')
    await new Promise((resolve) => setTimeout(resolve, 400))
    expect((await bench.logs({ since })).map((l) => l.text)).toEqual(['late'])
    for (let i = 0; i < 20; i++) await say(a, `n${i}`)
    expect((await bench.logs({ components: ['a'], release: 'r1', lines: 3 })).map((l) => l.text)).toEqual(['n17', 'n18', 'n19'])
    expect(await bench.logs({ lines: 0 })).toEqual([])
  })

  test('lines are followed as they come, also those of a release that starts meanwhile', async () => {
    const endpoint = await bench.up(aWeb('a'), 'r1')
    const end = new AbortController()
    const got: string[] = []
    const following = (async () => {
      for await (const line of bench.engine.logs(shop, { follow: true, lines: 1, signal: end.signal }))
        got.push(`${line.release} ${line.text}`)
    })()
    await until('the last line is there', () => got.length === 1)
    await say(endpoint, 'one')
    await until('it came', () => got.includes('r1 one'))
    await bench.up(aWeb('a'), 'r2')
    await until('the new release is heard', () => got.includes('r2 listens'))
    await say(endpoint, 'two')
    await until('it came too', () => got.includes('r1 two'))
    end.abort()
    await following
    expect(got.filter((l) => l === 'r1 one')).toHaveLength(1)
  })

  test('logs outlive their instance, and go on in the same file after a restart', async () => {
    const endpoint = await bench.up(aWeb('a'), 'r1')
    await get(endpoint, '/exit').catch(() => {})
    await until('it runs again', async () => (await bench.engine.instances())[0]?.restarts === 1)
    await bench.healthy(aWeb('a'), 'r1')
    await bench.stop('a', 'r1')
    expect((await bench.logs()).map((l) => l.text).filter((t) => t === 'listens')).toHaveLength(2)
  })

  test('what a child writes to /dev/stdout and /dev/stderr anew is there', async () => {
    const job = aWeb('job', {}, { type: 'job', command: texts('sh', '-c', 'echo out >>/dev/stdout; echo err >>/dev/stderr') })
    await bench.start(job, 'r1')
    await bench.healthy(job, 'r1')
    expect((await bench.logs()).map((l) => l.text)).toEqual(['out', 'err'])
  })

  test('a flood neither fills the disk nor stops the instance, and says how much was dropped', async () => {
    await bench.close()
    bench = new EngineBench({}, { ringBytes: 1024 * 1024, floodBytes: 8 * 1024 * 1024, componentBytes: 1e9 })
    bench.artifact('app')
    await bench.up(aWeb('flood', {}, { type: 'worker', command: texts('yes', 'a line of a flood'), health: alive }), 'r1')
    const log = join(bench.home, 'logs/shop/local/flood/r1/0.log')
    let most = 0
    const before = process.memoryUsage().rss
    const end = Date.now() + 3000
    while (Date.now() < end) {
      most = Math.max(most, statSync(log).size)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    const grown = process.memoryUsage().rss - before
    await bench.stop('flood', 'r1')
    expect(statSync(`${log}.1`).size).toBeLessThan(3 * 1024 * 1024)
    const { text } = (await bench.logs({ lines: 1e9 })).find((l) => l.text.startsWith('[landfall]'))!
    expect(text).toMatch(/^\[landfall\] dropped about \d+ lines \(\d+\.\d MiB\): the log was full$/)
    // The bound is what a program can write between two looks; gigabytes would be none.
    expect(most).toBeLessThan(700 * 1024 * 1024)
    expect(grown).toBeLessThan(150 * 1024 * 1024)
  })
})

describe('a log file', () => {
  let folder: string
  let log: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'landfall-log-'))
    log = join(folder, '0.log')
    writeFileSync(log, '')
  })
  afterEach(() => rmSync(folder, { recursive: true }))
  const bounds = { ringBytes: 1000, floodBytes: 10_000, componentBytes: 1e9 }
  const linesOf = (path: string) => [...linesBetween(path, 0, Infinity, { end: 0 })]

  test('what was written while nobody looked is dated between the last look and the last writing', () => {
    appendFileSync(log, 'one\n')
    addMark(log, { end: 4, from: 1_000_000, to: 1_000_100 })
    appendFileSync(log, 'two\nthree\n')
    utimesSync(log, 1_005, 1_005)
    lookAtLog(watchLog(log, 0), bounds, 1_010_000)
    const times = linesOf(log).map((l) => l.time)
    expect(times[0]).toBe(1_000_100)
    expect(times[1]).toBeGreaterThan(1_000_100)
    expect(times[1]).toBeLessThan(1_005_000)
    expect(times[2]).toBe(1_005_000)
  })

  test('dates never go back, whatever the clock does', () => {
    const date = dater(
      [
        { end: 10, from: 5000, to: 6000 },
        { end: 20, from: 1000, to: 2000 },
      ],
      0,
    )
    expect([1, 5, 10, 12, 30].map(date)).toEqual([5100, 5500, 6000, 6000, 6000])
  })

  test('a full log is cut at a line, keeps its dates, and says what is missing', async () => {
    const watch = watchLog(log, 0)
    for (let i = 0; i < 5; i++) {
      appendFileSync(log, `${i} ${'x'.repeat(300)}\n`)
      utimesSync(log, 1000 + i, 1000 + i)
      lookAtLog(watch, { ...bounds, ringBytes: 1e9 }, (1000 + i) * 1000)
    }
    lookAtLog(watch, bounds, 1_010_000)
    await watch.cutting
    expect(statSync(log).size).toBe(0)
    const kept = linesOf(`${log}.1`)
    expect(kept.map((l) => l.text.slice(0, 2).trim())).toEqual(['[l', '2', '3', '4'])
    expect(kept[0]?.text).toMatch(/dropped about 2 lines/)
    expect(kept[3]?.time).toBe(1_004_000)
    expect(readMarks(`${log}.1`).cut?.keptFrom).toBe(606)
    appendFileSync(log, 'after\n')
    lookAtLog(watch, bounds)
    expect(linesOf(log).map((l) => l.text)).toEqual(['after'])
  })

  test('a line without an end is given in pieces, bytes that are no text are replaced', () => {
    writeFileSync(log, Buffer.concat([Buffer.alloc(40_000, 'a'), Buffer.from('\nok \xff\n', 'latin1')]))
    const lines = linesOf(log).map((l) => l.text)
    expect(lines.slice(0, 3).map((l) => l.length)).toEqual([16_384, 16_384, 7232])
    expect(lines[3]).toBe('ok \ufffd')
  })

  test('the last lines of old and new file are found, and a follower loses nothing to a cut', async () => {
    const home = join(folder, 'home')
    const place = join(home, 'logs/shop/local/web/r1')
    execFileSync('mkdir', ['-p', place])
    log = join(place, '0.log')
    writeFileSync(log, '')
    const { readLogs } = await import('./read-logs.ts')
    const read = async (query: Partial<LogQuery>) => {
      const got: LogLine[] = []
      for await (const line of readLogs(home, shop, { follow: false, ...query })) got.push(line)
      return got.map((l) => l.text)
    }
    const watch = watchLog(log, 0)
    const end = new AbortController()
    const followed: string[] = []
    const following = (async () => {
      for await (const line of readLogs(home, shop, { follow: true, lines: 0, signal: end.signal })) followed.push(line.text)
    })()
    await new Promise((resolve) => setTimeout(resolve, 300))
    const written: string[] = []
    for (let i = 0; i < 60; i++) {
      const line = `line ${i} ${'y'.repeat(50)}`
      written.push(line)
      appendFileSync(log, `${line}\n`)
      // Cut twice, the second one with lines in the ring that the follower has not seen yet.
      if (i === 20 || i === 40) {
        lookAtLog({ ...watch, size: 0, cutAt: 0 }, { ...bounds, ringBytes: 2000 })
        const forced = { ...watch, cutAt: 0 }
        lookAtLog(forced, { ...bounds, floodBytes: 500, ringBytes: 2000 })
        await forced.cutting
      }
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    await until('the last line came', () => followed.at(-1) === written.at(-1))
    end.abort()
    await following
    expect(followed.filter((l) => l.startsWith('line'))).toEqual(written)
    expect(await read({ lines: 25 })).toEqual(written.slice(-25))
    expect(readFileSync(log, 'utf8').length).toBeGreaterThan(0)
  })
})
