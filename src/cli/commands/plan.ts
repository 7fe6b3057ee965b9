import { showFindings } from '../carry-out.ts'
import type { Run } from '../command.ts'
import { answer } from '../context.ts'
import { planWithSources } from '../plan-with-sources.ts'
import { renderPlan } from '../render/plan.ts'
import { openSession } from '../session.ts'
import { whereOf } from '../where.ts'

export const run: Run = async (context, components) => {
  const where = await whereOf(context)
  const session = await openSession(context)
  const wish = { type: 'up' as const, ...(components.length > 0 && { only: components }) }
  const made = (await planWithSources(session, { ...where, wish })).made
  showFindings(context, made.findings)
  const { plan } = made
  if (!plan) {
    if (context.isJson) answer(context, made, () => '')
    return 2
  }
  answer(context, made, () => (plan.stages.length === 0 ? nothingToDo(plan.previous) : renderPlan(plan, context.out.look)))
  return 0
}

const nothingToDo = (release: string | undefined) =>
  `nothing to do${release ? `: ${release} serves what the manifest describes` : ''}`
