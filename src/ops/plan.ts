import { describeStage, describeStep } from '../lib/describe-step.ts'
import type { Url } from '../model/event.ts'
import type { Plan } from '../model/plan.ts'
import { urlsOf } from '../run/crew.ts'
import type { OpAnswers, OpInput } from './contract.ts'
import { planWish } from './make-plan.ts'
import { hasNewRecord } from './record-outcome.ts'
import type { Setting } from './world.ts'

/** What would happen. Changes nothing. */
export async function plan(setting: Setting, input: OpInput<'plan'>): Promise<OpAnswers['plan']> {
  const made = await planWish(setting, input, false)
  const wants = made.wants ? { wants: made.wants } : {}
  if (!made.plan) return { ...wants, findings: made.findings, text: [], urls: [] }
  return {
    ...wants,
    plan: made.plan,
    findings: made.findings,
    text: textOf(made.plan),
    urls: await urls(setting, made.plan),
    ...(hasNewRecord(setting.store, made.plan) && { isRecordNew: true }),
  }
}

/** Where the app answers, or will. */
export function urls(setting: Setting, made: Pick<Plan, 'app' | 'environment' | 'outcome'>): Promise<Url[]> {
  return urlsOf(setting, made)
}

function textOf(made: Plan): OpAnswers['plan']['text'] {
  return made.stages.map((s) => ({
    stage: describeStage(s),
    downtimeSeconds: s.downtimeSeconds,
    steps: s.steps.map(describeStep),
  }))
}
