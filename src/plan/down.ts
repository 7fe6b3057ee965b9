import type { PlanInput, Stage } from '../model/plan.ts'
import type { Decision } from './decision.ts'
import { inLevels } from './order.ts'
import { stopOf } from './roll.ts'

/** Everything stops, users of a thing before the thing. Data, releases and stored values stay. */
export function planDown({ observed }: PlanInput): Decision {
  const serving = Object.values(observed.serving)
  const order = inLevels(serving.map((s) => s.component))
    .flat()
    .reverse()
  const steps = order.map((c) => stopOf(observed.serving[c.name]!))
  const extra = observed.running.filter((r) => observed.serving[r.component]?.release !== r.release)
  const leftovers = extra.map((r): Stage['steps'][number] => ({ type: 'stop', component: r.component, release: r.release }))
  const hasRoutes = observed.routes.length > 0
  const stages: Stage[] = [
    { name: 'switch', downtimeSeconds: 0, steps: hasRoutes ? [{ type: 'route', routes: [], internal: [] }] : [], undo: [] },
    { name: 'retire', downtimeSeconds: 0, steps: [...leftovers, ...steps], undo: [] },
  ]
  const volumes = observed.volumes.join(', ')
  return {
    stages,
    warnings: [
      ...(serving.length > 0
        ? [{ type: 'downtime' as const, code: 'W_DOWN', message: 'the app answers no requests from then on' }]
        : []),
      ...(volumes ? [{ type: 'note' as const, code: 'W_DATA_STAYS', message: `data stays: ${volumes}` }] : []),
    ],
    outcome: { serving: {}, routes: [], data: observed.data },
    findings: [],
  }
}
