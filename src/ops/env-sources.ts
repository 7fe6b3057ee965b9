import type { App } from '../model/app.ts'
import type { Scope } from '../model/plan.ts'
import type { Stored } from '../store/stored.ts'
import type { EnvWant } from './contract.ts'
import type { Values } from './contract-check.ts'

/** Variables whose value somebody else keeps, for the command line to ask. */
export function wantsOf(app: App, scope: Scope, stored: Pick<Stored, 'list'>): EnvWant[] {
  const set = new Set(stored.list(scope).map((e) => e.name))
  const wants = new Map<string, EnvWant>()
  for (const { name, source, isKeptOut } of app.contract) {
    if (source && !isKeptOut) wants.set(name, { name, source, isStored: set.has(name) })
  }
  return [...wants.values()]
}

/** Stored values as they will be once what sources gave is stored. */
export function withGiven(stored: Stored, given: Values): Pick<Stored, 'list' | 'get'> {
  return {
    get: (scope, name, version) =>
      (version === undefined ? given.get(name)?.value : undefined) ?? stored.get(scope, name, version),
    list(scope) {
      const list = stored.list(scope)
      const fresh = [...given.keys()].filter((name) => !list.some((e) => e.name === name))
      const entry = (name: string) => ({
        name,
        version: stored.nextVersion(scope, name),
        isSecret: true,
        source: 'variable' as const,
      })
      return [...list, ...fresh.map(entry)]
    },
  }
}

/** What a source gave becomes a version of the stored value: a restart and a way back need nobody to be asked again. */
export function storeGiven(app: App, scope: Scope, stored: Stored, given: Values, at: number): void {
  const rows = [...given].flatMap(([name, { value }]) => {
    const entry = app.contract.find((e) => e.name === name && e.source)
    return entry?.source ? [{ name, value, isSecret: entry.isSecret, source: entry.source.type }] : []
  })
  if (rows.length > 0) stored.setAll(scope, rows, at)
}
