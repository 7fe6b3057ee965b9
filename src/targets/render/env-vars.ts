import type { App, Component } from '../../model/app.ts'
import type { WriteContext } from '../../model/target.ts'
import { isReference, type Reference } from '../../translate/hosted/references.ts'
import type { WrittenImage } from '../../translate/image/write-image.ts'
import { buildVariablesOf, type Variable, variablesOf } from '../../translate/variables.ts'
import { plainText, portOf, referenceOf, serviceName, serviceType } from './values.ts'

export type EnvVar = { key: string } & Record<string, unknown>
export interface EnvDraft {
  app: App
  context: WriteContext
  isFree: boolean
  /** Service that holds a value which is asked for or made, by the variable's place in the manifest: others refer to it. */
  owners: Map<string, string>
  /** Names that a person enters, each with what is known of it. */
  asked: Map<string, Variable>
  optional: Map<string, string[]>
}

/** `envVars` of one service. No value of a secret is among them: it is asked for once, made there, or referred to. */
export function envVarsOf(
  draft: EnvDraft,
  component: Component,
  image: WrittenImage | undefined,
  helpers: ReadonlyMap<string, Reference>,
): EnvVar[] {
  const { app } = draft
  const found = new Map<string, EnvVar>()
  if (component.type === 'web') found.set('PORT', { key: 'PORT', value: String(portOf(component)) })
  const known = new Set((image?.plan.variables ?? []).filter((v) => v.from.type === 'composed').map((v) => v.entry.name))
  const all = [...variablesOf(app, component), ...buildVariablesOf(app, component)]
  for (const variable of all) {
    const { name, value } = variable
    if (found.has(name)) continue
    const reference = isReference(value) ? referenceOf(app, value) : undefined
    const folder = (volume: string) => image?.plan.mounts.find((m) => m.volume === volume)?.path
    const text = value && !variable.isSecret ? plainText(app, component, value, folder) : undefined
    if (reference) found.set(name, { key: name, ...reference })
    else if (text !== undefined) found.set(name, { key: name, value: text })
    // The entrypoint puts it together.
    else if (known.has(name)) continue
    else if (variable.kind === 'optional') draft.optional.set(name, [...(draft.optional.get(name) ?? []), component.name])
    else found.set(name, { key: name, ...heldValue(draft, component, variable) })
  }
  for (const [key, reference] of helpers) {
    const is = referenceOf(app, reference)
    if (is) found.set(key, { key, ...is })
  }
  return [...found.values()]
}

/** Two services that read one secret must have the same: the first one holds it. */
function heldValue(draft: EnvDraft, component: Component, variable: Variable): Record<string, unknown> {
  const { app, owners, asked } = draft
  const owner = owners.get(variable.entry.at)
  const holder = app.components.find((c) => c.name === owner)
  const type = holder && serviceType(app, holder)
  if (holder && type && holder !== component)
    return { fromService: { type, name: serviceName(app, holder.name), envVarKey: variable.name } }
  // What refers to a service must find one that runs.
  if (component.type !== 'static') owners.set(variable.entry.at, component.name)
  if (canMake(variable)) return { generateValue: true }
  asked.set(variable.name, variable)
  return { sync: false }
}

/** Render makes 256 bits as 44 characters of base64, and nothing else. */
export function canMake({ entry }: Pick<Variable, 'entry'>): boolean {
  const { generate, pattern, type, minLength = 0 } = entry
  return (
    generate !== undefined && generate.kind !== 'uuid' && pattern === undefined && !type?.startsWith('hex') && minLength <= 44
  )
}
