import type { Intent, Observed, PlanInput, ServingComponent, Step } from '../model/plan.ts'
import type { Decision } from './decision.ts'

type Task = Extract<Intent, { type: 'task' }>

/** A command that a person asked for, with what serves now. */
export function planTask({ observed }: PlanInput, intent: Task): Decision {
  const serving = observed.serving[intent.component]
  if (serving && intent.task === 'bootstrap' && serving.component.bootstrap) return planBootstrap(serving, observed, intent)
  const commands = serving?.component.tasks[intent.task]
  if (!serving || !commands) {
    const tasks = Object.values(observed.serving).flatMap((s) =>
      [...Object.keys(s.component.tasks), ...(s.component.bootstrap ? ['bootstrap'] : [])].map((t) => `${s.component.name}.${t}`),
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

/** Once per environment; again only where a person says so. */
function planBootstrap(serving: ServingComponent, observed: Observed, intent: Task): Decision {
  const { component, release, artifact } = serving
  const had = new Set(observed.bootstrapped ?? [])
  const wanted = (component.bootstrap ?? []).filter((step) => intent.isAgain || !had.has(`${component.name}/${step.name}`))
  if (wanted.length === 0) {
    const message = `${component.name} has had its bootstrap in this environment`
    const hint = `landfall run ${component.name}.bootstrap --again`
    const at = `components.${component.name}.bootstrap`
    return { stages: [], warnings: [], findings: [{ level: 'error', code: 'E_DONE_ONCE', at, message, hint }] }
  }
  const steps = wanted.map((command): Step => {
    const name = `${command.name}@${intent.nonce}`
    return { type: 'run-once', component, release, artifact, name, command, isBootstrap: true }
  })
  return { release, stages: [{ name: 'release', downtimeSeconds: 0, steps, undo: [] }], warnings: [], findings: [] }
}
