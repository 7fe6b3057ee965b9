import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { builders } from '../builders/all.gen.ts'
import { writeAtomic } from '../lib/atomic.ts'
import { LandfallError } from '../lib/error.ts'
import { show, showBare } from '../lib/show.ts'
import { besideOf, manifestsIn } from '../manifest/find.ts'
import { loadManifest } from '../manifest/load.ts'
import type { ManifestFile } from '../manifest/manifest-file.ts'
import { dataText } from '../manifest/write/data-text.ts'
import type { Finding } from '../model/finding.ts'
import type { ManualStep, Target, Verdict } from '../model/target.ts'
import { resourceTypes } from '../resources/all.gen.ts'
import { targets } from '../targets/all.gen.ts'
import { tally } from '../translate/ledger.ts'
import { mergeManifests } from '../translate/merge-manifests.ts'
import { type ReadResult, runReader } from '../translate/run-reader.ts'
import { findMarkers, openProject, type Project } from './project-files.ts'

export interface ImportAnswer {
  /** The manifest, as text. */
  text: string
  /** The same as data. */
  manifest: Record<string, unknown>
  /** Absolute, of the project. */
  folder: string
  sources: SourceReport[]
  steps: ManualStep[]
  /** What was wrong with the files, what they do that should be known, and what is wrong with the manifest that came of them. */
  findings: Finding[]
  totals: { kept: number; changed: number; lost: number; share: number }
}
export interface ImportInput {
  path: string
  from?: string[]
  options?: Record<string, string>
  /** Its data alone is wanted: no text is made of it, and whoever goes on with it looks at it. */
  isData?: boolean
}
export interface SourceReport {
  target: string
  title: string
  files: string[]
  verdicts: Verdict[]
}
const NAME = 'landfall.yaml'

/**
 * What the files of other platforms in a folder say, as one manifest. `from` names the targets that are read, in the order that
 * counts where they differ; without it all of them, what describes a whole app first, and what says more before what says less.
 */
export async function importProject(input: ImportInput): Promise<ImportAnswer> {
  const project = openProject(input.path)
  const { chosen, findings } = choose(project, input.from)
  const read: ReadResult[] = []
  for (const { target, found } of chosen) {
    const { files, folderName, strict } = project
    read.push(await runReader(target, { files, found, folderName, strict, ...(input.options && { options: input.options }) }))
  }
  const ordered = input.from ? read : inOrder(read)
  findings.push(...read.flatMap((r) => r.findings))
  if (ordered.filter((r) => targets[r.target]?.describes === 'app').length > 1 && !input.from) findings.push(twoSources(ordered))
  const merged = mergeManifests(ordered)
  findings.push(...merged.findings)
  if (Object.keys(mappingOf(merged.manifest.components)).length === 0) {
    const first = findings.find((f) => f.level === 'error')
    if (first)
      throw new LandfallError({ code: first.code, message: first.message, at: first.at, ...(first.hint && { hint: first.hint }) })
    throw nothingIn(project, ordered)
  }
  merged.manifest.app ??= appName(project.folderName)
  const list = ordered.flatMap((r) => r.sources).join(', ')
  const text = input.isData
    ? ''
    : dataText(merged.manifest, {
        '': `Made of ${list} by \`landfall import\`. \`landfall check\` looks at it.`,
        ...merged.because,
      })
  const verdicts = read.flatMap((r) => r.verdicts)
  return {
    text,
    manifest: merged.manifest,
    folder: project.folder,
    sources: ordered.map((r) => ({
      target: r.target,
      title: targets[r.target]?.title ?? r.target,
      files: r.sources,
      verdicts: r.verdicts,
    })),
    steps: ordered.flatMap((r) => r.steps),
    findings: [
      ...findings,
      ...(input.isData ? [] : checkManifest(merged.manifest, text, project.folder)),
      ...containersOnly(merged.manifest),
    ],
    totals: tally(verdicts),
  }
}

/** Writes the manifest; over another one only with `force`. Gives its path. */
export function writeImported(answer: ImportAnswer, force: boolean): string {
  const [there] = manifestsIn(answer.folder)
  if (there !== undefined && !(force && there === NAME)) {
    const message = `${showBare(join(answer.folder, there))} is there already`
    const hint = there === NAME ? '--force writes over it' : `keep one: ${NAME} or ${there}`
    throw new LandfallError({ code: 'E_EXISTS', message, at: there, hint })
  }
  const path = join(answer.folder, NAME)
  writeAtomic(path, answer.text, 0o644)
  return path
}

