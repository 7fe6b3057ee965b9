import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { Keeper } from '../backup/keeper.ts'
import { builders } from '../builders/all.gen.ts'
import type { CheckDeps } from '../checks/deps.ts'
import { edgeTypes } from '../edge/all.gen.ts'
import { engineTypes } from '../engines/all.gen.ts'
import { collectGarbage } from '../lib/collect-garbage.ts'
import { LandfallError } from '../lib/error.ts'
import { whyReadOnly } from '../lib/read-only.ts'
import type { Scope } from '../model/plan.ts'
import type { Edge, Engine, ServerType } from '../model/plug.ts'
import { resourceTypes } from '../resources/all.gen.ts'
import { Conductor } from '../run/conductor.ts'
import { openAll, type Store } from '../store/store.ts'
import { checkDeps } from './check-deps.ts'
import { recoverRuns } from './recover-runs.ts'
import { cleanRehearsals } from './rehearse/rehearse.ts'
import { allJobs } from './schedule/jobs/all.ts'
import { Scheduler } from './schedule/scheduler.ts'
import { resolveValue } from './value.ts'
import type { WorldOptions } from './world-type.ts'

/** Everything that an op may need; one for each LANDFALL_HOME. */
export interface Setting extends WorldOptions {
  store: Store
  engine: Engine
  edge: Edge
  conductor: Conductor
  /** Backups and restores. */
  keeper: Keeper
  /** What checks look into. */
  checks: CheckDeps
  /** What happens again and again: backups, checks, cron components. */
  scheduler: Scheduler
  startedAt: string
  /** One planning at a time for an environment, so that what was observed still holds when the run begins. */
  inTurn<T>(scope: Scope, work: () => Promise<T>): Promise<T>
}

/** How often a dead edge is looked for; its own shell restarts it within a moment, this is for when that died too. */
const EDGE_WATCH_MS = 2_000

/** The records are read through once a day, so that a page that rots is found before it is needed. */
const DAY_MS = 86_400_000

/** A run's last events are out by then, and what it needed is free. */
const TIDY_AFTER_MS = 2_000

export async function openSetting(options: WorldOptions): Promise<Setting & { close(): Promise<void> }> {
  if (whyReadOnly(options.home) === undefined) mkdirSync(join(options.home, 'run'), { recursive: true, mode: 0o700 })
  const store = openAll(options.home, { onLost: (error) => options.lost?.(error.message) })
  for (const alert of store.alerts) options.say(alert)
  const edge = await plug(edgeTypes, 'builtin', 'edge').connect({ home: options.home, say: options.say })
  const servers: Record<string, ServerType> = {}
  for (const [name, type] of Object.entries(resourceTypes)) if (type.server) servers[name] = type.server
  const engine: Engine = await plug(engineTypes, 'process', 'engine').connect({
    home: options.home,
    builders,
    servers,
    value: (value, of) => resolveValue(value, of, { store, engine: () => engine, edge }),
    version: (of) => store.releases.get(of, of.release)?.version,
    notice: (notice) => {
      try {
        store.notices.add(notice)
      } catch (error) {
        // A full disk must not keep an instance from being looked after.
        options.say(`not on record: ${error instanceof Error ? error.message : String(error)}`)
      }
      options.say(`${notice.app}/${notice.environment} ${notice.component} ${notice.release}: ${notice.message}`)
    },
  })
  engine.drained((endpoint) => edge.inFlight(endpoint))
  const quietly = (what: string) => (error: unknown) =>
    options.say(`${what}: ${error instanceof Error ? error.message : String(error)}`)
  engine.onEndpoints((scope, component, release, endpoints) => {
    edge.endpoints(scope, component, release, endpoints).catch(quietly(`edge: endpoints of ${component} ${release}`))
  })
  const daily = setInterval(() => store.check(), DAY_MS).unref()
  const watch = setInterval(() => void edge.ensure().catch(quietly('edge')), EDGE_WATCH_MS)
  const checks = checkDeps({ store, engine: () => engine, edge })
  const keeper = new Keeper({
    home: options.home,
    store,
    engine: () => engine,
    types: resourceTypes,
    text: (value, of) => resolveValue(value, of, { store, engine: () => engine, edge }),
    now: () => Date.now(),
    say: options.say,
  })
  const conductor = new Conductor(
    { engine, edge, store, checks, data: keeper, now: () => Date.now() },
    options.say,
    () => {
      setTimeout(collectGarbage, TIDY_AFTER_MS).unref()
    },
    () => scheduler.refresh(),
  )
  const scheduler: Scheduler = new Scheduler({
    jobs: () => allJobs(setting),
    schedules: store.schedules,
    now: () => Date.now(),
    say: options.say,
    later(ms, work) {
      const timer = setTimeout(work, ms)
      return () => clearTimeout(timer)
    },
  })
  const turns = new Map<string, Promise<unknown>>()
  const setting: Setting & { close(): Promise<void> } = {
    ...options,
    store,
    engine,
    edge,
    conductor,
    keeper,
    checks,
    scheduler,
    startedAt: new Date().toISOString(),
    inTurn(scope, work) {
      const place = `${scope.app}/${scope.environment}`
      const next = (turns.get(place) ?? Promise.resolve()).then(work, work)
      turns.set(
        place,
        next.catch(() => {}),
      )
      return next
    },
    async close() {
      clearInterval(watch)
      clearInterval(daily)
      // What was scheduled may wait for a run, and that is the conductor's to suspend.
      const scheduled = scheduler.close()
      await conductor.close()
      await scheduled
      await engine.close()
      await edge.close()
      store.close()
    },
  }
  return setting
}

/** Living instances are adopted, the edge is told where they are, and runs that were cut off go on. */
export async function recoverSetting(setting: Setting): Promise<void> {
  const { edge, engine, store } = setting
  await edge.ensure()
  await engine.recover()
  for (const scope of store.releases.apps()) {
    for (const s of Object.values(store.releases.serving(scope).outcome.serving)) {
      const endpoints = await engine.endpoints(scope, s.component.name, s.release)
      if (endpoints.length > 0) await edge.endpoints(scope, s.component.name, s.release, endpoints)
    }
  }
  await recoverRuns(setting)
  // Beside all else: it may have to wait for a run that goes on.
  void cleanRehearsals(setting)
  setting.scheduler.start()
}

function plug<T>(all: Record<string, T>, name: string, what: string): T {
  const found = all[name]
  if (found) return found
  throw new LandfallError({ code: 'E_INTERNAL', message: `the ${what} \`${name}\` is not built in` })
}
