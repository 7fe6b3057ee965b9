import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const found = find(dirname(fileURLToPath(import.meta.url)))

/** Folder of Landfall's own package, from the sources as well as from the bundle. */
export const packageFolder = found.folder
export const packageVersion = found.version

function find(folder: string): { folder: string; version: string } {
  try {
    const json: unknown = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
    if (typeof json === 'object' && json !== null && 'version' in json && typeof json.version === 'string') {
      return { folder, version: json.version }
    }
  } catch {
    // Not here: one folder up.
  }
  const parent = dirname(folder)
  if (parent === folder) throw new Error('package.json of landfall is missing')
  return find(parent)
}
