import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'

const MOST_BYTES = 256 * 1024

/**
 * Names that a manifest could mean by `source: { env: NAME }`, found without reading it as one: a daemon is about to be started, and
 * what a pipeline hands to this app alone must not stay in its environment. One name too many does no harm.
 */
export function sourceVariables(folder: string): string[] {
  for (const name of ['landfall.yaml', 'landfall.yml', 'landfall.config.ts']) {
    const path = join(folder, name)
    if (!existsSync(path) || statSync(path).size > MOST_BYTES) continue
    return [...readFileSync(path, 'utf8').matchAll(/\benv["']?:\s*["']?([A-Za-z_]\w*)/g)]
      .map(([, variable = '']) => variable)
      .filter((v) => v !== 'PATH' && v !== 'HOME')
  }
  return []
}
