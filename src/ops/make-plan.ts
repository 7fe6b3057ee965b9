import { LandfallError } from '../lib/error.ts'
import type { Finding } from '../model/finding.ts'
import type { Intent, Observed, Plan, PlanInput, Scope } from '../model/plan.ts'
import { makePlan } from '../plan/plan.ts'
import { type Loaded, loadApp } from './app-of.ts'
import type { OpInput } from './contract.ts'
import { contractFindings, generateMissing, storedVersions } from './contract-check.ts'
import { observe } from './observe.ts'
import { appNameOf } from './read-manifest.ts'
import { routeText } from './value.ts'
import type { Setting } from './world.ts'

export interface Made {
  scope: Scope
  plan?: Plan
  findings: Finding[]
}

/** The plan for a wish. `isForReal` makes what is to be generated; a mere look changes nothing. */
export async function planWish(setting: Setting, input: OpInput<'plan'>, isForReal: boolean): Promise<Made> {
  const { wish } = input
  if (wish.type !== 'up') return planOnRecord(setting, input)
  const { loaded, findings, scope } = await loadApp(input, {
    stored: setting.store.stored,
    route: (v, app) => routeText(v, { app: app.name, environment: app.environment.name }, app.routes, setting.edge),
  })
  if (!scope) return { scope: { app: '', environment: input.environment }, findings }
  if (!loaded) return { scope, findings }
  const { stored, releases } = setting.store
  findings.push(...contractFindings(loaded.app, scope, stored))
  if (findings.some((f) => f.level === 'error')) return { scope, findings }
  if (isForReal) {
    generateMissing(loaded.app, scope, stored, Date.now())
    releases.seen(scope, input.folder, Date.now())
  }
  const observed = await observe(setting, scope)
  const versions = storedVersions(loaded.app, scope, stored)
  const intent: Intent = {
    ...scope,
    type: 'up',
    release: releases.next(scope),
    stored: versions,
    ...(wish.only && { only: wish.only }),
  }
  const made = makePlan(inputOf(observed, intent, loaded))
  return { scope, ...(made.plan && { plan: made.plan }), findings: [...findings, ...made.findings] }
}

/** Rollback, down and tasks need nothing but what is on record: they work with a broken manifest too. */
async function planOnRecord(setting: Setting, input: OpInput<'plan'>): Promise<Made> {
  const { wish, environment } = input
  const scope = { app: await appNameOf(input, setting.store), environment }
  const observed = await observe(setting, scope)
  const intent = intentOf(wish, scope, observed)
  const made = makePlan(inputOf(observed, intent))
  return { scope, ...(made.plan && { plan: made.plan }), findings: made.findings }
}

function intentOf(wish: OpInput<'plan'>['wish'], scope: Scope, observed: Observed): Intent {
  switch (wish.type) {
    case 'rollback':
      return { ...scope, type: 'rollback', to: wish.to ?? beforeServing(scope, observed) }
    case 'task': {
      const owner = wish.component ?? Object.values(observed.serving).find((s) => s.component.tasks[wish.task])?.component.name
      const nonce = `${Date.now().toString(36)}`
      return { ...scope, type: 'task', component: owner ?? '', task: wish.task, nonce }
    }
    default:
      return { ...scope, type: 'down' }
  }
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
    observed,
    intent,
  }
}
