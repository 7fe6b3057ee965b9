import type { EnvInput, PartialComponent, PartialManifest } from '../../manifest/partial.ts'
import { nameFrom } from '../../manifest/write/guess-types.ts'
import type { Entry, ManualStep, ReadContext } from '../../model/target.ts'

/** One object, wherever it stands. */
export interface Found {
  root: Entry
  kind: string
  name: string
}

/** What is known while the objects are read one kind after the other. */
export interface Reading {
  context: ReadContext
  objects: Found[]
  manifest: PartialManifest & { components: Record<string, PartialComponent> }
  because: Record<string, string>
  asked: Set<string>
  steps: ManualStep[]
  /** Object that runs -> component. */
  components: Map<string, string>
  /** Name of a Service -> component. */
  services: Map<string, string>
  /** Name of a server's Service -> resource. */
  servers: Map<string, string>
  /** Claim -> volume, and who mounts it. */
  volumes: Map<string, { name: string; users: string[] }>
}

export const ofKind = ({ objects }: Reading, ...kinds: string[]): Found[] => objects.filter((o) => kinds.includes(o.kind))
export const named = (reading: Reading, kind: string, name: string): Found | undefined =>
  reading.objects.find((o) => o.kind === kind && o.name === name)

/** A name that no component and no resource has yet. */
export function freeName({ manifest }: Reading, text: string, otherwise: string): string {
  const plain = nameFrom(text, otherwise)
  const isTaken = (n: string) => Object.hasOwn(manifest.components, n) || Object.hasOwn(manifest.resources ?? {}, n)
  let name = plain
  for (let i = 2; isTaken(name); i++) name = `${plain.slice(0, 36)}-${i}`
  return name
}

/** A text that Kubernetes looked into, as a template of the manifest: `$$` is a `$`, `$(NAME)` a variable. */
export function templateOf(text: string, known: (name: string) => string | undefined): string {
  return text.replace(/\$\$|\$\(([A-Za-z_]\w*)\)|\$/g, (whole, name: string | undefined) => {
    if (name === undefined) return '$$'
    return known(name) ?? `$${whole}`
  })
}

export const literal = (text: string): string => text.replaceAll('$', '$$$$')

export function putEnv(env: Record<string, EnvInput>, name: string, value: EnvInput): void {
  Object.defineProperty(env, name, { value, enumerable: true, configurable: true, writable: true })
}

/** Bookkeeping that every object carries. */
export function markMetadata(root: Entry): void {
  const metadata = root.get('metadata')
  // What an object is, the manifest says in its own way, and nothing of that can be lost.
  root.get('apiVersion').kept()
  root.get('kind').kept()
  metadata.get('name').kept()
  metadata.get('namespace').changed('an environment of its own')
  metadata.get('labels').changed('names that objects find each other by')
  metadata.get('annotations').lost('remarks for programs of the cluster')
}
