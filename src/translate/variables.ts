import type { App, Component, EnvEntry } from '../model/app.ts'
import type { Value } from '../model/value.ts'

/** A variable of a component with what the contract knows about it. */
export interface Variable {
  name: string
  entry: EnvEntry
  /**
   * `given`: the manifest says its value, which may refer to resources. `generate`: made once per environment. `ask`: a person
   * must set it. `optional`: nobody needs to.
   */
  kind: 'given' | 'generate' | 'ask' | 'optional'
  /** For `given`. A `stored` inside of it is another variable. */
  value?: Value
  /** Whoever sees the value has seen a secret. A `given` value with a resource's password is one, and is written as a reference. */
  isSecret: boolean
}

/** Variables that instances of a component get at run time, in the order of the manifest. */
export function variablesOf(app: App, component: Component): Variable[] {
  return Object.keys(component.env).map((name) => variableOf(app, component, name))
}

/** Variables that its build gets. */
export function buildVariablesOf(app: App, component: Component): Variable[] {
  return Object.keys(component.build.env).map((name) => variableOf(app, component, name))
}

function variableOf(app: App, component: Component, name: string): Variable {
  const known =
    app.contract.find((e) => e.name === name && e.components.includes(component.name)) ??
    app.contract.find((e) => e.name === name)
  const own = component.env[name] ?? component.build.env[name]
  const isStored = own?.type === 'stored' && own.name === name
  const entry: EnvEntry = known ?? {
    name,
    components: [component.name],
    isRequired: true,
    isSecret: false,
    when: 'run',
    at: `components.${component.name}.env.${name}`,
  }
  const value = isStored ? entry.default : own
  const is = { name, entry, isSecret: entry.isSecret }
  if (value) return { ...is, kind: 'given', value }
  return { ...is, kind: entry.generate ? 'generate' : entry.isRequired ? 'ask' : 'optional' }
}
