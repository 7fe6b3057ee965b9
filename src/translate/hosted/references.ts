import type { Component, EnvEntry } from '../../model/app.ts'
import type { Value } from '../../model/value.ts'
import type { PlanOptions } from '../image/plan-image.ts'

/** What only the platform knows: an output of a resource, or the address of another component. */
export type Reference = Extract<Value, { type: 'output' | 'address' }>

export interface References {
  /** For the image: what is a reference alone is given, and what has one inside is put together from helpers when it starts. */
  plan: PlanOptions
  /** Variables that only the entrypoint reads: `LANDFALL_DB_HOST`. Filled while the image is planned. */
  helpers: Map<string, Reference>
}

export const isReference = (value: Value | undefined): value is Reference => value?.type === 'output' || value?.type === 'address'

/** For platforms that give references to variables, and put none of them into a text. */
export function planReferences(component: Component, canSay: (reference: Reference) => boolean): References {
  const helpers = new Map<string, Reference>()
  const word = (value: Value): string | undefined => {
    if (!isReference(value) || !canSay(value)) return undefined
    const isUrl = value.type === 'address' && value.part === 'url'
    const reference: Reference = isUrl ? { ...value, part: 'hostport' } : value
    const name = helperName(reference)
    helpers.set(name, reference)
    return `${isUrl ? 'http://' : ''}"\${${name}}"`
  }
  const variable = (entry: EnvEntry): string | undefined => {
    const value = component.env[entry.name]?.type === 'stored' ? entry.default : component.env[entry.name]
    const isWhole = isReference(value) && canSay(value) && !(value.type === 'address' && value.part === 'url')
    return isWhole ? `"\${${entry.name}}"` : undefined
  }
  return { plan: { word, variable }, helpers }
}

function helperName(value: Reference): string {
  const parts = value.type === 'output' ? [value.resource, value.field] : [value.component, value.part]
  return ['LANDFALL', ...parts].join('_').toUpperCase().replace(/\W+/g, '_')
}
