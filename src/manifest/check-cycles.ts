import type { Component } from '../model/app.ts'
import type { World } from './world.ts'

/** Components that wait for each other would wait for ever. */
export function checkCycles(world: World, components: Component[]): void {
  const needs = new Map(components.map((c) => [c.name, c.needs]))
  const done = new Set<string>()
  for (const { name } of components) {
    const circle = circleFrom(name, needs, done)
    if (!circle) continue
    world.remarks.error(
      'E_CYCLE',
      ['components', circle[0] ?? name, 'needs'],
      `goes round in a circle: ${circle.join(' → ')}`,
      'one of them must start first',
    )
    for (const member of circle) done.add(member)
  }
}

/** Depth first over an explicit stack: chains may be as long as the manifest. */
function circleFrom(start: string, needs: Map<string, string[]>, done: Set<string>): string[] | undefined {
  const path: { name: string; next: number }[] = [{ name: start, next: 0 }]
  while (path.length > 0) {
    const here = path[path.length - 1]!
    const need = needs.get(here.name)?.[here.next]
    here.next += 1
    if (need === undefined) {
      done.add(here.name)
      path.pop()
      continue
    }
    const from = path.findIndex((p) => p.name === need)
    if (from >= 0) return [...path.slice(from).map((p) => p.name), need]
    if (!done.has(need)) path.push({ name: need, next: 0 })
  }
  return undefined
}
