import { stringify } from 'yaml'
import type { App, Component } from '../../model/app.ts'
import type { ManualStep, WriteContext } from '../../model/target.ts'
import type { WrittenImage } from '../../translate/image/write-image.ts'
import { writtenBy } from '../../translate/written-by.ts'

export type Mapping = Record<string, unknown>
export interface Choices {
  registry: string
  namespace: string
  isIngress: boolean
  class: string
  issuer: string
  isCnpg: boolean
  storage: string
  autoscale?: number
}

/** What is being written: every part of the writer adds to it. */
export interface Draft {
  app: App
  context: WriteContext
  choices: Choices
  images: Map<string, WrittenImage>
  /** Documents by file, from the folder k8s/. */
  documents: Map<string, Mapping[]>
  /** Files that are applied by themselves, and no part of the kustomization: a job runs as soon as it is there. */
  jobs: Set<string>
  /** Keys that a person puts into a Secret, by its name; `make` prints a good value. */
  secrets: Map<string, Map<string, { make?: string; isOptional?: boolean }>>
  files: Record<string, { text: string; isExecutable?: boolean }>
  steps: ManualStep[]
}

export const FOLDER = 'k8s'
export const secretName = (app: App): string => `${app.name}-secrets`
export const portOf = (component: Component): number => (component.type === 'static' ? 8080 : (component.port ?? 8080))
/** Whether others reach it, and so whether it has a Service. */
export const hasService = (component: Component): boolean => component.type === 'web' || component.type === 'static'

export function add(draft: Draft, file: string, document: Mapping): void {
  draft.documents.set(file, [...(draft.documents.get(file) ?? []), document])
}

export function needSecret(draft: Draft, secret: string, key: string, is: { make?: string; isOptional?: boolean } = {}): void {
  const keys = draft.secrets.get(secret) ?? new Map()
  draft.secrets.set(secret, keys)
  const there = keys.get(key)
  if (!there || (there.isOptional && !is.isOptional)) keys.set(key, is)
}

/** What every object carries. `component` is that of the manifest. */
export function labelsOf(draft: Draft, component: string): Record<string, string> {
  const { app } = draft
  const version =
    app.version !== undefined && /^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/.test(app.version) ? app.version : undefined
  return {
    'app.kubernetes.io/name': component,
    'app.kubernetes.io/part-of': app.name,
    ...(version !== undefined && { 'app.kubernetes.io/version': version }),
    'app.kubernetes.io/managed-by': 'landfall',
  }
}
/** What selects pods: never anything that a release changes, since selectors are for ever. */
export const selectorOf = (draft: Draft, component: string): Record<string, string> => ({
  'app.kubernetes.io/name': component,
  'app.kubernetes.io/part-of': draft.app.name,
})

/** YAML 1.1 is what kubectl reads: `on` and `no` are no texts there unless quoted. */
export function yamlOf(documents: Mapping[]): string {
  const texts = documents.map((d) => stringify(d, { lineWidth: 0, aliasDuplicateObjects: false, version: '1.1' }))
  return `# ${writtenBy('kubernetes')}\n${texts.join('---\n')}`
}

/** Folder of a volume in a container. */
export function folderOf(draft: Draft, component: Component, volume: string): string | undefined {
  const image = draft.images.get(component.name)
  const planned = image?.plan.mounts.find((m) => m.volume === volume)
  if (planned) return planned.path
  const mount = component.mounts.find((m) => m.volume === volume)
  if (!mount) return undefined
  if (mount.path === undefined) return `/data/${volume}`
  return mount.path.startsWith('/') ? mount.path : `/app/${mount.path}`
}

/** `git.example.org/team/shop-server:1.4.0`. */
export function imageName(draft: Draft, component: Component): string {
  const { source } = component
  if (source.type === 'image') return source.image
  return `${draft.choices.registry}/${draft.app.name}-${component.name}:${draft.app.version ?? 'latest'}`
}
