import { LandfallError } from '../lib/error.ts'
import type { App } from '../model/app.ts'
import type { Finding } from '../model/finding.ts'
import type { Intent, Observed, Plan, PlanInput, RestoreWish, Scope } from '../model/plan.ts'
import { makePlan } from '../plan/plan.ts'
import { type Loaded, loadApp } from './app-of.ts'
import { restoreWish } from './backup.ts'
import type { EnvWant, OpInput } from './contract.ts'
import { generateMissing, storedValues, storedVersions, type Values, valueFindings } from './contract-check.ts'
import { insecureFindings } from './env-insecure.ts'
import { storeGiven, wantsOf, withGiven } from './env-sources.ts'
import { observe } from './observe.ts'
import { appNameOf, located } from './read-manifest.ts'
import { type RouteValue, routeText } from './value.ts'
import { rollbackIntent } from './way-back.ts'
import type { Setting } from './world.ts'

export interface Made {
  scope: Scope
  plan?: Plan
  findings: Finding[]
  /** Sources of variables that nobody asked yet. */
  wants?: EnvWant[]
}

/** The plan for a wish. `isForReal` makes what is to be generated; a mere look changes nothing. */
export async function planWish(setting: Setting, input: OpInput<'plan'>, isForReal: boolean): Promise<Made> {
  const { wish } = input
  const { stored, releases, keys } = setting.store
  // Without the key every value would be missing, and what is started then must not be an app with an empty environment.
  if (wish.type !== 'down') keys.refuseWithout()
  const restore = await restoreWish(setting, input)
  if (wish.type !== 'up' && !restore?.isFirst) return planOnRecord(setting, input, restore)
  const given: Values = new Map(input.given?.map((g) => [g.name, { value: g.value }]))
  const route = (v: RouteValue, app: App) =>
    routeText(v, { app: app.name, environment: app.environment.name }, app.routes, setting.edge)
  const { loaded, findings, scope, app, locate } = await loadApp(input, { stored: withGiven(stored, given), route })
  if (!scope) return { scope: { app: '', environment: input.environment }, findings }
  const wants = input.given === undefined && app ? wantsOf(app, scope, stored) : []
  const wanted = wants.length > 0 ? { wants } : {}
  if (app) findings.push(...located(await environmentFindings(setting, loaded?.app ?? app, scope, given, route), locate))
  if (!loaded || findings.some((f) => f.level === 'error')) return { scope, findings, ...wanted }
  if (isForReal) {
    storeGiven(loaded.app, scope, stored, given, Date.now())
    generateMissing(loaded.app, scope, stored, Date.now())
    releases.seen(scope, input.folder, Date.now())
  }
  const observed = await observe(setting, scope)
  const versions = storedVersions(loaded.app, scope, stored, given)
  const intent: Intent = {
    ...scope,
    type: 'up',
    release: releases.next(scope),
    stored: versions,
    ...(wish.type === 'up' && wish.only && { only: wish.only }),
    ...(restore && { restore: restore.wish }),
  }
  const made = makePlan(inputOf(observed, intent, loaded))
  return { scope, ...(made.plan && { plan: made.plan }), findings: [...findings, ...made.findings], ...wanted }
}

/** All that is wrong with the environment's values, and what is only unwise. */
async function environmentFindings(
  setting: Setting,
  app: App,
  scope: Scope,
  given: Values,
  route: (value: RouteValue, app: App) => Promise<string>,
): Promise<Finding[]> {
  const values: Values = new Map([...storedValues(scope, setting.store.stored), ...given])
  return [...valueFindings(app, scope, values), ...(await insecureFindings(app, values, (v) => route(v, app)))]
}

/** Rollback, down and tasks need nothing but what is on record: they work with a broken manifest too. */
async function planOnRecord(setting: Setting, input: OpInput<'plan'>, restore?: { wish: RestoreWish }): Promise<Made> {
  const { wish, environment } = input
  const scope = { app: await appNameOf(input, setting.store), environment }
  const observed = await observe(setting, scope)
  const intent: Intent = restore ? { ...scope, type: 'restore', ...restore.wish } : await intentOf(setting, wish, scope, observed)
  const made = makePlan(inputOf(observed, intent))
  return { scope, ...(made.plan && { plan: made.plan }), findings: made.findings }
}

async function intentOf(setting: Setting, wish: OpInput<'plan'>['wish'], scope: Scope, observed: Observed): Promise<Intent> {
  switch (wish.type) {
    case 'rollback':
      return rollbackIntent(setting, scope, { to: wish.to ?? beforeServing(scope, observed), data: wish.data }, observed)
    case 'task': {
      const has = ({ component }: Observed['serving'][string]) =>
        component.tasks[wish.task] || (wish.task === 'bootstrap' && component.bootstrap)
      const owner = wish.component ?? Object.values(observed.serving).find(has)?.component.name
      const nonce = `${Date.now().toString(36)}`
      const isAgain = wish.again && { isAgain: true }
      return { ...scope, type: 'task', component: owner ?? '', task: wish.task, nonce, ...isAgain }
    }
    case 'backup':
      return { ...scope, type: 'backup', why: wish.why, isVerified: wish.verify, nonce: Date.now().toString(36) }
    case 'verify-backup':
      setting.keeper.known(scope, wish.backup)
      return { ...scope, type: 'verify-backup', backup: wish.backup }
    default:
      return { ...scope, type: 'down' }
  }
}

/** Undefined where nothing keeps data. */
export async function planScheduledBackup(setting: Setting, scope: Scope): Promise<Plan | undefined> {
  const observed = await observe(setting, scope)
  const isVerified = setting.keeper.policyOf(scope).verify
  return makePlan(inputOf(observed, { ...scope, type: 'backup', why: 'schedule', isVerified, nonce: Date.now().toString(36) }))
    .plan
}

/** The plan of one firing; undefined where no such component serves any more. */
export async function planCronRun(setting: Setting, scope: Scope, component: string, nonce: string): Promise<Plan | undefined> {
  const observed = await observe(setting, scope)
  return makePlan(inputOf(observed, { ...scope, type: 'cron', component, nonce })).plan
}

function beforeServing(scope: Scope, observed: Observed): string {
  const before = observed.releases.filter(
    (r) => observed.serves === undefined || Number(r.release.slice(1)) < Number(observed.serves.slice(1)),
  )
  const last = before.at(-1)
  if (last) return last.release
  throw new LandfallError({
    code: 'E_UNKNOWN_RELEASE',
    message: observed.serves
      ? `${scope.app}/${scope.environment} has no release before ${observed.serves}`
      : `${scope.app}/${scope.environment} has no release to go back to`,
    hint: 'landfall runs',
  })
}

function inputOf(observed: Observed, intent: Intent, loaded?: Loaded): PlanInput {
  return {
    ...(loaded && { app: loaded.app }),
    artifacts: loaded?.artifacts ?? {},
    data: loaded?.data ?? {},
    provision: loaded?.provision ?? {},
    ...(loaded && { external: loaded.external }),
    observed,
    intent,
  }
}
