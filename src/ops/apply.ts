import { LandfallError } from '../lib/error.ts'
import type { OpAnswers, OpInput } from './contract.ts'
import { planWish } from './make-plan.ts'
import { urls } from './plan.ts'
import { appNameOf, firstError, isProtected } from './read-manifest.ts'
import { hasNewRecord, recordOutcome } from './record-outcome.ts'
import type { Setting } from './world.ts'

/** Their plans hold a nonce of their own: what a person saw of it is its name. */
const HAS_NONCE = new Set(['task', 'backup'])

/** Makes the plan once more, and begins its run when it is the one that the person saw. */
export async function apply(setting: Setting, input: OpInput<'apply'>): Promise<OpAnswers['apply']> {
  const { runs } = setting.store
  const known = async () => {
    const before = input.key === undefined ? undefined : runs.byKey(input.key)
    return before && { run: before.run, plan: before.plan, urls: await urls(setting, before.plan) }
  }
  const before = await known()
  if (before) return before
  const scope = { app: await appNameOf(input, setting.store), environment: input.environment }
  return setting.inTurn(scope, async () => {
    // Whoever asked with the same key a moment ago had the turn before.
    const meanwhile = await known()
    if (meanwhile) return meanwhile
    runs.refuseWhileLocked(scope)
    await confirmed(setting, input, scope.app)
    const { plan, findings } = await planWish(setting, input, true)
    if (!plan) throw firstError(findings)
    if (input.planId !== undefined && input.planId !== plan.id && !HAS_NONCE.has(input.wish.type)) {
      throw new LandfallError({
        code: 'E_BASIS',
        message: 'the world or the files have changed since the plan was made; nothing was done',
        hint: `landfall ${input.wish.type === 'up' ? 'up' : input.wish.type}, and look at the new plan`,
      })
    }
    if (plan.stages.length === 0) {
      const isRecorded = hasNewRecord(setting.store, plan)
      if (isRecorded) recordOutcome(setting.store, plan)
      setting.scheduler.refresh()
      return { plan, urls: await urls(setting, plan), ...(isRecorded && { isRecorded }) }
    }
    const run = setting.conductor.begin(plan, input.key)
    return { run: run.run, plan, urls: await urls(setting, plan) }
  })
}

async function confirmed(setting: Setting, input: OpInput<'apply'>, app: string): Promise<void> {
  // They change nothing that serves.
  if (input.wish.type === 'backup' || input.wish.type === 'verify-backup') return
  if (!(await isProtected(input, setting.store)) || input.confirm === app) return
  throw new LandfallError({
    code: 'E_CONFIRM',
    message: `${input.environment} of ${app} is protected: a change wants the app's name as confirmation`,
    hint: `landfall ${commandOf(input.wish)} --env ${input.environment} --yes=${app}`,
  })
}

function commandOf(wish: OpInput<'apply'>['wish']): string {
  if (wish.type === 'backup') return 'backup create'
  if (wish.type === 'verify-backup') return `backup verify ${wish.backup}`
  if (wish.type === 'restore') return `backup restore ${wish.backup}`
  if (wish.type !== 'task') return wish.type
  return `run ${wish.component ? `${wish.component}.` : ''}${wish.task}`
}
