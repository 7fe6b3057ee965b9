import type { EnvEntry, EnvGroup } from '../model/app.ts'
import { reportUnknownVariable } from './check-places.ts'
import { type Path, pathText } from './places.ts'
import type { World } from './world.ts'

const RULES = ['allOrNone', 'oneOf', 'anyOf'] as const

/** Rules over several variables. A variable of a group is needed by its group's rule, unless it says `required` itself. */
export function resolveGroups(world: World): EnvGroup[] {
  const groups: EnvGroup[] = []
  for (const [name, group] of Object.entries(world.manifest.groups ?? {})) {
    const at: Path = ['groups', name]
    const rules = RULES.filter((rule) => group[rule] !== undefined)
    const [rule] = rules
    if (rules.length !== 1 || !rule) {
      if (world.isCut(at)) continue
      world.remarks.error('E_CONFLICT', at, `has ${rules.join(' and ') || 'no rule'}, and a group has one`, 'allOrNone: [A, B]')
      continue
    }
    const names = group[rule] ?? []
    names.forEach((member, i) => {
      const isTwice = names.indexOf(member) !== i
      if (isTwice) world.remarks.error('E_DUPLICATE', [...at, rule, i], `${member} stands here twice`, 'keep one')
      else reportUnknownVariable(world, [...at, rule, i], member)
    })
    groups.push({ name, rule, names: [...new Set(names)], ...(group.about && { about: group.about }), at: pathText(at) })
  }
  return groups
}

/** Whether a variable is needed follows from its groups, where it has any. */
export function relaxGrouped(entries: EnvEntry[], groups: EnvGroup[], isSaid: (entry: EnvEntry) => boolean): EnvEntry[] {
  const grouped = new Set(groups.flatMap((g) => g.names))
  return entries.map((e) => (grouped.has(e.name) && e.isRequired && !isSaid(e) ? { ...e, isRequired: false } : e))
}
