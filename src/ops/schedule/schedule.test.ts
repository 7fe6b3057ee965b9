import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { LandfallError } from '../../lib/error.ts'
import { openSchedules, type Schedules } from '../../store/schedules.ts'
import { MIGRATIONS } from '../../store/schema.ts'
import { dueAt } from './due.ts'
import type { ScheduledJob } from './scheduled-job.ts'
import { Scheduler } from './scheduler.ts'

const NOON = Date.parse('2026-06-01T12:00:00Z')
const MINUTE = 60_000
const HOUR = 60 * MINUTE
const shop = { app: 'shop', environment: 'local' }

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'schedule-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

/** A scheduler on a clock of its own, over a real store; `restart` is another daemon over the same one. */
class Clockwork {
  now = NOON
  said: string[] = []
  jobs: ScheduledJob[] = []
  /** The disk takes nothing. */
  isBroken = false
  private timers: { at: number; work: () => void }[] = []
  private db = this.open()
  scheduler = this.make()

  /** The clock goes on and what is due is done, also what that makes due. */
  async pass(ms: number): Promise<void> {
    const end = this.now + ms
    for (;;) {
      await settled()
      const next = this.timers.sort((a, b) => a.at - b.at)[0]
      if (!next || next.at > end) break
      this.timers.shift()
      this.now = Math.max(this.now, next.at)
      next.work()
    }
    this.now = end
    await settled()
  }

  /** The wall clock is put forward or back; timers, which are monotonic, do not notice. */
  jump(ms: number): void {
    this.now += ms
    for (const t of this.timers) t.at += ms
  }

  get isIdle(): boolean {
    return this.timers.length === 0
  }

  async restart(): Promise<void> {
    await this.scheduler.close()
    this.timers = []
    this.db.close()
    this.db = this.open()
    this.scheduler = this.make()
  }

  private open(): DatabaseSync {
    const db = new DatabaseSync(join(folder, 'state.db'))
    const { user_version: have } = db.prepare('pragma user_version').get() as { user_version: number }
    if (have === 0) db.exec(`${MIGRATIONS.join('')} pragma user_version=1`)
    return db
  }

  private schedules(): Schedules {
    const whole = openSchedules(this.db)
    return {
      ...whole,
      fired: (...args) => {
        if (this.isBroken) throw new Error('database or disk is full')
        whole.fired(...args)
      },
    }
  }

  private make(): Scheduler {
    return new Scheduler({
      jobs: () => this.jobs,
      schedules: this.schedules(),
      now: () => this.now,
      say: (line) => this.said.push(line),
      later: (ms, work) => {
        const timer = { at: this.now + ms, work }
        this.timers.push(timer)
        return () => {
          this.timers = this.timers.filter((t) => t !== timer)
        }
      },
    })
  }
}

function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

/** A job that notes when it ran; with `isSlow` it goes on until `finish` or an abort. */
class Work implements ScheduledJob {
  id = 'work'
  scope = shop
  when: ScheduledJob['when']
  overlap: ScheduledJob['overlap'] = 'skip'
  ran: string[] = []
  ends: string[] = []
  isSlow = false
  finish = () => {}
  private readonly clock: Clockwork

  constructor(clock: Clockwork, when: ScheduledJob['when'] = { type: 'every', seconds: 600 }) {
    this.clock = clock
    this.when = when
  }

  run = async (signal: AbortSignal) => {
    this.ran.push(new Date(this.clock.now).toISOString().slice(11, 16))
    if (!this.isSlow) return
    await new Promise<void>((resolve) => {
      this.finish = resolve
      signal.addEventListener('abort', () => resolve())
    })
    this.ends.push(signal.aborted ? String(signal.reason) : 'finished')
  }
}

