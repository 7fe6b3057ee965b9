import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const here = fileURLToPath(import.meta.url)
/** From the sources this file lies in `edge/builtin/process`; from the bundle somewhere in `dist`. */
const isSource = here.endsWith('.ts')

/** The program of the edge's own process. */
export const edgeMain = isSource ? join(dirname(here), '..', 'main.ts') : findBundle(dirname(here))

/** Digest of the program: another text is another version. Chunks carry their digest in their name, so the entry tells all. */
export function edgeVersion(): string {
  const hash = createHash('sha256')
  if (isSource) for (const file of sources(dirname(edgeMain)).sort()) hash.update(readFileSync(file))
  else hash.update(readFileSync(edgeMain))
  return hash.digest('hex').slice(0, 16)
}

function sources(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
    .map((name) => join(folder, name))
}

function findBundle(folder: string): string {
  return join(folder.endsWith('chunks') ? dirname(folder) : folder, 'edge.mjs')
}
