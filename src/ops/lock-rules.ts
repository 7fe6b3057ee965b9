import type { Component, LockRule, ReleaseStep, Resource } from '../model/app.ts'
import type { ResourceType } from '../model/plug.ts'
import { isMigrating } from '../plan/migrates.ts'

/** A statement that waits for a lock makes everybody behind it wait too: rather none than one that never comes. */
const LOCK_SECONDS = 5
const TRIES = 3

/**
 * A component's steps, those that change a schema with how long they wait for locks of its database. Of a server that is not ours
 * only where the manifest says so: what stands before it may refuse to be told. Pure.
 */
export function withLockRules(
  component: Component,
  resources: Resource[],
  types: Record<string, ResourceType>,
): Pick<Component, 'releaseSteps'> {
  const candidates = resources.filter((r) => component.needs.includes(r.name) && types[r.type]?.server?.blocked)
  const rule = (step: ReleaseStep): LockRule | undefined => {
    const database = candidates.find((r) => r.name === step.verify?.migrations?.resource) ?? candidates[0]
    if (!database || !isMigrating(step) || step.lockTimeoutSeconds === 0) return undefined
    const isOurs = types[database.type]?.external?.(database) === undefined
    const timeoutSeconds = step.lockTimeoutSeconds ?? (isOurs ? LOCK_SECONDS : 0)
    const values = { url: { type: 'output', resource: database.name, field: 'url' } as const }
    return { resource: database.name, type: database.type, values, timeoutSeconds, tries: timeoutSeconds > 0 ? TRIES : 1 }
  }
  return {
    releaseSteps: component.releaseSteps.map((step) => {
      const locks = rule(step)
      return locks ? { ...step, locks } : step
    }),
  }
}