describe('firing', () => {
  test('a job fires at its times, and the first of them is counted from when it was first seen', async () => {
    const clock = new Clockwork()
    const work = new Work(clock)
    clock.jobs = [work]
    clock.scheduler.start()
    await clock.pass(35 * MINUTE)
    expect(work.ran).toEqual(['12:10', '12:20', '12:30'])
  })

  test('nothing is done, and no timer set, while there is nothing to fire', async () => {
    const clock = new Clockwork()
    clock.scheduler.start()
    expect(clock.isIdle).toBe(true)
    clock.jobs = [new Work(clock)]
    clock.scheduler.refresh()
    expect(clock.isIdle).toBe(false)
    clock.jobs = []
    clock.scheduler.refresh()
    expect(clock.isIdle).toBe(true)
  })

  test('firings that were missed are made up for by one, after sleep and after a restart', async () => {
    const clock = new Clockwork()
    const work = new Work(clock)
    clock.jobs = [work]
    clock.scheduler.start()
    await clock.pass(15 * MINUTE)
    clock.jump(5 * HOUR)
    await clock.pass(MINUTE)
    expect(work.ran).toEqual(['12:10', '17:16'])
    await clock.restart()
    clock.now += 3 * HOUR
    clock.scheduler.start()
    await clock.pass(MINUTE)
    expect(work.ran).toHaveLength(3)
  })

  test('a clock that goes a day ahead fires once, and one that goes back an hour repeats nothing', async () => {
    const clock = new Clockwork()
    const work = new Work(clock, { type: 'cron', expression: '0 * * * *', timeZone: 'UTC' })
    clock.jobs = [work]
    clock.scheduler.start()
    clock.jump(24 * HOUR)
    await clock.pass(MINUTE)
    expect(work.ran).toHaveLength(1)
    // Put right again: what the wrong clock wrote does not silence the job for a day.
    clock.jump(-24 * HOUR)
    await clock.pass(HOUR)
    expect(work.ran).toHaveLength(2)
    clock.jump(-HOUR)
    await clock.pass(50 * MINUTE)
    expect(work.ran).toHaveLength(2)
    await clock.pass(70 * MINUTE)
    expect(work.ran).toHaveLength(3)
  })

  test('what fails is told and fires again the next time', async () => {
    const clock = new Clockwork()
    const work = new Work(clock)
    const { run } = work
    work.run = async (signal) => {
      await run(signal)
      throw new Error('the disk is full')
    }
    clock.jobs = [work]
    clock.scheduler.start()
    await clock.pass(25 * MINUTE)
    expect(work.ran).toEqual(['12:10', '12:20'])
    expect(clock.said).toEqual(Array(2).fill('shop/local work: the disk is full'))
  })

  test('a disk that takes nothing is told, and looked at again after a while, not all the time', async () => {
    const clock = new Clockwork()
    const work = new Work(clock)
    clock.jobs = [work]
    clock.scheduler.start()
    await clock.pass(5 * MINUTE)
    clock.isBroken = true
    await clock.pass(8 * MINUTE)
    expect(work.ran).toEqual([])
    expect(clock.said.length).toBeGreaterThan(0)
    expect(clock.said.length).toBeLessThan(10)
    clock.isBroken = false
    await clock.pass(2 * MINUTE)
    expect(work.ran).toHaveLength(1)
  })

  test('a locked environment is asked again until it is free', async () => {
    const clock = new Clockwork()
    const work = new Work(clock)
    let isLocked = true
    const { run } = work
    work.run = async (signal) => {
      if (isLocked) throw new LandfallError({ code: 'E_LOCKED', message: 'a run is under way' })
      await run(signal)
    }
    clock.jobs = [work]
    clock.scheduler.start()
    await clock.pass(12 * MINUTE)
    isLocked = false
    await clock.pass(3 * MINUTE)
    expect(work.ran).toEqual(['12:12'])
    expect(clock.said).toEqual([])
  })
})

describe('overlap', () => {
  const slow = (overlap: ScheduledJob['overlap']) => {
    const clock = new Clockwork()
    const work = new Work(clock)
    Object.assign(work, { overlap, isSlow: true })
    clock.jobs = [work]
    clock.scheduler.start()
    return { clock, work }
  }

  test('skip: a firing while it runs is left out, and said', async () => {
    const { clock, work } = slow('skip')
    await clock.pass(35 * MINUTE)
    expect(work.ran).toEqual(['12:10'])
    expect(clock.said).toHaveLength(2)
    work.finish()
    await clock.pass(10 * MINUTE)
    expect(work.ran).toEqual(['12:10', '12:40'])
  })

  test('queue: one firing waits for the end, however many came', async () => {
    const { clock, work } = slow('queue')
    await clock.pass(35 * MINUTE)
    work.finish()
    await clock.pass(MINUTE)
    expect(work.ran).toEqual(['12:10', '12:35'])
    work.finish()
    await clock.pass(MINUTE)
    expect(work.ran).toHaveLength(2)
  })

  test('replace: the one that runs is ended, and the next begins when it is gone', async () => {
    const { clock, work } = slow('replace')
    await clock.pass(25 * MINUTE)
    expect(work.ran).toEqual(['12:10', '12:20'])
    expect(work.ends).toEqual(['replace'])
  })

  test('what a dead daemon began counts as running', async () => {
    const clock = new Clockwork()
    const work = new Work(clock)
    let end = () => {}
    const left = new Promise<void>((resolve) => {
      end = resolve
    })
    clock.jobs = [Object.assign(work, { underWay: () => left })]
    clock.scheduler.start()
    await clock.pass(15 * MINUTE)
    expect(work.ran).toEqual([])
    end()
    await clock.pass(10 * MINUTE)
    expect(work.ran).toEqual(['12:20'])
  })

  test('the end of the daemon ends what listens, and fires nothing more', async () => {
    const { clock, work } = slow('queue')
    await clock.pass(25 * MINUTE)
    await clock.scheduler.close()
    expect(work.ends).toEqual(['close'])
    expect(work.ran).toHaveLength(1)
    expect(clock.isIdle).toBe(true)
  })
})

describe('cron expressions', () => {
  const berlin = { type: 'cron', expression: '30 2 * * *', timeZone: 'Europe/Berlin' } as const
  const days = (from: string, count: number) => {
    const fired: string[] = []
    for (let at = Date.parse(from); fired.length < count; ) {
      at = dueAt(berlin, at) ?? Number.NaN
      fired.push(new Date(at).toISOString().slice(0, 16))
    }
    return fired
  }

  test('are read by the clocks of their time zone, once a day also where a night has an hour more or less', () => {
    expect(days('2026-03-28T12:00:00Z', 2)).toEqual(['2026-03-29T01:00', '2026-03-30T00:30'])
    expect(days('2026-10-24T12:00:00Z', 2)).toEqual(['2026-10-25T00:30', '2026-10-26T01:30'])
  })
})
