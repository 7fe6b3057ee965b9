import { posix } from 'node:path'
import { readToml } from '../../lib/build/wish-python.ts'
import type { BuildOptions } from '../../model/app.ts'
import type { SourceFiles } from '../../model/plug.ts'

/** Where the packages of a Python app are written down, the most exact first. */
export type Listing =
  | { type: 'uv' }
  | { type: 'poetry' }
  | { type: 'requirements'; file: string }
  | { type: 'pyproject' }
  | { type: 'pipfile' }
  | { type: 'none' }

const REQUIREMENTS = ['requirements.lock', 'requirements.txt', 'requirements/production.txt', 'requirements/prod.txt']

export function listingOf(files: SourceFiles, { workspace = '.' }: BuildOptions): Listing {
  const has = (file: string) => files.names.has(posix.join(workspace, file))
  if (has('uv.lock')) return { type: 'uv' }
  if (has('poetry.lock')) return { type: 'poetry' }
  const file = REQUIREMENTS.find(has)
  if (file) return { type: 'requirements', file }
  if (has('pyproject.toml') && isInstallable(readToml(files.text(posix.join(workspace, 'pyproject.toml')))))
    return { type: 'pyproject' }
  if (has('Pipfile')) return { type: 'pipfile' }
  return { type: 'none' }
}

/** A pyproject.toml may also hold nothing but settings of a linter. */
const isInstallable = (toml: Record<string, unknown>) => 'project' in toml || 'build-system' in toml

/** All files that a requirements file takes in by `-r` and `-c`, itself first. */
export function requirementFiles(files: SourceFiles, file: string, seen = new Set<string>()): string[] {
  if (seen.has(file) || !files.names.has(file)) return []
  seen.add(file)
  const more = [...(files.text(file) ?? '').matchAll(/^\s*(?:-r|-c|--requirement|--constraint)[=\s]\s*(\S+)/gm)]
  return [file, ...more.flatMap(([, name = '']) => requirementFiles(files, posix.join(posix.dirname(file), name), seen))]
}

/** Lines of a requirements file that install from a folder of the source: they change with it. */
export function installsItself(text: string): boolean {
  return /^\s*(-e|--editable)\b|^\s*\.{0,2}\/|^\s*\.\s*$|@\s*file:/m.test(text)
}

/** Names of packages, lower case with `-`, as far as they can be told without installing. */
export function packageNames(files: SourceFiles, options: BuildOptions): Set<string> {
  const folder = options.workspace ?? '.'
  const names = new Set<string>()
  const add = (line: string) => {
    const name = /^\s*([A-Za-z0-9][A-Za-z0-9._-]*)/.exec(line)?.[1]
    if (name) names.add(name.toLowerCase().replace(/[._-]+/g, '-'))
    if (/^\s*fastapi\[(standard|all)/.test(line)) names.add('uvicorn')
  }
  for (const file of REQUIREMENTS) {
    for (const part of requirementFiles(files, posix.join(folder, file))) (files.text(part) ?? '').split('\n').forEach(add)
  }
  const toml = readToml(files.text(posix.join(folder, 'pyproject.toml')))
  const listed = field(toml.project, 'dependencies')
  if (Array.isArray(listed)) for (const line of listed) add(String(line))
  const poetry = field(field(toml.tool, 'poetry'), 'dependencies')
  if (typeof poetry === 'object' && poetry !== null) Object.keys(poetry).forEach(add)
  for (const [, line = ''] of (files.text(posix.join(folder, 'Pipfile')) ?? '').matchAll(/^"?([\w.-]+)"?\s*=/gm)) add(line)
  return names
}

/** Lines without an exact version: another day gives other packages. */
export function unpinned(files: SourceFiles, file: string): string[] {
  const lines = requirementFiles(files, file).flatMap((f) => (files.text(f) ?? '').split('\n'))
  const wishes = lines.map((l) => l.replace(/(^|\s)#.*/, '').trim()).filter((l) => l !== '' && !l.startsWith('-'))
  return wishes.filter((l) => !/===?[^=]|@\s*(https?|git|file)|--hash/.test(l) && !/^\.{0,2}\//.test(l) && l !== '.')
}

const field = (value: unknown, key: string): unknown =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined
