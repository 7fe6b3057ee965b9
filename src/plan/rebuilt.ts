import type { PlanWarning, ServingComponent } from '../model/plan.ts'
import type { Value } from '../model/value.ts'

/** What is built into the artifact has changed: nothing but a build brings it to those who use it. */
export function rebuilt({ component }: ServingComponent, old: ServingComponent): PlanWarning[] {
  const text = (value: Value | undefined) => (value?.type === 'text' ? value.text : undefined)
  const [now, before] = [component.build.env, old.component.build.env]
  const names = [...new Set([...Object.keys(now), ...Object.keys(before)])].filter((n) => text(now[n]) !== text(before[n])).sort()
  if (names.length === 0) return []
  const message = `${component.name} is rebuilt: ${names.join(', ')} ${names.length === 1 ? 'is' : 'are'} built into it, and changed`
  return [{ type: 'note', code: 'W_REBUILD', message }]
}
