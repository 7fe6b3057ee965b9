import type { Component } from '../model/app.ts'

/**
 * Components in levels: each needs only those of levels before it. Within a level by name, so that the order in the manifest
 * decides nothing. A need that is not in the list is taken as met; a cycle, which the manifest refuses, ends in one last level.
 */
export function inLevels(components: Component[]): Component[][] {
  const left = new Map(components.map((c) => [c.name, c]))
  const levels: Component[][] = []
  while (left.size > 0) {
    const level = [...left.values()].filter((c) => !c.needs.some((n) => n !== c.name && left.has(n)))
    const next = level.length > 0 ? level : [...left.values()]
    next.sort((a, b) => (a.name < b.name ? -1 : 1))
    levels.push(next)
    for (const c of next) left.delete(c.name)
  }
  return levels
}
