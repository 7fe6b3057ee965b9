import type { App, Component } from '../../model/app.ts'
import type { WriteContext } from '../../model/target.ts'
import { isReference, type Reference } from '../../translate/hosted/references.ts'
import type { WrittenImage } from '../../translate/image/write-image.ts'
import { buildVariablesOf, type Variable, variablesOf } from '../../translate/variables.ts'
import { keyOf, plainText } from './values.ts'

export interface Draft {
  app: App
  context: WriteContext
  isFree: boolean
  images: Map<string, WrittenImage>
  /** Names that addons give, each with the output that it is: one name is one value in all services. */
  aliases: Map<string, Extract<Reference, { type: 'output' }>>
  /** What is made once for several services. */
  shared: Map<string, string>
  /** What a person fills in, and never in git. */
  args: Map<string, Variable>
}

/** `runtimeEnvironment` of one service: no value of a secret, but the argument that will hold it. */
export function environmentOf(
  draft: Draft,
  component: Component,
  image: WrittenImage | undefined,
  helpers: ReadonlyMap<string, Reference>,
): Record<string, string> {
  const { app, context } = draft
  const found: Record<string, string> = {}
  const composed = new Set((image?.plan.variables ?? []).filter((v) => v.from.type === 'composed').map((v) => v.entry.name))
  for (const variable of variablesOf(app, component)) {
    const { name, value } = variable
    if (value?.type === 'output' && keyOf(app, value.resource, value.field) !== undefined) {
      if (alias(draft, name, value)) continue
      const message = `${name} of ${component.name} is another output than ${name} elsewhere, and addons give one name to all services`
      context.of(component.name).finding('warning', 'W_NAME_TAKEN', message, 'give one of them another name')
      context.variable(component.name, name).lost('that name is taken by another output')
      continue
    }
    const folder = (volume: string) => image?.plan.mounts.find((m) => m.volume === volume)?.path
    const text = value && !variable.isSecret ? plainText(app, component, value, folder) : undefined
    // Northflank would put something else in the place of what looks like a reference.
    if (text !== undefined && !text.includes('${')) found[name] = text
    else if (composed.has(name) || (text !== undefined && image)) continue
    else {
      const held = heldValue(draft, component, variable)
      if (held !== undefined) found[name] = held
    }
  }
  if (component.type === 'web') found.PORT = String(component.port ?? 8080)
  for (const [name, reference] of helpers)
    if (isReference(reference) && reference.type === 'output') alias(draft, name, reference)
  return found
}

/** `buildArguments`: those whose value the Dockerfile does not know. */
export function buildArgumentsOf(draft: Draft, component: Component, image: WrittenImage | undefined): Record<string, string> {
  const open = Object.entries(image?.buildArgs ?? {}).filter(([, text]) => text === undefined)
  const all = buildVariablesOf(draft.app, component)
  return Object.fromEntries(
    open.flatMap(([name]) => {
      const variable = all.find((v) => v.name === name)
      if (variable) draft.args.set(name, variable)
      return variable ? [[name, argument(name)]] : []
    }),
  )
}

const argument = (name: string) => ['$', `{args.${name}}`].join('')

function alias({ aliases }: Draft, name: string, value: Extract<Reference, { type: 'output' }>): boolean {
  const there = aliases.get(name)
  if (there && (there.resource !== value.resource || there.field !== value.field)) return false
  aliases.set(name, value)
  return true
}

function heldValue(draft: Draft, component: Component, variable: Variable): string | undefined {
  const { name, entry } = variable
  if (!canMake(variable)) {
    const other = draft.args.get(name)
    const key = other && other.entry.at !== entry.at ? `${component.name}_${name}`.toUpperCase().replace(/\W/g, '_') : name
    draft.args.set(key, variable)
    return argument(key)
  }
  const made = `\${fn.randomSecret(${entry.generate?.length ?? 32},'hex')}`
  if (entry.components.length < 2 || draft.app.contract.filter((e) => e.name === name).length > 1) return made
  draft.shared.set(name, made)
  return undefined
}

/** It makes digits of hex, as many bytes as it is told. */
export const canMake = ({ entry }: Pick<Variable, 'entry'>): boolean =>
  entry.generate !== undefined && entry.generate.kind !== 'uuid' && entry.pattern === undefined
