import type { ManifestInput } from './schema.ts'

type ComponentInput = ManifestInput['components'][string]

/** Parts of a manifest, as a reader of another platform's files finds them; together they make one. */
export type PartialManifest = Partial<Omit<ManifestInput, 'components'>> & { components?: Record<string, PartialComponent> }
export type PartialComponent = Partial<ComponentInput>
export type EnvInput = NonNullable<ManifestInput['env']>[string]
