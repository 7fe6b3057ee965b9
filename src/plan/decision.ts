import type { Finding } from '../model/finding.ts'
import type { Outcome, PlanWarning, Stage } from '../model/plan.ts'

/** What a kind of intent decides; the rest of a plan follows from it. */
export interface Decision {
  release?: string
  stages: Stage[]
  warnings: PlanWarning[]
  outcome?: Outcome
  findings: Finding[]
}
