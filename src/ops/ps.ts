import type { Component } from '../model/app.ts'
import type { Plan, Scope } from '../model/plan.ts'
import type { RunRecord } from '../store/runs.ts'
import type { Store } from '../store/store.ts'
import type { CronState, OpAnswers, OpInput, PsAnswer, RunRow } from './contract.ts'
import { memoryOf } from './memory-of.ts'
import { urls } from './plan.ts'
import { appNameOf, type Where } from './read-manifest.ts'
import { cronJobId } from './schedule/jobs/cron.ts'
import { volumeSizes } from './volume-sizes.ts'
import type { Setting } from './world.ts'

/** What runs: of one folder's app, or of all. */
export async function ps(setting: Setting, input: OpInput<'ps'>): Promise<OpAnswers['ps']> {
  const { store, engine, edge } = setting
  const name = input.folder ? await appNameOf(whereOf(input, input.folder), store) : undefined
  const wanted = store.releases
    .apps()
    .filter(
      (a) => (name === undefined || a.app === name) && (input.environment === undefined || a.environment === input.environment),
    )
  const apps: PsAnswer['apps'] = []
  for (const a of wanted) {
    const scope = { app: a.app, environment: a.environment }
    const { outcome } = store.releases.serving(scope)
    const instances = await engine.instances(scope)
    const names = [...new Set([...Object.keys(outcome.serving), ...instances.map((i) => i.component)])].sort()
    apps.push({
      ...a,
      urls: await urls(setting, { ...scope, outcome }),
      components: names.map((component) => {
        const serving = outcome.serving[component]
        const own = instances.filter((i) => i.component === component)
        return {
          name: component,
          type: serving?.component.type ?? 'web',
          release: serving?.release ?? own[0]?.release ?? '',
          instances: own,
          ...cronOf(setting, scope, serving?.component),
        }
      }),
      openRuns: store.runs.open(scope).map((r) => rowOf(setting, r)),
      notices: store.notices.list(scope, 20),
      ...availabilityOf(store, scope),
      volumes: await volumeSizes(setting, scope, outcome.operate?.resources ?? []),
    })
  }
  const daemon = { pid: process.pid, version: setting.version, memoryMiB: memoryOf(process.pid) }
  const stats = await edge.stats().catch(() => undefined)
  if (!stats) return { apps, daemon }
  const { pid, requests, open, listeners } = stats
  return { apps, daemon, edge: { pid, memoryMiB: memoryOf(pid), requests, open, listeners } }
}

/** Of the last day. */
function availabilityOf(store: Store, scope: Scope): Pick<PsAnswer['apps'][number], 'availability'> {
  const availability = store.uptime.availability(scope, Date.now() - 86_400_000)
  return availability ? { availability } : {}
}

function ofWhat({ intent, stages }: Plan): { of?: string } {
  const step = stages[0]?.steps[0]
  if (step?.type !== 'run-once') return {}
  if (intent === 'cron') return { of: step.component.name }
  // `seed`, of which `seed-1` is the first command.
  return intent === 'task' ? { of: `${step.component.name}.${step.command.name.replace(/-1$/, '')}` } : {}
}

/** When a cron component runs next, and what became of its last run. */
function cronOf({ store, scheduler }: Setting, scope: Scope, component: Component | undefined): { cron?: CronState } {
  const schedule = component?.schedule
  if (!component || !schedule) return {}
  const next = scheduler
    .upcoming()
    .find(
      ({ job: j }) =>
        j.id === cronJobId(component.name) && j.scope.app === scope.app && j.scope.environment === scope.environment,
    )
  const last = store.runs.lastOf(scope, component.name)
  return {
    cron: {
      expression: schedule.expression,
      timeZone: schedule.timeZone,
      isRunning: last !== undefined && last.endedAt === undefined,
      ...(next && { nextAt: new Date(next.at).toISOString() }),
      ...(last && {
        last: {
          run: last.run,
          startedAt: new Date(last.startedAt).toISOString(),
          ...(last.state && { state: last.state }),
          ...(last.message && { message: last.message }),
        },
      }),
    },
  }
}

export async function runs(setting: Setting, input: OpInput<'runs'>): Promise<OpAnswers['runs']> {
  const app = input.folder ? await appNameOf(whereOf(input, input.folder), setting.store) : undefined
  const scope = app ? { app, environment: input.environment ?? 'local' } : undefined
  return setting.store.runs.list(scope, input.limit).map((r) => rowOf(setting, r))
}

function whereOf({ config, environment }: { config?: unknown; environment?: string | undefined }, folder: string): Where {
  return { folder, config, environment: environment ?? 'local' }
}

function rowOf(setting: Setting, r: RunRecord): RunRow {
  const step = setting.store.runs.lastStep(r.run)?.text
  return {
    run: r.run,
    app: r.app,
    environment: r.environment,
    intent: r.plan.intent,
    ...ofWhat(r.plan),
    ...(r.plan.release && { release: r.plan.release }),
    startedAt: new Date(r.startedAt).toISOString(),
    ...(r.endedAt !== undefined && { endedAt: new Date(r.endedAt).toISOString() }),
    ...(r.state && { state: r.state }),
    ...(step && { step }),
    ...(r.message && { message: r.message }),
  }
}