function choose(
  project: Project,
  from: string[] | undefined,
): { chosen: { target: Target; found: string[] }[]; findings: Finding[] } {
  const readers = Object.values(targets).filter((t) => t.read)
  const wanted = from?.map((name) => {
    const target = readers.find((t) => t.name === name)
    if (target) return target
    const hint = `there are: ${readers.map((t) => t.name).join(', ')}`
    throw new LandfallError({ code: 'E_TARGET', message: `no files of ${show(name)} can be read`, at: '--from', hint })
  })
  const findings: Finding[] = []
  const chosen = (wanted ?? readers).flatMap((target) => {
    const looked = findMarkers(target, project)
    findings.push(...looked.findings)
    // Whoever names a file and what it is knows more than its name says.
    const found = wanted && project.only !== undefined && looked.found.length === 0 ? [project.only] : looked.found
    if (found.length > 0) return [{ target, found }]
    if (!wanted || looked.findings.length > 0) return []
    throw new LandfallError({
      code: 'E_IMPORT_NOTHING',
      message: `nothing of ${target.title} is in ${showBare(project.folder)}; looked for ${target.markers.join(', ')}`,
    })
  })
  if (chosen.length > 0) return { chosen, findings }
  const [first] = findings
  if (first)
    throw new LandfallError({ code: first.code, message: first.message, at: first.at, ...(first.hint && { hint: first.hint }) })
  throw new LandfallError({
    code: 'E_IMPORT_NOTHING',
    message: `no file of a platform that Landfall knows is in ${showBare(project.folder)}`,
    detail: `looked for ${readers.flatMap((t) => t.markers).join(', ')}`,
    hint: '`landfall init` looks at the sources themselves; `--from` says what a file of another name is',
  })
}

/** What describes a whole app before what shows one side of it; then by how much each of them says. */
function inOrder(read: ReadResult[]): ReadResult[] {
  const rank = (r: ReadResult) => (targets[r.target]?.describes === 'app' ? 0 : 1)
  const said = (r: ReadResult) => tally(r.verdicts).kept + tally(r.verdicts).changed
  return read.toSorted((a, b) => rank(a) - rank(b) || said(b) - said(a) || (a.target < b.target ? -1 : 1))
}

function twoSources(ordered: ReadResult[]): Finding {
  const apps = ordered.filter((r) => targets[r.target]?.describes === 'app').map((r) => r.target)
  const message = `${apps.join(' and ')} each describe a whole app; where they differ, ${apps[0]} counts, which says most`
  return {
    level: 'warning',
    code: 'W_TWO_SOURCES',
    at: '.',
    message,
    hint: `--from ${apps[0]} takes that one alone, --from ${apps.toReversed().join(',')} turns the order`,
  }
}

function nothingIn(project: Project, read: ReadResult[]): LandfallError {
  const files = read.flatMap((r) => r.sources).join(', ')
  return new LandfallError({
    code: 'E_IMPORT_NOTHING',
    message: `${files || 'the files'} in ${showBare(project.folder)} name nothing that runs`,
    hint: '`landfall init` looks at the sources themselves',
  })
}

/** As `landfall check` will see it. Only where something is to be said is the text read again, for its lines. */
function checkManifest(manifest: Record<string, unknown>, text: string, folder: string): Finding[] {
  return check({ type: 'data', data: manifest }, folder).length === 0 ? [] : checkText(text, folder)
}

export function checkText(text: string, folder: string): Finding[] {
  return check({ type: 'yaml', text }, folder)
}

function check(content: ManifestFile['content'], folder: string): Finding[] {
  return loadManifest({
    files: { name: NAME, content, ...(existsSync(folder) && { beside: besideOf(folder) }) },
    environment: 'local',
    folder,
    outputs: (type) => resourceTypes[type]?.outputs,
    builders: Object.keys(builders),
    anyEngine: true,
  }).findings
}

/** What is right, and more than the engine `process` can run. */
function containersOnly(manifest: Record<string, unknown>): Finding[] {
  const named = Object.entries(mappingOf(manifest.components)).filter(([, c]) => typeof mappingOf(c).source === 'object')
  if (named.length === 0) return []
  const names = named.map(([name]) => name)
  const message = `${names.join(', ')}: an image or a Dockerfile, which only an engine for containers can run`
  return [
    {
      level: 'warning',
      code: 'W_CONTAINERS',
      at: `components.${names[0]}.source`,
      message,
      hint: '`source: <folder>` names the code instead, which the builders build themselves',
    },
  ]
}

function appName(folder: string): string {
  const plain = folder
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^[^a-z]+/, '')
    .slice(0, 40)
    .replace(/-+$/, '')
  return plain.length >= 2 && !['landfall', 'localhost', 'routes'].includes(plain) ? plain : 'app'
}

function mappingOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {}
}
