import type { Intent, PlanInput, Step } from '../model/plan.ts'
import type { Decision } from './decision.ts'

/** A command that a person asked for, with what serves now. */
export function planTask({ observed }: PlanInput, intent: Extract<Intent, { type: 'task' }>): Decision {
  const serving = observed.serving[intent.component]
  const commands = serving?.component.tasks[intent.task]
  if (!serving || !commands) {
    const tasks = Object.values(observed.serving).flatMap((s) =>
      Object.keys(s.component.tasks).map((t) => `${s.component.name}.${t}`),
    )
    const hint =
      tasks.length > 0 ? `tasks of what serves: ${tasks.sort().join(', ')}` : 'nothing that serves has tasks: landfall up'
    const at = intent.component === '' ? 'components' : `components.${intent.component}.tasks.${intent.task}`
    return {
      stages: [],
      warnings: [],
      findings: [
        {
          level: 'error',
          code: 'E_UNKNOWN_REF',
          at,
          message:
            intent.component === ''
              ? `nothing that serves has a task \`${intent.task}\``
              : `${intent.component} has no task \`${intent.task}\``,
          hint,
        },
      ],
    }
  }
  const { component, release, artifact } = serving
  const steps = commands.map((run, i): Step => {
    const name = `${intent.task}${commands.length > 1 ? `-${i + 1}` : ''}`
    return {
      type: 'run-once',
      component,
      release,
      artifact,
      name: `${name}@${intent.nonce}`,
      command: { name, run, isRepeatable: true },
    }
  })
  return { release, stages: [{ name: 'release', downtimeSeconds: 0, steps, undo: [] }], warnings: [], findings: [] }
}
