import { posix, relative, sep } from 'node:path'
import { builders } from '../builders/all.gen.ts'
import { artifactOf, checkBuild } from '../lib/build/artifact-name.ts'
import { readSource } from '../lib/build/source.ts'
import { findWorkspaceRoot } from '../lib/build/workspaces.ts'
import type { Component } from '../model/app.ts'
import type { Finding } from '../model/finding.ts'
import type { SourceFiles } from '../model/plug.ts'

export interface Bound {
  component: Component
  artifact?: string
  findings: Finding[]
}

/** A component with its source taken in: digest, builder, name of the artifact. A package of a monorepo is built from its root. */
export async function bindSource(given: Component, folder: string): Promise<Bound> {
  if (given.source.type === 'server') return { component: given, artifact: artifactOf(given, NO_FILES, builders), findings: [] }
  if (given.source.type !== 'folder') return { component: given, findings: [] }
  const placed = placeInWorkspace(given, given.source.path, folder)
  const { path, workspace } = placed
  const read = await readSource(workspace ? posix.join(path, workspace) : path, workspace ? path : undefined)
  const source = { type: 'folder' as const, path, digest: read.digest }
  const options = { ...given.build.options, ...(workspace && { workspace }) }
  const component: Component = { ...given, source, build: { ...given.build, options } }
  const isImplied = component.build.builder === ''
  if (isImplied) {
    const builder = chooseBuilder(component, read.files)
    if (typeof builder !== 'string') return { component, findings: [...read.notes, builder] }
    component.build.builder = builder
  }
  // Files that are run as they are need no command; only who asks for the command builder by name must give one.
  const own = checkBuild(component, read.files, builders).filter((f) => !(isImplied && f.code === 'E_NO_COMMAND'))
  const findings = [...read.notes, ...own.map((f) => placedFinding(f, component.name))]
  if (findings.some((f) => f.level === 'error')) return { component, findings }
  return { component, artifact: artifactOf(component, read.files, builders), findings }
}

const NO_FILES: SourceFiles = { names: new Set(), text: () => undefined }

export function placeInWorkspace(component: Component, path: string, folder: string): { path: string; workspace?: string } {
  const given = component.build.options.workspace
  if (given !== undefined) return { path, workspace: given }
  const root = findWorkspaceRoot(path, folder)
  return root === undefined ? { path } : { path: root, workspace: relative(root, path).split(sep).join('/') }
}

/** By what the files say. Two that fit are a question, not a guess. */
export function chooseBuilder(component: Component, files: SourceFiles): string | Finding {
  const { command, install, workspace = '.' } = component.build.options
  const fits = Object.values(builders).filter((b) => b.detect(files).some((d) => d.folder === workspace))
  const names = fits.map((b) => b.name).sort()
  const [only] = names
  if (component.type === 'static' && command === undefined && install === undefined && names.includes('static')) return 'static'
  if (names.length === 1 && only !== undefined && (component.type !== 'static' || only !== 'python')) return only
  if (names.length === 0) {
    if (files.names.has(posix.join(workspace, 'package.json'))) return 'node'
    if (['requirements.txt', 'pyproject.toml'].some((f) => files.names.has(posix.join(workspace, f)))) return 'python'
    return component.type === 'static' ? 'static' : 'command'
  }
  const sources = names.filter((n) => n !== 'static')
  if (component.type !== 'static' && sources.length === 1 && sources[0] !== undefined) return sources[0]
  return {
    level: 'error',
    code: 'E_BUILDER',
    at: `components.${component.name}.build.type`,
    message: `${component.name} could be built by ${names.join(' or ')}`,
    hint: `say which: build: { type: ${names[0]} }`,
  }
}

function placedFinding(finding: Finding, component: string): Finding {
  const isPath = /^(build|run|release|source|type)\b/.test(finding.at)
  return isPath ? { ...finding, at: `components.${component}.${finding.at}` } : finding
}
