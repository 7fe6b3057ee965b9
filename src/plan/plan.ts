import { digestOf } from '../lib/digest.ts'
import type { Finding } from '../model/finding.ts'
import type { Plan, PlanInput, Step } from '../model/plan.ts'
import { planBackup, planVerify } from './backup.ts'
import { basisOf } from './basis.ts'
import { planCron } from './cron.ts'
import type { Decision } from './decision.ts'
import { planDown } from './down.ts'
import { planRestore } from './restore.ts'
import { planRollback } from './rollback.ts'
import { planTask } from './task.ts'
import { planUp } from './up.ts'

/** The plan, or findings of which at least one is an error. Pure: same inputs, same plan. */
export function makePlan(input: PlanInput): { plan?: Plan; findings: Finding[] } {
  const decision = decide(input)
  if (decision.findings.some((f) => f.level === 'error')) return { findings: decision.findings }
  const { app, environment, type } = input.intent
  const body = {
    app,
    environment,
    intent: type,
    ...(decision.release && { release: decision.release }),
    ...(input.observed.serves && { previous: input.observed.serves }),
    basis: basisOf(input.observed),
    stages: decision.stages.filter((s) => s.steps.length > 0),
    warnings: decision.warnings,
    ...(decision.outcome && { outcome: decision.outcome }),
  }
  return { plan: { id: digestOf(essence(body)), ...body }, findings: decision.findings }
}

function decide(input: PlanInput): Decision {
  switch (input.intent.type) {
    case 'up':
      return planUp(input, input.intent)
    case 'rollback':
      return planRollback(input, input.intent)
    case 'down':
      return planDown(input)
    case 'task':
      return planTask(input, input.intent)
    case 'cron':
      return planCron(input, input.intent)
    case 'backup':
      return planBackup(input, input.intent)
    case 'verify-backup':
      return planVerify(input, input.intent)
    case 'restore':
      return planRestore(input, input.intent)
  }
}

/** What tells plans apart. A component is its name here: together with its release and digest, which are in, that says all of it. */
function essence({ stages, outcome, ...rest }: Omit<Plan, 'id'>): unknown {
  const lean = (step: Step) =>
    'component' in step && typeof step.component === 'object' ? { ...step, component: step.component.name } : step
  const serving = Object.entries(outcome?.serving ?? {}).map(([name, s]) => [name, s.release, s.digest])
  return {
    ...rest,
    stages: stages.map((s) => ({ ...s, steps: s.steps.map(lean), undo: s.undo.map(lean) })),
    serving: serving.sort(),
    routes: outcome?.routes,
    data: outcome?.data,
  }
}
