import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { builders } from '../builders/all.gen.ts'
import { archiveFolder } from '../lib/archive/archive-folder.ts'
import { writeAtomic } from '../lib/atomic.ts'
import { artifactRoot } from '../lib/build/artifact.ts'
import { buildArtifact } from '../lib/build/build-artifact.ts'
import { LandfallError } from '../lib/error.ts'
import { nearest } from '../lib/nearest.ts'
import { show } from '../lib/show.ts'
import type { App, Archive, Component } from '../model/app.ts'
import type { Finding } from '../model/finding.ts'
import { resourceTypes } from '../resources/all.gen.ts'
import { routeText } from '../translate/image/shell.ts'
import { factsOf } from '../translate/pipeline/job-of.ts'
import { applyDefaults, bindBuild } from './app-of.ts'
import { bindSource } from './bind-source.ts'
import { expandIn } from './expand.ts'
import { firstError, located, readManifest, type Where } from './read-manifest.ts'

export interface BuildInput extends Where {
  /** Keeps what was built, so that the same source is not built twice. */
  home: string
  /** Absolute; archives and SHA256SUMS are written here. */
  out: string
  /** Components by name; all that have files of their own where absent. */
  only?: string[]
  /** Of an artifact's archives, those for this one; all where absent. */
  target?: string
  /** Values of the build that the manifest has not, by name: of the command line's own environment. Never secrets. */
  values: Record<string, string>
  signal: AbortSignal
  say(line: string): void
}
export interface BuildAnswer {
  app: string
  version: string
  archives: { component: string; target?: string; file: string; bytes: number; sha256: string }[]
  findings: Finding[]
}

/** Builds components as a release would, and packs each into a named archive. Needs no daemon. The same source gives the same bytes. */
export async function build(input: BuildInput): Promise<BuildAnswer> {
  const read = await readManifest(input)
  if (!read.app) throw firstError(read.findings)
  const { app: expanded, findings: wrong } = expandIn(input.folder, read.app, resourceTypes)
  const findings = [...read.findings, ...located([...wrong, ...missingValues(expanded, input.values)], read.locate)]
  const app = applyDefaults(expanded, (name) => Object.hasOwn(input.values, name))
  const version = app.version ?? '0.0.0'
  const jobs = jobsOf(app, input)
  const archives: BuildAnswer['archives'] = []
  for (const { component, archive } of jobs) {
    const { bound, name } = await bind(component, app, input, read.locate, findings)
    input.say(`building ${component.name}${archive ? ` for ${archive.target}` : ''}`)
    await buildArtifact({
      home: input.home,
      component: bound,
      artifact: name,
      builders,
      servers: {},
      // All that a build may have was made text before.
      value: async (v) => (v.type === 'text' ? v.text : ''),
      signal: input.signal,
      say: input.say,
      runOf: { app: app.name, environment: input.environment },
    })
    const stem = [app.name === component.name ? '' : app.name, component.name, version, archive?.target ?? '']
      .filter(Boolean)
      .join('-')
    mkdirSync(input.out, { recursive: true })
    const packed = await archiveFolder(artifactRoot(input.home, name), join(input.out, stem), archive?.format ?? 'tar.gz', stem)
    archives.push({ component: component.name, ...(archive && { target: archive.target }), ...packed })
  }
  archives.sort((a, b) => (a.file < b.file ? -1 : 1))
  writeAtomic(join(input.out, 'SHA256SUMS'), archives.map((a) => `${a.sha256}  ${a.file}\n`).join(''), 0o644)
  return { app: app.name, version, archives, findings }
}

/** What is built, each archive of an artifact for itself. */
function jobsOf(app: App, { only, target }: BuildInput): { component: Component; archive?: Archive }[] {
  const buildable = app.components.filter((c) => c.source.type === 'folder' && c.resource === undefined)
  for (const name of only ?? []) {
    if (buildable.some((c) => c.name === name)) continue
    const names = buildable.map((c) => c.name)
    const close = nearest(name, names)
    const hint = close ? `did you mean ${close}?` : `there are: ${names.join(', ')}`
    throw new LandfallError({ code: 'E_UNKNOWN_REF', message: `no component ${show(name)} is built from a folder`, hint })
  }
  const chosen = buildable.filter((c) => !only || only.includes(c.name))
  const jobs = chosen.flatMap((component): { component: Component; archive?: Archive }[] => {
    if (!component.archives) return target === undefined ? [{ component }] : []
    return component.archives
      .filter((a) => target === undefined || a.target === target)
      .map((archive) => ({ component: forArchive(component, archive), archive }))
  })
  if (jobs.length > 0) return jobs
  const targets = [...new Set(chosen.flatMap((c) => c.archives?.map((a) => a.target) ?? []))]
  throw new LandfallError({
    code: 'E_UNKNOWN_REF',
    message: target === undefined ? 'nothing here is built from a folder' : `no archive is for ${show(target)}`,
    ...(targets.length > 0 && { hint: `there are: ${targets.join(', ')}` }),
  })
}

function forArchive(component: Component, { command, output }: Archive): Component {
  const options = { ...component.build.options, ...(command && { command }), ...(output !== undefined && { output }) }
  return { ...component, build: { ...component.build, options } }
}

/** Build values as text, the builder, and the artifact's name. */
async function bind(
  component: Component,
  app: App,
  input: BuildInput,
  locate: (path: string) => string,
  findings: Finding[],
): Promise<{ bound: Component; name: string }> {
  const scope = { app: app.name, environment: input.environment }
  const stored = {
    list: () => [],
    get: (_scope: unknown, name: string) => input.values[name],
  }
  const problems: Finding[] = []
  const built = await bindBuild(component, app, scope, { stored, route: async (v) => routeText(v, factsOf(app)) ?? '' }, problems)
  const bound = await bindSource(built, input.folder)
  findings.push(...located([...problems, ...bound.findings], locate))
  if (findings.some((f) => f.level === 'error') || bound.artifact === undefined) throw firstError(findings)
  return { bound: bound.component, name: bound.artifact }
}

function missingValues(app: App, values: Record<string, string>): Finding[] {
  return app.contract
    .filter((e) => e.when !== 'run' && e.isRequired && !e.default && !Object.hasOwn(values, e.name))
    .map((e) => ({
      level: 'error',
      code: 'E_ENV_MISSING',
      at: e.at,
      message: `${e.name}${e.about ? ` (${e.about})` : ''} is needed by the build`,
      hint: `${e.name}=… landfall build`,
    }))
}
