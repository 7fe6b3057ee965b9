import type { App, Component } from '../../model/app.ts'
import type { ManualStep, WriteContext } from '../../model/target.ts'

export type Mapping = Record<string, unknown>
/** A name in `.env`, with what a person must know to fill it in. */
export interface EnvLine {
  name: string
  /** Comments above it. */
  about: string[]
  /** A command whose output is a good value. */
  make?: string
  /** Without it nothing starts. */
  isRequired: boolean
}

/** What is being written: every part of the writer adds to it. */
export interface Draft {
  app: App
  context: WriteContext
  services: Record<string, Mapping>
  /** Component or resource that each service is there for. */
  owner: Record<string, string>
  volumes: Record<string, Mapping>
  env: Map<string, EnvLine>
  files: Record<string, { text: string; isExecutable?: boolean }>
  steps: ManualStep[]
  /** What docker-compose 1.29.2 understands, and no more. */
  isOld: boolean
  hasGateway: boolean
}

export function portOf(component: Component): number {
  return component.type === 'static' ? 80 : (component.port ?? 3000)
}

/** Where a component's container finds a volume: as the manifest says, or a folder of ours where it only asks for its path. */
export function mountPath(component: Component, volume: string): string | undefined {
  const mount = component.mounts.find((m) => m.volume === volume)
  if (!mount) return undefined
  if (mount.path === undefined) return `/data/${volume}`
  return mount.path.startsWith('/') ? mount.path : `/app/${mount.path}`
}

/** Compose reads `$` as the start of a variable. */
export function escaped(text: string): string {
  return text.replaceAll('$', '$$$$')
}
