import type { Intent, Observed, PlanInput, RestoreWish, ServingComponent, Stage, Step } from '../model/plan.ts'
import { goOn, pause } from './backup.ts'
import type { Decision } from './decision.ts'
import { internalLines, stopOf } from './roll.ts'

/**
 * New places beside the live ones are filled while everything goes on. Then the app stands still, the new places become the live
 * ones, and it goes on. What was live stays until somebody confirms.
 */
export function planRestore({ observed }: PlanInput, intent: Extract<Intent, { type: 'restore' }>): Decision {
  const { restore, backup, resources, at, file } = intent
  if (!observed.serves) {
    const message = 'nothing serves here, so there is nowhere to restore into'
    return {
      stages: [],
      warnings: [],
      findings: [{ level: 'error', code: 'E_NOT_UP', at: 'backup', message, hint: 'landfall up' }],
    }
  }
  const users = Object.values(observed.serving).filter((s) => !s.component.resource && s.component.type !== 'static')
  const running = users.filter((s) => observed.running.some((r) => r.component === s.component.name && r.release === s.release))
  const swap: Step = { type: 'swap-data', restore, resources, isBack: false }
  const stages: Stage[] = [
    {
      name: 'restore',
      downtimeSeconds: 0,
      steps: [{ type: 'restore', restore, backup, resources, ...(file && { file }) }],
      undo: [],
    },
    {
      name: 'switch',
      downtimeSeconds: running.length === 0 ? 0 : 5,
      steps: [...pause(running, observed), swap, ...goOnChecked(running, observed)],
      undo: [...running.map(stopOf), { ...swap, isBack: true }, ...goOn(running, observed)],
    },
  ]
  const list = resources.join(', ')
  return {
    release: observed.serves,
    stages,
    warnings: [
      {
        type: 'destructive',
        code: 'W_RESTORE',
        message: `${list} becomes what ${file ? 'the file holds' : `it was at ${at}`}; what was written since is set aside until \`landfall backup confirm ${restore}\``,
      },
      ...(running.length > 0
        ? [
            {
              type: 'downtime' as const,
              code: 'W_SWAP',
              message: 'the app stands still while the data is swapped: requests wait',
            },
          ]
        : []),
    ],
    findings: [],
  }
}

/** What was brought back is asked before it has requests: the checks of the release that serves. A failed one swaps back. */
function goOnChecked(running: ServingComponent[], observed: Observed): Step[] {
  const steps = goOn(running, observed)
  const release = observed.serves
  const { operate } = observed.releases.find((r) => r.release === release) ?? {}
  const checks = (operate?.checks ?? []).filter((c) => c.on.includes('restore'))
  if (release === undefined || checks.length === 0 || steps.length === 0 || observed.routes.length === 0) return steps
  const internal = internalLines(observed.serving)
  const smoke: Step = { type: 'smoke', release, routes: observed.routes, internal, checks }
  // Components ask each other while the world still waits.
  const opens = running.filter((s) => s.component.address === 'edge').map((s) => s.component.name)
  const open: Step[] = opens.length > 0 ? [{ type: 'route', routes: observed.routes, internal, opens }] : []
  return [...steps.slice(0, -1), ...open, smoke, ...steps.slice(-1)]
}

/** On a machine where nothing is yet: filled before anything of the app starts. */
export function restoreStage({ restore, backup, resources }: RestoreWish): Stage {
  return {
    name: 'restore',
    downtimeSeconds: 0,
    steps: [
      { type: 'restore', restore, backup, resources },
      { type: 'swap-data', restore, resources, isBack: false },
    ],
    undo: [{ type: 'swap-data', restore, resources, isBack: true }],
  }
}
