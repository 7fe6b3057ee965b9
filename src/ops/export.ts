import { relative, resolve, sep } from 'node:path'
import { builders } from '../builders/all.gen.ts'
import { useOf } from '../lib/build/artifact-name.ts'
import { LandfallError } from '../lib/error.ts'
import { show } from '../lib/show.ts'
import { besideOf, findManifest } from '../manifest/find.ts'
import { fromData } from '../manifest/from-data.ts'
import { loadManifest } from '../manifest/load.ts'
import type { ManifestFile } from '../manifest/manifest-file.ts'
import { readFolder } from '../manifest/write/read-folder.ts'
import { parseYaml } from '../manifest/yaml.ts'
import type { App, Component } from '../model/app.ts'
import type { Finding } from '../model/finding.ts'
import type { SourceFiles } from '../model/plug.ts'
import type { ManualStep, Target, Verdict } from '../model/target.ts'
import { resourceTypes } from '../resources/all.gen.ts'
import { targets } from '../targets/all.gen.ts'
import { foldersOfFallbacks } from '../translate/bucket-fallback.ts'
import { effectiveManifest } from '../translate/effective-manifest.ts'
import { tally } from '../translate/ledger.ts'
import { runWriter } from '../translate/run-writer.ts'
import { chooseBuilder, placeInWorkspace } from './bind-source.ts'
import { firstError } from './read-manifest.ts'

export interface ExportInput {
  /** Absolute: where the manifest and its sources are. */
  folder: string
  /** What landfall.config.ts gave. */
  config?: unknown
  /** A manifest that is on no disk, as data: its sources are looked for in `folder`. */
  manifest?: Record<string, unknown>
  /** `production` where absent: what goes to another platform is rarely the local one. It need not be declared. */
  environment?: string
  target: string
  options?: Record<string, string>
  /** Absolute: where files are written; the folder itself where absent. */
  out?: string
  /** `2026-11-21`. */
  today: string
}
export interface ExportAnswer {
  target: string
  title: string
  proof: Target['proof']
  app: string
  environment: string
  version?: string
  files: Record<string, { text: string; isExecutable?: boolean }>
  steps: ManualStep[]
  verdicts: Verdict[]
  findings: Finding[]
  totals: { kept: number; changed: number; lost: number; share: number }
  /** Of the manifest, as it stands for the environment. */
  leaves: number
}

/** What a target makes of an app; nothing is written yet. A manifest with errors stops it. */
export async function exportApp(input: ExportInput): Promise<ExportAnswer> {
  const target = writerOf(input.target)
  const files: ManifestFile =
    input.manifest === undefined
      ? findManifest(input.folder, input.config)
      : { name: 'landfall.yaml', content: { type: 'data', data: input.manifest }, beside: besideOf(input.folder) }
  const { content } = files
  const { data, places } = content.type === 'yaml' ? parseYaml(files.name, content.text) : fromData(files.name, content.data)
  const environment = input.environment ?? 'production'
  const loaded = loadManifest({
    files,
    environment,
    folder: input.folder,
    outputs: (type) => resourceTypes[type]?.outputs,
    builders: Object.keys(builders),
    anyEngine: true,
  })
  if (!loaded.app) throw firstError(loaded.findings)
  const findings: Finding[] = []
  const sources = new Map<string, Source>()
  const components = loaded.app.components.map((component) => {
    const source = sourceOf(component, input.folder, sources)
    const bound = bind(component, source)
    if (source) source.components.set(component.name, bound.component)
    findings.push(...bound.findings)
    return bound.component
  })
  const app: App = foldersOfFallbacks({ ...loaded.app, components })
  const sourceFor = (component: Component) => [...sources.values()].find((s) => s.components.has(component.name))
  const result = await runWriter(target, {
    app,
    manifest: effectiveManifest(data, environment, (path) => places.at(path, 'key')),
    project: pathBetween(input.out ?? input.folder, input.folder),
    out: pathBetween(input.folder, input.out ?? input.folder),
    folder: (component) => {
      const path =
        component.source.type === 'folder' || component.source.type === 'dockerfile' ? component.source.path : input.folder
      return pathBetween(input.folder, sourceFor(component)?.folder ?? path)
    },
    files: (component) => sourceFor(component)?.files ?? NO_FILES,
    recipe: (component) => {
      const builder = builders[component.build.builder]
      const source = sourceFor(component)
      return builder && source && component.source.type === 'folder'
        ? builder.recipe(source.files, component.build, useOf(component))
        : undefined
    },
    runtimes: (component) => {
      const source = sourceFor(component)
      return (source && builders[component.build.builder]?.runtimes(source.files, component.build)) ?? []
    },
    ...(input.options && { options: input.options }),
    today: input.today,
  })
  return {
    target: target.name,
    title: target.title,
    proof: target.proof,
    app: app.name,
    environment: app.environment.name,
    ...(app.version !== undefined && { version: app.version }),
    files: result.files,
    steps: result.steps,
    verdicts: result.verdicts,
    // What this Landfall itself does not carry out may still be carried over.
    findings: [...loaded.findings.filter((f) => f.code !== 'W_NOT_YET'), ...findings, ...result.findings],
    totals: tally(result.verdicts),
    leaves: result.leaves,
  }
}

function writerOf(name: string): Target {
  const target = Object.hasOwn(targets, name) ? targets[name] : undefined
  if (target?.write) return target
  const writers = Object.values(targets).filter((t) => t.write)
  const hint = `there are: ${writers.map((t) => t.name).join(', ')}`
  throw new LandfallError({ code: 'E_TARGET', message: `files of ${show(name)} cannot be written`, hint })
}

interface Source {
  /** Absolute: the source's folder, or the root of its monorepo. */
  folder: string
  files: SourceFiles
  components: Map<string, Component>
}
const NO_FILES: SourceFiles = { names: new Set(), text: () => undefined }

/** The folder of a source, looked into once however many components are made of it. */
function sourceOf(component: Component, folder: string, known: Map<string, Source>): Source | undefined {
  const { source } = component
  if (source.type !== 'folder' && source.type !== 'dockerfile') return undefined
  const path = source.type === 'folder' ? placeInWorkspace(component, source.path, folder).path : source.path
  const there = known.get(path)
  if (there) return there
  const made: Source = { folder: path, files: filesOf(path), components: new Map() }
  known.set(path, made)
  return made
}

function filesOf(path: string): SourceFiles {
  try {
    return readFolder(path).files
  } catch {
    return NO_FILES // Not there: what is written does without what the sources would have said, and `check` names the folder.
  }
}

function bind(component: Component, source: Source | undefined): { component: Component; findings: Finding[] } {
  if (!source || component.source.type !== 'folder') return { component, findings: [] }
  const workspace = component.build.options.workspace ?? pathBetween(source.folder, component.source.path)
  const options = { ...component.build.options, ...(workspace !== '.' && { workspace }) }
  const bound: Component = { ...component, build: { ...component.build, options } }
  if (bound.build.builder !== '') return { component: bound, findings: [] }
  const chosen = chooseBuilder(bound, source.files)
  if (typeof chosen !== 'string') return { component: bound, findings: [chosen] }
  return { component: { ...bound, build: { ...bound.build, builder: chosen } }, findings: [] }
}

function pathBetween(from: string, to: string): string {
  return relative(resolve(from), resolve(to)).split(sep).join('/') || '.'
}
