import { digestOf } from '../lib/digest.ts'
import { innerValues } from '../lib/inner-values.ts'
import { stepsOf, valuesOfStep } from '../lib/steps-of.ts'
import type { Component } from '../model/app.ts'
import type { Value } from '../model/value.ts'

/**
 * What an instance is made of: its artifact, all that shapes it in the manifest, and the versions of the stored values that it
 * uses. How the artifact was built is left out: the artifact's own name says that.
 */
export function componentDigest(component: Component, artifact: string, stored: Record<string, number>): string {
  const { source: _source, build: _build, test: _test, tasks: _tasks, backup: _backup, max: _max, ...shaping } = component
  const { bootstrap: _b, predeploy: _before, postdeploy: _after, schedule: _s, compatible: _c, ...rest } = shaping
  return digestOf({ rest, artifact, stored })
}

/** Versions of the stored values that the component uses; 0 where nobody set one. */
export function storedVersions(component: Component, stored: Record<string, number>): Record<string, number> {
  return Object.fromEntries(storedNames(component).map((name) => [name, stored[name] ?? 0]))
}

/** Stored values that the component's process or its release steps read, sorted. */
export function storedNames(component: Component): string[] {
  const names = new Set<string>()
  const look = (value: Value) => {
    if (value.type === 'stored') names.add(value.name)
    innerValues(value).forEach(look)
  }
  Object.values(component.env).forEach(look)
  component.command?.forEach(look)
  for (const step of stepsOf(component)) valuesOfStep(step).forEach(look)
  if (component.health?.type === 'resource') Object.values(component.health.values).forEach(look)
  return [...names].sort()
}
