import type { PartialComponent, PartialManifest } from '../../manifest/partial.ts'
import { nameFrom } from '../../manifest/write/guess-types.ts'
import type { ManualStep, ReadContext } from '../../model/target.ts'

/** What is known while the two files are read. */
export interface Reading {
  context: ReadContext
  manifest: PartialManifest & { components: Record<string, PartialComponent> }
  because: Record<string, string>
  /** Name of the component of a process type. */
  names: Map<string, string>
  /** Variables that a person has to set. */
  asked: Set<string>
  steps: ManualStep[]
}

/** The component of a process type, made where there is none yet. */
export function componentOf(reading: Reading, process: string, file: string): PartialComponent {
  const { manifest, names, because } = reading
  const known = names.get(process)
  const there = known === undefined ? undefined : manifest.components[known]
  if (there) return there
  const plain = nameFrom(process, 'process')
  let name = plain
  for (let i = 2; Object.hasOwn(manifest.components, name); i++) name = `${plain.slice(0, 36)}-${i}`
  names.set(process, name)
  const made: PartialComponent = { type: process === 'web' ? 'web' : 'worker', source: '.' }
  manifest.components[name] = made
  because[`components.${name}`] = `${file}: ${process}`
  return made
}

/** Whose release it is: `web`, else the first that there is. */
export function mainOf({ manifest, names }: Reading): PartialComponent | undefined {
  return manifest.components[names.get('web') ?? ''] ?? Object.values(manifest.components)[0]
}
