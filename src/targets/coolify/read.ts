import type { PartialManifest } from '../../manifest/partial.ts'
import type { ManualStep, Read, ReadContext } from '../../model/target.ts'
import { readNixpacks } from './read-nixpacks.ts'
import { readRailpack } from './read-railpack.ts'
import { readRequests } from './read-requests.ts'
import { readStack } from './read-stack.ts'

export interface Reading {
  context: ReadContext
  manifest: PartialManifest
  because: Record<string, string>
  steps: ManualStep[]
}

/** Whatever of Coolify's files a project has: calls of its API, a stack with magic variables, how its builders build. */
export async function read(context: ReadContext): Promise<Read> {
  const reading: Reading = { context, manifest: {}, because: {}, steps: [] }
  for (const path of context.found) {
    const isToml = path.endsWith('.toml')
    const [root] = context.open(path, isToml ? 'toml' : /\.ya?ml$/.test(path) ? 'yaml' : 'json')
    if (root?.value === undefined) continue
    if (/(^|\/)nixpacks\.(toml|json)$/.test(path)) readNixpacks(reading, path, root)
    else if (/(^|\/)railpack\.json$/.test(path)) readRailpack(reading, path, root)
    else if (path.endsWith('coolify.json')) readRequests(reading, path, root)
    else readStack(reading, path, root)
  }
  const { manifest, because, steps } = reading
  return { manifest, because, steps }
}

/** A component of this folder, made where none is known yet. */
export function componentIn(
  { manifest, context }: Reading,
  folder: string,
): { name: string; component: NonNullable<PartialManifest['components']>[string] } {
  const known = Object.entries(manifest.components ?? {}).find(([, c]) => (c.source ?? '.') === folder)
  if (known) return { name: known[0], component: known[1] }
  const name = nameOf(folder === '.' ? context.folderName : (folder.split('/').at(-1) ?? ''))
  const component = folder === '.' ? {} : { source: folder }
  manifest.components = { ...manifest.components, [name]: component }
  return { name, component }
}

export function nameOf(text: string): string {
  const plain = text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^[^a-z]+|-+$/g, '')
    .slice(0, 40)
  return /^[a-z][a-z0-9-]*[a-z0-9]$/.test(plain) ? plain : 'web'
}
