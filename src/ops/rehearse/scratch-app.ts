import type { App, CheckStep, Component, EnvEntry, Resource } from '../../model/app.ts'
import type { ResourceType } from '../../model/plug.ts'
import type { Value } from '../../model/value.ts'

/** The environment that a rehearsal lives in, and that goes with it. What the manifest says of one of this name counts. */
export const REHEARSAL = 'rehearsal'

export interface Scratch {
  app: App
  /** Stored values that must not come along: they lead to what is not ours. */
  keepOut: Set<string>
  /** What a rehearsal leaves out, for people. */
  leftOut: string[]
}

/**
 * An app as it is rehearsed: servers of its own instead of anybody else's, hosts that lead nowhere but here, one instance of each, and
 * nothing that tells the world of a release or runs by a schedule. Pure. `isSet`: names that have a value in the environment itself.
 */
export function scratchApp(app: App, types: Record<string, ResourceType>, isSet: (name: string) => boolean): Scratch {
  const keepOut = new Set<string>()
  const leftOut: string[] = []
  const given = new Map<string, Value>()
  const resources = app.resources.map((resource): Resource => {
    const type = types[resource.type]
    const away = type?.elsewhere?.filter((key) => resource.options[key] !== undefined) ?? []
    const names = away.flatMap((key) => variablesIn(resource.options[key]))
    // A bucket whose variables nobody set falls back to its volume, here as there.
    if (away.length === 0 || (resource.options.fallback !== undefined && !names.some(isSet))) return resource
    for (const name of names) keepOut.add(name)
    leftOut.push(`${resource.name} of somebody else: the rehearsal has a ${resource.type} of its own`)
    const [first] = names
    // A component that reads the address by its variable's own name gets that of the server that is ours.
    if (first !== undefined && type?.outputs.includes('url'))
      given.set(first, { type: 'output', resource: resource.name, field: 'url' })
    const options = Object.fromEntries(Object.entries(resource.options).filter(([key]) => !away.includes(key)))
    return { ...resource, options }
  })
  const components = app.components.flatMap((component): Component[] => {
    if (component.type === 'cron') {
      leftOut.push(`${component.name}: nothing runs by a schedule`)
      return []
    }
    const { bootstrap, postdeploy, predeploy, ...rest } = component
    if (postdeploy?.length) leftOut.push(`postdeploy of ${component.name}: it may tell others of a release`)
    if (predeploy?.length) leftOut.push(`predeploy of ${component.name}: nothing serves before`)
    if (bootstrap?.length) leftOut.push(`bootstrap of ${component.name}: the data has had it`)
    return [{ ...rest, instances: Math.min(1, rest.instances) }]
  })
  const contract = app.contract.map((entry): EnvEntry => {
    const { source, ...rest } = entry
    const value = given.get(entry.name)
    if (source && !isSet(entry.name)) leftOut.push(`${entry.name}: it has no value on record, and its source is not asked`)
    return value ? { ...rest, isRequired: false, default: value } : rest
  })
  const { backup: _backup, ...others } = app
  return {
    app: {
      ...others,
      environment: { name: REHEARSAL, isProtected: false },
      resources,
      components,
      contract,
      routes: app.routes.map((route) => ({ ...route, host: hostHere(route.host) })),
      checks: app.checks.map((check) => ({ ...check, steps: check.steps.map(stepHere) })),
    },
    keepOut,
    leftOut,
  }
}

const hostHere = (host: string) => `${host.replace(/\.localhost$/, '')}.${REHEARSAL}.localhost`

function stepHere(step: CheckStep): CheckStep {
  return 'host' in step && step.host !== undefined ? { ...step, host: hostHere(step.host) } : step
}

/** Names in `{ env: NAME }`, wherever in an option they stand. */
function variablesIn(option: unknown): string[] {
  if (typeof option !== 'object' || option === null) return []
  if ('env' in option && typeof option.env === 'string') return [option.env]
  return Object.values(option).flatMap(variablesIn)
}
