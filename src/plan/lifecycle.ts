import type { App, ReleaseStep } from '../model/app.ts'
import type { ExternalServer, Observed, PlanWarning, ServingComponent, Stage, Step } from '../model/plan.ts'
import { NEEDS_SECONDS } from './roll.ts'

/** Before anything is built, with what serves now; a component that serves for the first time has nothing to run them with. */
export function predeployStage(fresh: ServingComponent[], observed: Observed): Stage {
  const steps = byName(fresh).flatMap((s) => {
    const old = observed.serving[s.component.name]
    return old ? (s.component.predeploy ?? []).map((step) => runOf(old, step)) : []
  })
  return { name: 'predeploy', downtimeSeconds: 0, steps, undo: [] }
}

/** Release steps of what is new, then what this environment has never had. */
export function releaseStage(fresh: ServingComponent[], chosen: ServingComponent[], observed: Observed): Stage {
  const releases = byName(fresh).flatMap((s) => s.component.releaseSteps.map((step) => runOf(s, step)))
  const had = new Set(observed.bootstrapped ?? [])
  const bootstraps = byName(chosen).flatMap((s) =>
    (s.component.bootstrap ?? [])
      .filter((step) => !had.has(`${s.component.name}/${step.name}`))
      .map((step): Step => ({ ...runOf(s, step), isBootstrap: true })),
  )
  return { name: 'release', downtimeSeconds: 0, steps: [...releases, ...bootstraps], undo: [] }
}

/** After the switch: the release serves, and goes on serving whatever becomes of them. */
export function postdeployStage(fresh: ServingComponent[]): Stage {
  const steps = byName(fresh).flatMap((s) =>
    (s.component.postdeploy ?? []).map((step): Step => ({ ...runOf(s, step), mayFail: true })),
  )
  return { name: 'postdeploy', downtimeSeconds: 0, steps, undo: [] }
}

/** Servers that are not ours and that something of what begins now leans on, each with the values of the first that does. */
export function awaitExternal(external: ExternalServer[], begins: ServingComponent[]): Step[] {
  return external.flatMap(({ resource, server, values, neededBy }) => {
    const first = begins.find((s) => neededBy.includes(s.component.name))
    if (!first) return []
    return { type: 'await-resource', resource, server, values, release: first.release, timeoutSeconds: NEEDS_SECONDS }
  })
}

/** What users and whoever says yes must know of these steps. */
export function lifecycleWarnings(app: App, fresh: ServingComponent[], observed: Observed): PlanWarning[] {
  const sessions = byName(fresh).flatMap(({ component }) =>
    component.releaseSteps
      .filter((step) => step.endsSessions)
      .map((step): PlanWarning => {
        const message = `everybody is logged out: ${step.name} of ${component.name} ends all sessions`
        return { type: 'downtime', code: 'W_ENDS_SESSIONS', message }
      }),
  )
  const schedules = app.components.flatMap((component): PlanWarning[] => {
    const { schedule, name } = component
    const old = observed.serving[name]?.component.schedule
    if (!schedule || JSON.stringify(schedule) === JSON.stringify(old)) return []
    const message = `${name} runs by its schedule from then on: ${schedule.expression} (${schedule.timeZone})`
    return [{ type: 'note', code: 'W_SCHEDULE', message }]
  })
  return [...sessions, ...schedules]
}

function runOf({ component, release, artifact }: ServingComponent, command: ReleaseStep): Extract<Step, { type: 'run-once' }> {
  return { type: 'run-once', component, release, artifact, name: command.name, command }
}

function byName(list: ServingComponent[]): ServingComponent[] {
  return [...list].sort((a, b) => (a.component.name < b.component.name ? -1 : 1))
}
